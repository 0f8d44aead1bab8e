import type { IpPermission, SecurityGroup, SecurityGroupRule, Tag } from "@aws-sdk/client-ec2";
import { regionalArn } from "../../arn.ts";
import { AwsError } from "../../errors.ts";
import { formatCidr, parseCidr } from "./cidr.ts";
import type { Network } from "./network.ts";

/** A group's rules are kept one by one, as DescribeSecurityGroupRules shows them; permissions are gathered from them. */
export function rulesOf(network: Network, groupId: string): SecurityGroupRule[] {
  return network.rules.list().filter(({ GroupId }) => GroupId === groupId);
}

/** Adds a rule for every source of every permission. Throws InvalidPermission.Duplicate when one is there already. */
export function addRules(
  network: Network,
  group: SecurityGroup,
  egress: boolean,
  permissions: IpPermission[],
  tags: Tag[] = [],
): SecurityGroupRule[] {
  const added = permissions.flatMap((permission) => splitPermission(network, group, egress, permission));
  const existing = rulesOf(network, group.GroupId ?? "");
  for (const rule of added) {
    if (existing.some((each) => sameRule(each, rule))) {
      const source = rule.CidrIpv4 ?? rule.CidrIpv6 ?? rule.PrefixListId ?? rule.ReferencedGroupInfo?.GroupId;
      const message = `the specified rule "peer: ${source}, ${rule.IpProtocol}, from port: ${rule.FromPort}, to port: ${rule.ToPort}, ALLOW" already exists`;
      throw new AwsError("InvalidPermission.Duplicate", message);
    }
  }
  for (const rule of added) {
    network.rules.put(rule.SecurityGroupRuleId ?? "", rule);
    if (tags.length > 0) network.tags.put(rule.SecurityGroupRuleId ?? "", tags);
  }
  return added;
}

/** Removes the rules that the permissions name; all of them must be there. */
export function removeRules(
  network: Network,
  group: SecurityGroup,
  egress: boolean,
  permissions: IpPermission[],
): void {
  const wanted = permissions.flatMap((permission) => splitPermission(network, group, egress, permission));
  const existing = rulesOf(network, group.GroupId ?? "");
  const found = wanted.map((rule) => existing.find((each) => sameRule(each, rule)));
  if (found.includes(undefined)) {
    throw new AwsError("InvalidPermission.NotFound", "The specified rule does not exist in this security group.");
  }
  for (const rule of found) network.remove(network.rules, rule?.SecurityGroupRuleId ?? "");
}

export function sameRule(a: SecurityGroupRule, b: SecurityGroupRule): boolean {
  const identity = (rule: SecurityGroupRule) =>
    [
      rule.IsEgress,
      rule.IpProtocol,
      rule.FromPort,
      rule.ToPort,
      rule.CidrIpv4,
      rule.CidrIpv6,
      rule.PrefixListId,
      rule.ReferencedGroupInfo?.GroupId,
    ].join("|");
  return identity(a) === identity(b);
}

function splitPermission(
  network: Network,
  group: SecurityGroup,
  egress: boolean,
  permission: IpPermission,
): SecurityGroupRule[] {
  const protocol = protocolName(permission.IpProtocol);
  const allPorts = protocol === "-1";
  if (!allPorts && (permission.FromPort === undefined || permission.ToPort === undefined)) {
    throw new AwsError(
      "InvalidParameterValue",
      `Invalid value for portRange. Must specify both from and to ports with TCP/UDP.`,
    );
  }
  const rule = (source: Partial<SecurityGroupRule>): SecurityGroupRule => {
    const SecurityGroupRuleId = network.newId("sgr");
    return {
      SecurityGroupRuleId,
      SecurityGroupRuleArn: regionalArn(network.region, "ec2", `security-group-rule/${SecurityGroupRuleId}`),
      GroupId: group.GroupId,
      GroupOwnerId: network.accountId,
      IsEgress: egress,
      IpProtocol: protocol,
      FromPort: allPorts ? -1 : permission.FromPort,
      ToPort: allPorts ? -1 : permission.ToPort,
      ...source,
    };
  };
  return [
    ...(permission.IpRanges ?? []).map(({ CidrIp = "", Description }) =>
      rule({ CidrIpv4: formatCidr(parseCidr(CidrIp)), Description }),
    ),
    ...(permission.Ipv6Ranges ?? []).map(({ CidrIpv6, Description }) => rule({ CidrIpv6, Description })),
    ...(permission.PrefixListIds ?? []).map(({ PrefixListId, Description }) => rule({ PrefixListId, Description })),
    ...(permission.UserIdGroupPairs ?? []).map(({ GroupId = "", Description }) => {
      const { VpcId } = network.securityGroup(GroupId);
      return rule({ ReferencedGroupInfo: { GroupId, UserId: network.accountId, VpcId }, Description });
    }),
  ];
}

/** Rules of the same protocol and ports are one permission. */
export function permissionsOf(rules: SecurityGroupRule[]): IpPermission[] {
  const gathered = new Map<
    string,
    IpPermission & Required<Pick<IpPermission, "IpRanges" | "Ipv6Ranges" | "PrefixListIds" | "UserIdGroupPairs">>
  >();
  for (const rule of rules) {
    const key = `${rule.IpProtocol}|${rule.FromPort}|${rule.ToPort}`;
    const permission = gathered.get(key) ?? {
      IpProtocol: rule.IpProtocol,
      ...(rule.IpProtocol !== "-1" && { FromPort: rule.FromPort, ToPort: rule.ToPort }),
      IpRanges: [],
      Ipv6Ranges: [],
      PrefixListIds: [],
      UserIdGroupPairs: [],
    };
    const { Description } = rule;
    if (rule.CidrIpv4) permission.IpRanges.push({ CidrIp: rule.CidrIpv4, Description });
    if (rule.CidrIpv6) permission.Ipv6Ranges.push({ CidrIpv6: rule.CidrIpv6, Description });
    if (rule.PrefixListId) permission.PrefixListIds.push({ PrefixListId: rule.PrefixListId, Description });
    if (rule.ReferencedGroupInfo) {
      const { GroupId, UserId } = rule.ReferencedGroupInfo;
      permission.UserIdGroupPairs.push({ GroupId, UserId, Description });
    }
    gathered.set(key, permission);
  }
  return [...gathered.values()];
}

const protocolNames: Record<string, string> = { "6": "tcp", "17": "udp", "1": "icmp", all: "-1" };

function protocolName(protocol: string | undefined): string {
  const name = (protocol ?? "-1").toLowerCase();
  return protocolNames[name] ?? name;
}
