import type { IpPermission } from "@aws-sdk/client-ec2";
import { number, structure, text } from "../engine/properties.ts";

const peer = {
  CidrIp: text,
  CidrIpv6: text,
  Description: text,
  FromPort: number,
  IpProtocol: text,
  ToPort: number,
};

export const ingressRule = structure({
  ...peer,
  SourcePrefixListId: text,
  SourceSecurityGroupId: text,
  SourceSecurityGroupName: text,
  SourceSecurityGroupOwnerId: text,
});

export const egressRule = structure({
  ...peer,
  DestinationPrefixListId: text,
  DestinationSecurityGroupId: text,
});

export type Rule = Partial<ReturnType<typeof ingressRule> & ReturnType<typeof egressRule>>;

/** A rule of a template as EC2's operations take it. */
export function permission(rule: Rule): IpPermission {
  const { IpProtocol = "-1", FromPort, ToPort, Description } = rule;
  const group = rule.SourceSecurityGroupId ?? rule.DestinationSecurityGroupId;
  const prefixList = rule.SourcePrefixListId ?? rule.DestinationPrefixListId;
  const described = Description === undefined ? {} : { Description };
  const pair = {
    ...(group !== undefined && { GroupId: group }),
    ...(rule.SourceSecurityGroupName !== undefined && { GroupName: rule.SourceSecurityGroupName }),
    ...(rule.SourceSecurityGroupOwnerId !== undefined && { UserId: rule.SourceSecurityGroupOwnerId }),
  };
  return {
    IpProtocol,
    ...(FromPort !== undefined && { FromPort }),
    ...(ToPort !== undefined && { ToPort }),
    ...(rule.CidrIp !== undefined && { IpRanges: [{ CidrIp: rule.CidrIp, ...described }] }),
    ...(rule.CidrIpv6 !== undefined && { Ipv6Ranges: [{ CidrIpv6: rule.CidrIpv6, ...described }] }),
    ...(Object.keys(pair).length > 0 && { UserIdGroupPairs: [{ ...pair, ...described }] }),
    ...(prefixList !== undefined && { PrefixListIds: [{ PrefixListId: prefixList, ...described }] }),
  };
}
