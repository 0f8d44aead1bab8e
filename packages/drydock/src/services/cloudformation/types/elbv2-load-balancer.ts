import {
  type CreateLoadBalancerCommandInput,
  CreateLoadBalancerInput$,
} from "@aws-sdk/client-elastic-load-balancing-v2";
import { ifThere, present, until } from "../engine/calls.ts";
import { inPlace, list, replacement, tags, text } from "../engine/properties.ts";
import { defineResourceType } from "../engine/resource-type.ts";
import { sdkShape } from "../engine/sdk-shape.ts";
import { attributeList, changedAttributes } from "./elbv2-attributes.ts";
import { updateTags } from "./elbv2-tags.ts";

export const loadBalancer = defineResourceType({
  properties: {
    IpAddressType: inPlace(
      sdkShape<CreateLoadBalancerCommandInput, "IpAddressType">(CreateLoadBalancerInput$, "IpAddressType"),
    ),
    LoadBalancerAttributes: inPlace(attributeList),
    Name: replacement(text),
    Scheme: replacement(sdkShape<CreateLoadBalancerCommandInput, "Scheme">(CreateLoadBalancerInput$, "Scheme")),
    SecurityGroups: inPlace(list(text)),
    SubnetMappings: inPlace(
      sdkShape<CreateLoadBalancerCommandInput, "SubnetMappings">(CreateLoadBalancerInput$, "SubnetMappings"),
    ),
    Subnets: inPlace(list(text)),
    Tags: inPlace(tags),
    Type: replacement(sdkShape<CreateLoadBalancerCommandInput, "Type">(CreateLoadBalancerInput$, "Type")),
  },
  unsupported: [
    "EnableCapacityReservationProvisionStabilize",
    "EnablePrefixForIpv6SourceNat",
    "EnforceSecurityGroupInboundRulesOnPrivateLinkTraffic",
    "Ipv4IpamPoolId",
    "MinimumLoadBalancerCapacity",
  ],
  attributes: [
    "CanonicalHostedZoneID",
    "DNSName",
    "LoadBalancerArn",
    "LoadBalancerFullName",
    "LoadBalancerName",
    "SecurityGroups",
  ],
  nameProperty: "Name",
  async create({ region, properties, tags, generatedName, made }) {
    const { LoadBalancerAttributes, Name, ...rest } = properties;
    const elb = region.call("elasticloadbalancing");
    // "This name must be unique … can have a maximum of 32 characters" and must not begin with `internal-`.
    const { LoadBalancers = [] } = await elb.CreateLoadBalancer({
      ...rest,
      Name: Name ?? generatedName(32),
      Tags: tags,
    });
    const arn = present(LoadBalancers[0]?.LoadBalancerArn, "LoadBalancerArn");
    made(arn);
    if (LoadBalancerAttributes)
      await elb.ModifyLoadBalancerAttributes({ LoadBalancerArn: arn, Attributes: LoadBalancerAttributes });
    return arn;
  },
  async settle(context) {
    const { region, physicalId } = context;
    await until(context, async () => {
      const { LoadBalancers = [] } = await region
        .call("elasticloadbalancing")
        .DescribeLoadBalancers({ LoadBalancerArns: [physicalId] });
      const state = LoadBalancers[0]?.State;
      if (state?.Code === "failed") throw new Error(`Load balancer ${physicalId} failed: ${state.Reason ?? ""}`);
      return state?.Code === "active";
    });
  },
  async read({ region, physicalId }) {
    const { LoadBalancers = [] } = await region
      .call("elasticloadbalancing")
      .DescribeLoadBalancers({ LoadBalancerArns: [physicalId] });
    const found = present(LoadBalancers[0], "load balancer");
    return {
      CanonicalHostedZoneID: found.CanonicalHostedZoneId,
      DNSName: found.DNSName,
      LoadBalancerArn: physicalId,
      // `app/<name>/<id>`: the ARN's end, as CloudWatch names a load balancer.
      LoadBalancerFullName: physicalId.slice(physicalId.indexOf(":loadbalancer/") + ":loadbalancer/".length),
      LoadBalancerName: found.LoadBalancerName,
      SecurityGroups: found.SecurityGroups ?? [],
    };
  },
  async update(context) {
    const { region, physicalId: LoadBalancerArn, properties, previous, changed } = context;
    const elb = region.call("elasticloadbalancing");
    const { IpAddressType, SecurityGroups, SubnetMappings, Subnets } = properties;
    const Attributes = changedAttributes(previous.LoadBalancerAttributes, properties.LoadBalancerAttributes);
    if (Attributes.length > 0) await elb.ModifyLoadBalancerAttributes({ LoadBalancerArn, Attributes });
    if (changed.has("SecurityGroups"))
      await elb.SetSecurityGroups({ LoadBalancerArn, SecurityGroups: SecurityGroups ?? [] });
    if (changed.has("Subnets") || changed.has("SubnetMappings"))
      await elb.SetSubnets({ LoadBalancerArn, Subnets, SubnetMappings });
    if (changed.has("IpAddressType"))
      await elb.SetIpAddressType({ LoadBalancerArn, IpAddressType: IpAddressType ?? "ipv4" });
    await updateTags(context);
    return undefined;
  },
  async delete({ region, physicalId }) {
    const call = region.call("elasticloadbalancing").DeleteLoadBalancer({ LoadBalancerArn: physicalId });
    await ifThere(/LoadBalancerNotFound/, call);
  },
});
