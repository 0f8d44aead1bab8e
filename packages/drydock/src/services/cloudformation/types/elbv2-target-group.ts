import {
  CreateTargetGroupInput$,
  type CreateTargetGroupCommandInput as Input,
} from "@aws-sdk/client-elastic-load-balancing-v2";
import { ifThere, present } from "../engine/calls.ts";
import { boolean, inPlace, list, number, replacement, structure, tags, text } from "../engine/properties.ts";
import { defineResourceType } from "../engine/resource-type.ts";
import { sdkShape } from "../engine/sdk-shape.ts";
import { attributeList, changedAttributes } from "./elbv2-attributes.ts";
import { updateTags } from "./elbv2-tags.ts";

type Target = { Id: string; Port?: number | undefined; AvailabilityZone?: string | undefined };

export const targetGroup = defineResourceType({
  properties: {
    HealthCheckEnabled: inPlace(boolean),
    HealthCheckIntervalSeconds: inPlace(number),
    HealthCheckPath: inPlace(text),
    HealthCheckPort: inPlace(text),
    HealthCheckProtocol: inPlace(
      sdkShape<Input, "HealthCheckProtocol">(CreateTargetGroupInput$, "HealthCheckProtocol"),
    ),
    HealthCheckTimeoutSeconds: inPlace(number),
    HealthyThresholdCount: inPlace(number),
    IpAddressType: replacement(sdkShape<Input, "IpAddressType">(CreateTargetGroupInput$, "IpAddressType")),
    Matcher: inPlace(sdkShape<Input, "Matcher">(CreateTargetGroupInput$, "Matcher")),
    Name: replacement(text),
    Port: replacement(number),
    Protocol: replacement(sdkShape<Input, "Protocol">(CreateTargetGroupInput$, "Protocol")),
    ProtocolVersion: replacement(text),
    Tags: inPlace(tags),
    TargetGroupAttributes: inPlace(attributeList),
    TargetType: replacement(sdkShape<Input, "TargetType">(CreateTargetGroupInput$, "TargetType")),
    Targets: inPlace(list(structure({ AvailabilityZone: text, Id: text, Port: number }))),
    UnhealthyThresholdCount: inPlace(number),
    VpcId: replacement(text),
  },
  unsupported: ["TargetControlPort"],
  attributes: ["LoadBalancerArns", "TargetGroupArn", "TargetGroupFullName", "TargetGroupName"],
  nameProperty: "Name",
  async create({ region, properties, tags, generatedName, made }) {
    const { Name, TargetGroupAttributes, Targets, Tags: _own, ...rest } = properties;
    const elb = region.call("elasticloadbalancing");
    const { TargetGroups = [] } = await elb.CreateTargetGroup({ ...rest, Name: Name ?? generatedName(32), Tags: tags });
    const arn = present(TargetGroups[0]?.TargetGroupArn, "TargetGroupArn");
    made(arn);
    if (TargetGroupAttributes)
      await elb.ModifyTargetGroupAttributes({ TargetGroupArn: arn, Attributes: TargetGroupAttributes });
    if (Targets?.length) await elb.RegisterTargets({ TargetGroupArn: arn, Targets: Targets.map(withId) });
    return arn;
  },
  async read({ region, physicalId }) {
    const { TargetGroups = [] } = await region
      .call("elasticloadbalancing")
      .DescribeTargetGroups({ TargetGroupArns: [physicalId] });
    const { TargetGroupName, LoadBalancerArns = [] } = present(TargetGroups[0], "target group");
    return {
      LoadBalancerArns,
      TargetGroupArn: physicalId,
      TargetGroupFullName: physicalId.slice(physicalId.indexOf(":targetgroup/") + 1),
      TargetGroupName,
    };
  },
  async update(context) {
    const { region, physicalId: TargetGroupArn, properties, previous } = context;
    const elb = region.call("elasticloadbalancing");
    await elb.ModifyTargetGroup({
      TargetGroupArn,
      HealthCheckEnabled: properties.HealthCheckEnabled,
      HealthCheckIntervalSeconds: properties.HealthCheckIntervalSeconds,
      HealthCheckPath: properties.HealthCheckPath,
      HealthCheckPort: properties.HealthCheckPort,
      HealthCheckProtocol: properties.HealthCheckProtocol,
      HealthCheckTimeoutSeconds: properties.HealthCheckTimeoutSeconds,
      HealthyThresholdCount: properties.HealthyThresholdCount,
      Matcher: properties.Matcher,
      UnhealthyThresholdCount: properties.UnhealthyThresholdCount,
    });
    const Attributes = changedAttributes(previous.TargetGroupAttributes, properties.TargetGroupAttributes);
    if (Attributes.length > 0) await elb.ModifyTargetGroupAttributes({ TargetGroupArn, Attributes });
    const ids = new Set(properties.Targets?.map(({ Id }) => Id));
    const gone = previous.Targets?.filter(({ Id }) => !ids.has(Id)) ?? [];
    if (gone.length > 0) await elb.DeregisterTargets({ TargetGroupArn, Targets: gone.map(withId) });
    if (properties.Targets?.length)
      await elb.RegisterTargets({ TargetGroupArn, Targets: properties.Targets.map(withId) });
    await updateTags(context);
    return undefined;
  },
  async delete({ region, physicalId }) {
    const call = region.call("elasticloadbalancing").DeleteTargetGroup({ TargetGroupArn: physicalId });
    await ifThere(/TargetGroupNotFound/, call);
  },
});

function withId({ Id = "", Port, AvailabilityZone }: Partial<Target>): Target {
  return { Id, ...(Port !== undefined && { Port }), ...(AvailabilityZone !== undefined && { AvailabilityZone }) };
}
