import {
  type PutScalingPolicyCommandInput as Input,
  PutScalingPolicyRequest$,
} from "@aws-sdk/client-application-auto-scaling";
import type { Region } from "../../../region.ts";
import { ifThere, present } from "../engine/calls.ts";
import { inPlace, type PropertyValues, replacement, required, text } from "../engine/properties.ts";
import { defineResourceType } from "../engine/resource-type.ts";
import { sdkShape } from "../engine/sdk-shape.ts";

const shape = <Name extends keyof Input & string>(name: Name) => sdkShape<Input, Name>(PutScalingPolicyRequest$, name);

const properties = {
  PolicyName: required(replacement(text)),
  PolicyType: required(inPlace(shape("PolicyType"))),
  ResourceId: replacement(text),
  ScalableDimension: replacement(shape("ScalableDimension")),
  ScalingTargetId: replacement(text),
  ServiceNamespace: replacement(shape("ServiceNamespace")),
  StepScalingPolicyConfiguration: inPlace(shape("StepScalingPolicyConfiguration")),
  TargetTrackingScalingPolicyConfiguration: inPlace(shape("TargetTrackingScalingPolicyConfiguration")),
};

type Wanted = PropertyValues<typeof properties>;

export const scalingPolicy = defineResourceType({
  properties,
  unsupported: ["PredictiveScalingPolicyConfiguration"],
  attributes: ["Arn"],
  nameProperty: "PolicyName",
  taggable: false,
  create: ({ region, properties }) => put(region, properties),
  read: async ({ physicalId }) => ({ Arn: physicalId }),
  update: ({ region, properties }) => put(region, properties),
  async delete({ region, properties }) {
    const { PolicyName } = properties;
    const scaling = region.call("application-autoscaling");
    await ifThere(/ObjectNotFound/, scaling.DeleteScalingPolicy({ PolicyName, ...targetOf(properties) }));
  },
});

async function put(region: Region, wanted: Wanted): Promise<string> {
  const { PolicyARN } = await region.call("application-autoscaling").PutScalingPolicy({
    ...targetOf(wanted),
    PolicyName: wanted.PolicyName,
    PolicyType: wanted.PolicyType,
    StepScalingPolicyConfiguration: wanted.StepScalingPolicyConfiguration,
    TargetTrackingScalingPolicyConfiguration: wanted.TargetTrackingScalingPolicyConfiguration,
  });
  return present(PolicyARN, "PolicyARN");
}

/**
 * "You must specify either the ScalingTargetId property, or the ResourceId, ScalableDimension, and ServiceNamespace
 * properties, but not both."
 */
function targetOf({ ScalingTargetId, ResourceId, ScalableDimension, ServiceNamespace }: Wanted) {
  const given = [ResourceId, ScalableDimension, ServiceNamespace];
  const parts = ScalingTargetId?.split("|") ?? given;
  const complete = parts.length === 3 && parts.every((part) => part !== undefined && part !== "");
  if (!complete || (ScalingTargetId !== undefined && given.some((part) => part !== undefined)))
    throw new Error("Specify either ScalingTargetId, or ResourceId, ScalableDimension and ServiceNamespace.");
  const [id, dimension, namespace] = parts as Required<
    [string, Wanted["ScalableDimension"], Wanted["ServiceNamespace"]]
  >;
  return {
    ResourceId: id,
    ScalableDimension: present(dimension, "ScalableDimension"),
    ServiceNamespace: present(namespace, "ServiceNamespace"),
  };
}
