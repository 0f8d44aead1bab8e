import { ifThere, present } from "../engine/calls.ts";
import { inPlace, number, replacement, required, text } from "../engine/properties.ts";
import { defineResourceType } from "../engine/resource-type.ts";
import { permission } from "./ec2-permissions.ts";

export const securityGroupIngress = defineResourceType({
  properties: {
    CidrIp: replacement(text),
    CidrIpv6: replacement(text),
    Description: inPlace(text),
    FromPort: replacement(number),
    GroupId: required(replacement(text)),
    IpProtocol: required(replacement(text)),
    SourcePrefixListId: replacement(text),
    SourceSecurityGroupId: replacement(text),
    SourceSecurityGroupName: replacement(text),
    SourceSecurityGroupOwnerId: replacement(text),
    ToPort: replacement(number),
  },
  unsupported: ["GroupName"],
  attributes: ["Id"],
  taggable: false,
  async create({ region, properties }) {
    const { SecurityGroupRules = [] } = await region.call("ec2").AuthorizeSecurityGroupIngress({
      GroupId: properties.GroupId,
      IpPermissions: [permission(properties)],
    });
    return present(SecurityGroupRules[0]?.SecurityGroupRuleId, "SecurityGroupRuleId");
  },
  read: async ({ physicalId }) => ({ Id: physicalId }),
  async update({ region, physicalId, properties }) {
    const { GroupId, IpProtocol, FromPort, ToPort, CidrIp: CidrIpv4, CidrIpv6, Description } = properties;
    await region.call("ec2").ModifySecurityGroupRules({
      GroupId,
      SecurityGroupRules: [
        {
          SecurityGroupRuleId: physicalId,
          SecurityGroupRule: {
            IpProtocol,
            FromPort,
            ToPort,
            CidrIpv4,
            CidrIpv6,
            PrefixListId: properties.SourcePrefixListId,
            ReferencedGroupId: properties.SourceSecurityGroupId,
            Description,
          },
        },
      ],
    });
    return undefined;
  },
  async delete({ region, physicalId, properties: { GroupId } }) {
    await ifThere(
      /NotFound/,
      region.call("ec2").RevokeSecurityGroupIngress({ GroupId, SecurityGroupRuleIds: [physicalId] }),
    );
  },
});
