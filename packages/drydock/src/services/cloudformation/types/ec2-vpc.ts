import type { Region } from "../../../region.ts";
import { ifThere, present } from "../engine/calls.ts";
import { boolean, inPlace, replacement, tags, text } from "../engine/properties.ts";
import { defineResourceType } from "../engine/resource-type.ts";
import { tagSpecifications, updateTags } from "./ec2-tags.ts";

export const vpc = defineResourceType({
  properties: {
    CidrBlock: replacement(text),
    EnableDnsHostnames: inPlace(boolean),
    EnableDnsSupport: inPlace(boolean),
    InstanceTenancy: inPlace(text),
    Tags: inPlace(tags),
  },
  unsupported: ["Ipv4IpamPoolId", "Ipv4NetmaskLength"],
  attributes: [
    "CidrBlock",
    "CidrBlockAssociations",
    "DefaultNetworkAcl",
    "DefaultSecurityGroup",
    "Ipv6CidrBlocks",
    "VpcId",
  ],
  // "Updates to InstanceTenancy require no interruption only if you change its value from dedicated to default."
  needsReplacement: (previous, next) =>
    previous.InstanceTenancy !== next.InstanceTenancy && next.InstanceTenancy === "dedicated",
  async create({ region, properties, tags, made }) {
    const { Vpc } = await region.call("ec2").CreateVpc({
      CidrBlock: properties.CidrBlock,
      InstanceTenancy: properties.InstanceTenancy as "default" | undefined,
      ...tagSpecifications("vpc", tags),
    });
    const id = present(Vpc?.VpcId, "VpcId");
    made(id);
    await setDns(region, id, properties);
    return id;
  },
  async read({ region, physicalId }) {
    const ec2 = region.call("ec2");
    const ofVpc = [{ Name: "vpc-id", Values: [physicalId] }];
    const [{ Vpcs = [] }, { SecurityGroups = [] }, { NetworkAcls = [] }] = await Promise.all([
      ec2.DescribeVpcs({ VpcIds: [physicalId] }),
      ec2.DescribeSecurityGroups({ Filters: [...ofVpc, { Name: "group-name", Values: ["default"] }] }),
      ec2.DescribeNetworkAcls({ Filters: [...ofVpc, { Name: "default", Values: ["true"] }] }),
    ]);
    return {
      VpcId: physicalId,
      CidrBlock: Vpcs[0]?.CidrBlock,
      CidrBlockAssociations: Vpcs[0]?.CidrBlockAssociationSet?.map(({ AssociationId }) => AssociationId) ?? [],
      DefaultSecurityGroup: SecurityGroups[0]?.GroupId,
      DefaultNetworkAcl: NetworkAcls[0]?.NetworkAclId,
      Ipv6CidrBlocks: [],
    };
  },
  async update(context) {
    const { region, physicalId, properties, changed } = context;
    // Left out of the template, an attribute goes back to what it is without CloudFormation.
    await setDns(region, physicalId, {
      ...(changed.has("EnableDnsSupport") && { EnableDnsSupport: properties.EnableDnsSupport ?? true }),
      ...(changed.has("EnableDnsHostnames") && { EnableDnsHostnames: properties.EnableDnsHostnames ?? false }),
    });
    await updateTags(context, physicalId);
    return undefined;
  },
  async delete({ region, physicalId }) {
    await ifThere(/NotFound/, region.call("ec2").DeleteVpc({ VpcId: physicalId }));
  },
});

/** "You can only modify one attribute at a time" (ModifyVpcAttribute). */
async function setDns(
  region: Region,
  VpcId: string,
  { EnableDnsSupport, EnableDnsHostnames }: { EnableDnsSupport?: boolean; EnableDnsHostnames?: boolean },
): Promise<void> {
  const ec2 = region.call("ec2");
  if (EnableDnsSupport !== undefined)
    await ec2.ModifyVpcAttribute({ VpcId, EnableDnsSupport: { Value: EnableDnsSupport } });
  if (EnableDnsHostnames !== undefined)
    await ec2.ModifyVpcAttribute({ VpcId, EnableDnsHostnames: { Value: EnableDnsHostnames } });
}
