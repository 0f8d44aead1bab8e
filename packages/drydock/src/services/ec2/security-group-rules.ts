import type { IpPermission, SecurityGroup, SecurityGroupRule } from "@aws-sdk/client-ec2";
import { AwsError } from "../../errors.ts";
import type { Operations } from "../../service.ts";
import { describeRecords } from "./describe.ts";
import type { Network } from "./network.ts";
import { addRules, removeRules, rulesOf } from "./rules.ts";

interface FlatPermission {
  IpProtocol?: string | undefined;
  FromPort?: number | undefined;
  ToPort?: number | undefined;
  CidrIp?: string | undefined;
  IpPermissions?: IpPermission[] | undefined;
}

export function securityGroupRuleOperations(network: Network): Operations<typeof import("@aws-sdk/client-ec2")> {
  const findGroup = (id: string | undefined, name?: string): SecurityGroup => {
    const byName = name && network.securityGroups.list().find(({ GroupName }) => GroupName === name)?.GroupId;
    return network.securityGroup(id ?? byName ?? name ?? "");
  };
  const authorize = (
    group: SecurityGroup,
    egress: boolean,
    input: FlatPermission & { TagSpecifications?: { Tags?: { Key?: string | undefined }[] | undefined }[] | undefined },
  ) => {
    const tags = (input.TagSpecifications ?? []).flatMap(({ Tags }) => Tags ?? []);
    const rules = network.region.store.transaction(() => addRules(network, group, egress, permissionsIn(input), tags));
    return {
      Return: true,
      SecurityGroupRules: rules.map((rule) => network.withTags(rule.SecurityGroupRuleId, rule)),
    };
  };
  const revoke = (
    group: SecurityGroup,
    egress: boolean,
    input: FlatPermission & { SecurityGroupRuleIds?: string[] | undefined },
  ) => {
    network.region.store.transaction(() => {
      if (!input.SecurityGroupRuleIds?.length) return removeRules(network, group, egress, permissionsIn(input));
      const own = new Set(rulesOf(network, group.GroupId ?? "").map(({ SecurityGroupRuleId }) => SecurityGroupRuleId));
      for (const id of input.SecurityGroupRuleIds) {
        if (!own.has(id)) throw ruleNotFound(id);
        network.remove(network.rules, id);
      }
    });
    return { Return: true };
  };

  return {
    AuthorizeSecurityGroupIngress: (input) => authorize(findGroup(input.GroupId, input.GroupName), false, input),
    AuthorizeSecurityGroupEgress: (input) => authorize(findGroup(input.GroupId), true, input),
    RevokeSecurityGroupIngress: (input) => revoke(findGroup(input.GroupId, input.GroupName), false, input),
    RevokeSecurityGroupEgress: (input) => revoke(findGroup(input.GroupId), true, input),

    DescribeSecurityGroupRules: (input) => {
      const { items, nextToken } = describeRecords<SecurityGroupRule>(
        network,
        network.rules,
        ({ SecurityGroupRuleId }) => SecurityGroupRuleId,
        { ids: input.SecurityGroupRuleIds, filters: input.Filters, token: input.NextToken, limit: input.MaxResults },
        { code: "InvalidSecurityGroupRuleId.NotFound", kind: "security group rule ID" },
        {
          "group-id": ({ GroupId }) => GroupId,
          "security-group-rule-id": ({ SecurityGroupRuleId }) => SecurityGroupRuleId,
        },
      );
      return { SecurityGroupRules: items, NextToken: nextToken };
    },

    ModifySecurityGroupRules: (input) => {
      const group = findGroup(input.GroupId);
      network.region.store.transaction(() => {
        for (const { SecurityGroupRuleId = "", SecurityGroupRule: change } of input.SecurityGroupRules) {
          const rule = network.rules.get(SecurityGroupRuleId);
          if (!rule || rule.GroupId !== group.GroupId) throw ruleNotFound(SecurityGroupRuleId);
          const { ReferencedGroupId, ...rest } = change ?? {};
          const { CidrIpv4, CidrIpv6, PrefixListId, ReferencedGroupInfo, ...kept } = rule;
          network.rules.put(SecurityGroupRuleId, {
            ...kept,
            ...rest,
            ...(ReferencedGroupId && {
              ReferencedGroupInfo: { GroupId: ReferencedGroupId, UserId: network.accountId },
            }),
          });
        }
      });
      return { Return: true };
    },
  };
}

/** The older form of a call gives one permission flat; the newer one gives a list. */
function permissionsIn(input: FlatPermission): IpPermission[] {
  if (input.IpPermissions?.length) return input.IpPermissions;
  if (!input.IpProtocol) throw new AwsError("MissingParameter", "The request must contain the parameter IpPermissions");
  const { IpProtocol, FromPort, ToPort, CidrIp } = input;
  return [{ IpProtocol, FromPort, ToPort, IpRanges: CidrIp ? [{ CidrIp }] : [] }];
}

function ruleNotFound(id: string): AwsError {
  return new AwsError("InvalidSecurityGroupRuleId.NotFound", `The security group rule ID '${id}' does not exist`);
}
