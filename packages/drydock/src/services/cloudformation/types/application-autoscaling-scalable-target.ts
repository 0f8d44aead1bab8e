import {
  type RegisterScalableTargetCommandInput as Input,
  RegisterScalableTargetRequest$,
} from "@aws-sdk/client-application-auto-scaling";
import type { Region } from "../../../region.ts";
import { ifThere } from "../engine/calls.ts";
import { inPlace, number, type PropertyValues, replacement, required, text } from "../engine/properties.ts";
import { defineResourceType } from "../engine/resource-type.ts";
import { sdkShape } from "../engine/sdk-shape.ts";

const shape = <Name extends keyof Input & string>(name: Name) =>
  sdkShape<Input, Name>(RegisterScalableTargetRequest$, name);

const properties = {
  MaxCapacity: required(inPlace(number)),
  MinCapacity: required(inPlace(number)),
  ResourceId: required(replacement(text)),
  RoleARN: inPlace(text),
  ScalableDimension: required(replacement(shape("ScalableDimension"))),
  ServiceNamespace: required(replacement(shape("ServiceNamespace"))),
  SuspendedState: inPlace(shape("SuspendedState")),
};

export const scalableTarget = defineResourceType({
  properties,
  unsupported: ["ScheduledActions"],
  attributes: ["Id"],
  taggable: false,
  /** "Ref returns the CloudFormation-generated ID of the resource": `service/main/web|ecs:service:DesiredCount|ecs`. */
  async create({ region, properties }) {
    await register(region, properties);
    const { ResourceId, ScalableDimension, ServiceNamespace } = properties;
    return `${ResourceId}|${ScalableDimension}|${ServiceNamespace}`;
  },
  read: async ({ physicalId }) => ({ Id: physicalId }),
  async update({ region, properties }) {
    await register(region, properties);
    return undefined;
  },
  async delete({ region, properties: { ResourceId, ScalableDimension, ServiceNamespace } }) {
    await ifThere(
      /ObjectNotFound/,
      region
        .call("application-autoscaling")
        .DeregisterScalableTarget({ ResourceId, ScalableDimension, ServiceNamespace }),
    );
  },
});

async function register(region: Region, wanted: PropertyValues<typeof properties>): Promise<void> {
  await region.call("application-autoscaling").RegisterScalableTarget(wanted);
}
