import { ifThere, present } from "../engine/calls.ts";
import { inPlace, number, replacement, required, text } from "../engine/properties.ts";
import type { ExistingContext, ResourceContext } from "../engine/resource-type.ts";
import { permission, type Rule } from "./ec2-permissions.ts";

/** The properties that both directions have. */
export const ruleProperties = {
  CidrIp: replacement(text),
  CidrIpv6: replacement(text),
  Description: inPlace(text),
  FromPort: replacement(number),
  GroupId: required(replacement(text)),
  IpProtocol: required(replacement(text)),
  ToPort: replacement(number),
};

type RuleProperties = Rule & { GroupId: string; IpProtocol: string };

/** How one rule of a security group is made, changed and removed; the group itself is another resource, or none of the stack's. */
export function ruleOperations(direction: "Ingress" | "Egress") {
  return {
    attributes: ["Id"],
    taggable: false,
    async create({ region, properties }: ResourceContext<RuleProperties>): Promise<string> {
      const { SecurityGroupRules = [] } = await region.call("ec2")[`AuthorizeSecurityGroup${direction}`]({
        GroupId: properties.GroupId,
        IpPermissions: [permission(properties)],
      });
      return present(SecurityGroupRules[0]?.SecurityGroupRuleId, "SecurityGroupRuleId");
    },
    read: async ({ physicalId }: ExistingContext<RuleProperties>) => ({ Id: physicalId }),
    async update({ region, physicalId, properties }: ExistingContext<RuleProperties>): Promise<undefined> {
      const { GroupId, IpProtocol, FromPort, ToPort, CidrIp: CidrIpv4, CidrIpv6, Description } = properties;
      const SecurityGroupRule = {
        IpProtocol,
        FromPort,
        ToPort,
        CidrIpv4,
        CidrIpv6,
        PrefixListId: properties.SourcePrefixListId ?? properties.DestinationPrefixListId,
        ReferencedGroupId: properties.SourceSecurityGroupId ?? properties.DestinationSecurityGroupId,
        Description,
      };
      await region.call("ec2").ModifySecurityGroupRules({
        GroupId,
        SecurityGroupRules: [{ SecurityGroupRuleId: physicalId, SecurityGroupRule }],
      });
    },
    async delete({ region, physicalId, properties: { GroupId } }: ExistingContext<RuleProperties>): Promise<void> {
      const revoke = region.call("ec2")[`RevokeSecurityGroup${direction}`];
      await ifThere(/NotFound/, revoke({ GroupId, SecurityGroupRuleIds: [physicalId] }));
    },
  };
}
