import { defineResourceType } from "../engine/resource-type.ts";

/** Nothing but a name: templates use it as a resource that does nothing. Nobody answers at its address. */
export const waitConditionHandle = defineResourceType({
  properties: {},
  attributes: ["Id"],
  taggable: false,
  create: async ({ region, stackId, logicalId }) =>
    `https://cloudformation-waitcondition-${region.name}.s3.${region.name}.amazonaws.com/${encodeURIComponent(stackId)}/${logicalId}`,
  read: async ({ physicalId }) => ({ Id: physicalId }),
  delete: async () => {},
});
