import { type RegisterTaskDefinitionCommandInput as Input, RegisterTaskDefinitionRequest$ } from "@aws-sdk/client-ecs";
import { ifThere, present } from "../engine/calls.ts";
import { boolean, inPlace, replacement, tags, text } from "../engine/properties.ts";
import { defineResourceType } from "../engine/resource-type.ts";
import { sdkShape } from "../engine/sdk-shape.ts";
import { ecsTags, updateTags } from "./ecs-tags.ts";

const shape = <Name extends keyof Input & string>(name: Name) =>
  sdkShape<Input, Name>(RegisterTaskDefinitionRequest$, name);

export const taskDefinition = defineResourceType({
  properties: {
    ContainerDefinitions: replacement(shape("containerDefinitions")),
    Cpu: replacement(text),
    EnableFaultInjection: replacement(boolean),
    EphemeralStorage: replacement(shape("ephemeralStorage")),
    ExecutionRoleArn: replacement(text),
    Family: replacement(text),
    IpcMode: replacement(shape("ipcMode")),
    Memory: replacement(text),
    NetworkMode: replacement(shape("networkMode")),
    PidMode: replacement(shape("pidMode")),
    PlacementConstraints: replacement(shape("placementConstraints")),
    ProxyConfiguration: replacement(shape("proxyConfiguration")),
    RequiresCompatibilities: replacement(shape("requiresCompatibilities")),
    RuntimePlatform: replacement(shape("runtimePlatform")),
    Tags: inPlace(tags),
    TaskRoleArn: replacement(text),
    Volumes: replacement(shape("volumes")),
  },
  unsupported: ["InferenceAccelerators"],
  attributes: ["TaskDefinitionArn"],
  async create({ region, properties, tags, generatedName }) {
    const { taskDefinition: registered } = await region.call("ecs").RegisterTaskDefinition({
      // "If you don't specify a family name, a generated name" with the stack's; each revision of it is a new resource.
      family: properties.Family ?? generatedName(255),
      containerDefinitions: properties.ContainerDefinitions ?? [],
      cpu: properties.Cpu,
      enableFaultInjection: properties.EnableFaultInjection,
      ephemeralStorage: properties.EphemeralStorage,
      executionRoleArn: properties.ExecutionRoleArn,
      ipcMode: properties.IpcMode,
      memory: properties.Memory,
      networkMode: properties.NetworkMode,
      pidMode: properties.PidMode,
      placementConstraints: properties.PlacementConstraints,
      proxyConfiguration: properties.ProxyConfiguration,
      requiresCompatibilities: properties.RequiresCompatibilities,
      runtimePlatform: properties.RuntimePlatform,
      taskRoleArn: properties.TaskRoleArn,
      volumes: properties.Volumes,
      tags: ecsTags(tags),
    });
    return present(registered?.taskDefinitionArn, "taskDefinitionArn");
  },
  read: async ({ physicalId }) => ({ TaskDefinitionArn: physicalId }),
  async update(context) {
    await updateTags(context, context.physicalId);
    return undefined;
  },
  async delete({ region, physicalId: taskDefinition }) {
    await ifThere(/^ClientException$/, region.call("ecs").DeregisterTaskDefinition({ taskDefinition }));
  },
});
