import type { IpPermission } from "@aws-sdk/client-ec2";
import type { Region } from "../../../region.ts";
import { ifThere, present } from "../engine/calls.ts";
import { same } from "../engine/comparison.ts";
import { inPlace, list, replacement, required, tags, text } from "../engine/properties.ts";
import { defineResourceType } from "../engine/resource-type.ts";
import { egressRule, ingressRule, permission } from "./ec2-permissions.ts";
import { tagSpecifications, updateTags } from "./ec2-tags.ts";

const everything: IpPermission[] = [{ IpProtocol: "-1", IpRanges: [{ CidrIp: "0.0.0.0/0" }] }];

export const securityGroup = defineResourceType({
  properties: {
    GroupDescription: required(replacement(text)),
    GroupName: replacement(text),
    SecurityGroupEgress: inPlace(list(egressRule)),
    SecurityGroupIngress: inPlace(list(ingressRule)),
    Tags: inPlace(tags),
    VpcId: replacement(text),
  },
  attributes: ["GroupId", "Id", "VpcId"],
  nameProperty: "GroupName",
  async create({ region, properties, tags, generatedName, made }) {
    const ec2 = region.call("ec2");
    const { GroupId: id } = await ec2.CreateSecurityGroup({
      GroupName: properties.GroupName ?? generatedName(255),
      Description: properties.GroupDescription,
      VpcId: properties.VpcId,
      ...tagSpecifications("security-group", tags),
    });
    const GroupId = present(id, "GroupId");
    made(GroupId);
    await change(region, GroupId, "ingress", [], permissions(properties.SecurityGroupIngress));
    // A new group lets everything out; "when you specify an egress rule, the default rule is removed".
    if (properties.SecurityGroupEgress)
      await change(region, GroupId, "egress", everything, permissions(properties.SecurityGroupEgress));
    return GroupId;
  },
  async read({ region, physicalId }) {
    const { SecurityGroups = [] } = await region.call("ec2").DescribeSecurityGroups({ GroupIds: [physicalId] });
    return { GroupId: physicalId, Id: physicalId, VpcId: SecurityGroups[0]?.VpcId };
  },
  async update(context) {
    const { region, physicalId, properties, previous } = context;
    const ingress = [permissions(previous.SecurityGroupIngress), permissions(properties.SecurityGroupIngress)] as const;
    await change(region, physicalId, "ingress", ...ingress);
    const egress = ({ SecurityGroupEgress: rules }: typeof properties) => (rules ? permissions(rules) : everything);
    await change(region, physicalId, "egress", egress(previous), egress(properties));
    await updateTags(context, physicalId);
    return undefined;
  },
  async delete({ region, physicalId }) {
    await ifThere(/NotFound/, region.call("ec2").DeleteSecurityGroup({ GroupId: physicalId }));
  },
});

function permissions(rules: Parameters<typeof permission>[0][] | undefined): IpPermission[] {
  return rules?.map(permission) ?? [];
}

/** Takes away what is no longer wanted, then adds what isn't there; rules that stay aren't touched. */
async function change(
  region: Region,
  GroupId: string,
  direction: "ingress" | "egress",
  before: IpPermission[],
  after: IpPermission[],
): Promise<void> {
  const ec2 = region.call("ec2");
  const ingress = direction === "ingress";
  const gone = before.filter((rule) => !after.some((other) => same(rule, other)));
  const added = after.filter((rule) => !before.some((other) => same(rule, other)));
  for (const rule of gone) {
    const input = { GroupId, IpPermissions: [rule] };
    await ifThere(/NotFound/, ingress ? ec2.RevokeSecurityGroupIngress(input) : ec2.RevokeSecurityGroupEgress(input));
  }
  // Done again after a restart, some may be there already.
  for (const rule of added) {
    const input = { GroupId, IpPermissions: [rule] };
    await ifThere(
      /Duplicate/,
      ingress ? ec2.AuthorizeSecurityGroupIngress(input) : ec2.AuthorizeSecurityGroupEgress(input),
    );
  }
}
