import { ifThere, present } from "../engine/calls.ts";
import { boolean, inPlace, replacement, required, tags, text } from "../engine/properties.ts";
import { defineResourceType } from "../engine/resource-type.ts";
import { tagSpecifications, updateTags } from "./ec2-tags.ts";

export const subnet = defineResourceType({
  properties: {
    AvailabilityZone: replacement(text),
    AvailabilityZoneId: replacement(text),
    CidrBlock: replacement(text),
    MapPublicIpOnLaunch: inPlace(boolean),
    Tags: inPlace(tags),
    VpcId: required(replacement(text)),
  },
  unsupported: [
    "AssignIpv6AddressOnCreation",
    "EnableDns64",
    "EnableLniAtDeviceIndex",
    "Ipv4IpamPoolId",
    "Ipv4NetmaskLength",
    "Ipv6CidrBlock",
    "Ipv6IpamPoolId",
    "Ipv6Native",
    "Ipv6NetmaskLength",
    "OutpostArn",
    "PrivateDnsNameOptionsOnLaunch",
  ],
  attributes: ["AvailabilityZone", "AvailabilityZoneId", "CidrBlock", "Ipv6CidrBlocks", "SubnetId", "VpcId"],
  async create({ region, properties, tags, made }) {
    const { AvailabilityZone, AvailabilityZoneId, CidrBlock, VpcId, MapPublicIpOnLaunch } = properties;
    const ec2 = region.call("ec2");
    const { Subnet } = await ec2.CreateSubnet({
      AvailabilityZone,
      AvailabilityZoneId,
      CidrBlock,
      VpcId,
      ...tagSpecifications("subnet", tags),
    });
    const SubnetId = present(Subnet?.SubnetId, "SubnetId");
    made(SubnetId);
    if (MapPublicIpOnLaunch !== undefined)
      await ec2.ModifySubnetAttribute({ SubnetId, MapPublicIpOnLaunch: { Value: MapPublicIpOnLaunch } });
    return SubnetId;
  },
  async read({ region, physicalId }) {
    const { Subnets = [] } = await region.call("ec2").DescribeSubnets({ SubnetIds: [physicalId] });
    const { AvailabilityZone, AvailabilityZoneId, CidrBlock, VpcId } = present(Subnets[0], "subnet");
    return { SubnetId: physicalId, AvailabilityZone, AvailabilityZoneId, CidrBlock, VpcId, Ipv6CidrBlocks: [] };
  },
  async update(context) {
    const { region, physicalId, properties, changed } = context;
    if (changed.has("MapPublicIpOnLaunch"))
      await region.call("ec2").ModifySubnetAttribute({
        SubnetId: physicalId,
        MapPublicIpOnLaunch: { Value: properties.MapPublicIpOnLaunch ?? false },
      });
    await updateTags(context, physicalId);
    return undefined;
  },
  async delete({ region, physicalId }) {
    await ifThere(/NotFound/, region.call("ec2").DeleteSubnet({ SubnetId: physicalId }));
  },
});
