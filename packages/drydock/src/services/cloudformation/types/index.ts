import type { ResourceType, ResourceTypes } from "../engine/resource-type.ts";

/** Where each resource type's code is; loaded when a template uses it. */
const loaders: Record<string, () => Promise<ResourceType>> = {
  "AWS::CloudFormation::WaitConditionHandle": () =>
    import("./cloudformation-wait-condition-handle.ts").then((module) => module.waitConditionHandle),
};

export const resourceTypes: ResourceTypes = {
  has: (name) => Object.hasOwn(loaders, name),
  load: async (name) => (Object.hasOwn(loaders, name) ? loaders[name]?.() : undefined),
};
