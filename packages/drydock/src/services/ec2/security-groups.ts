import type { IpPermission, SecurityGroup } from "@aws-sdk/client-ec2";
import { regionalArn } from "../../arn.ts";
import { AwsError } from "../../errors.ts";
import type { Operations } from "../../service.ts";
import { isSecurityGroupInUse } from "./attached-interfaces.ts";
import { describeRecords } from "./describe.ts";
import type { Network } from "./network.ts";
import { addRules, permissionsOf, rulesOf } from "./rules.ts";

/** Lets its members reach each other, and everything out. */
export function createDefaultSecurityGroup(network: Network, VpcId: string): void {
  const group = createGroup(network, VpcId, "default", "default VPC security group");
  addRules(network, group, false, [{ IpProtocol: "-1", UserIdGroupPairs: [{ GroupId: group.GroupId }] }]);
}

function createGroup(network: Network, VpcId: string, GroupName: string, Description: string): SecurityGroup {
  const GroupId = network.newId("sg");
  const group: SecurityGroup = {
    GroupId,
    GroupName,
    Description,
    VpcId,
    OwnerId: network.accountId,
    SecurityGroupArn: regionalArn(network.region, "ec2", `security-group/${GroupId}`),
  };
  network.securityGroups.put(GroupId, group);
  // "By default, a security group includes an outbound rule that allows all outbound traffic."
  addRules(network, group, true, [{ IpProtocol: "-1", IpRanges: [{ CidrIp: "0.0.0.0/0" }] }]);
  return group;
}

export function removeGroup(network: Network, GroupId: string): void {
  for (const rule of rulesOf(network, GroupId)) network.remove(network.rules, rule.SecurityGroupRuleId ?? "");
  network.remove(network.securityGroups, GroupId);
}

export function securityGroupOperations(network: Network): Operations<typeof import("@aws-sdk/client-ec2")> {
  const withPermissions = (group: SecurityGroup): SecurityGroup => {
    const rules = rulesOf(network, group.GroupId ?? "");
    return {
      ...group,
      IpPermissions: permissionsOf(rules.filter(({ IsEgress }) => !IsEgress)),
      IpPermissionsEgress: permissionsOf(rules.filter(({ IsEgress }) => IsEgress)),
    };
  };
  const permissions = (group: SecurityGroup): IpPermission[] => withPermissions(group).IpPermissions ?? [];

  return {
    CreateSecurityGroup: (input) => {
      const VpcId = input.VpcId ?? network.vpcs.list().find(({ IsDefault }) => IsDefault)?.VpcId;
      if (!VpcId) throw new AwsError("VPCIdNotSpecified", "No default VPC for this user");
      network.vpc(VpcId);
      if (/^sg-/.test(input.GroupName) || input.GroupName === "default") {
        const message = `Value (${input.GroupName}) for parameter GroupName is invalid.`;
        throw new AwsError("InvalidParameterValue", message);
      }
      const taken = network.securityGroups
        .list()
        .some((each) => each.VpcId === VpcId && each.GroupName === input.GroupName);
      if (taken) {
        const message = `The security group '${input.GroupName}' already exists for VPC '${VpcId}'`;
        throw new AwsError("InvalidGroup.Duplicate", message);
      }
      const group = network.region.store.transaction(() =>
        createGroup(network, VpcId, input.GroupName, input.Description),
      );
      network.tagNew(group.GroupId ?? "", "security-group", input.TagSpecifications);
      return { GroupId: group.GroupId, SecurityGroupArn: group.SecurityGroupArn, Tags: network.tagsOf(group.GroupId) };
    },

    DescribeSecurityGroups: (input) => {
      const { items, nextToken } = describeRecords(
        network,
        network.securityGroups,
        ({ GroupId }) => GroupId,
        { ids: input.GroupIds, filters: input.Filters, token: input.NextToken, limit: input.MaxResults },
        { code: "InvalidGroup.NotFound", kind: "security group" },
        {
          "group-id": ({ GroupId }) => GroupId,
          "group-name": ({ GroupName }) => GroupName,
          "vpc-id": ({ VpcId }) => VpcId,
          description: ({ Description }) => Description,
          "owner-id": ({ OwnerId }) => OwnerId,
          "ip-permission.group-id": (group) =>
            permissions(group).flatMap(({ UserIdGroupPairs }) => UserIdGroupPairs?.map(({ GroupId }) => GroupId)),
          "ip-permission.cidr": (group) =>
            permissions(group).flatMap(({ IpRanges }) => IpRanges?.map(({ CidrIp }) => CidrIp)),
          "ip-permission.from-port": (group) => permissions(group).map(({ FromPort }) => FromPort?.toString()),
          "ip-permission.to-port": (group) => permissions(group).map(({ ToPort }) => ToPort?.toString()),
        },
      );
      const named = items.filter(
        ({ GroupName = "" }) => !input.GroupNames?.length || input.GroupNames.includes(GroupName),
      );
      return { SecurityGroups: named.map(withPermissions), NextToken: nextToken };
    },

    DeleteSecurityGroup: async (input) => {
      const GroupId =
        input.GroupId ??
        network.securityGroups.list().find(({ GroupName }) => GroupName === input.GroupName)?.GroupId ??
        "";
      const group = network.securityGroup(GroupId);
      if (group.GroupName === "default") {
        throw new AwsError(
          "CannotDelete",
          `the specified group: "${GroupId}" name: "default" cannot be deleted by a user`,
        );
      }
      const referenced = network.rules
        .list()
        .some((rule) => rule.ReferencedGroupInfo?.GroupId === GroupId && rule.GroupId !== GroupId);
      const inUse = referenced || (await isSecurityGroupInUse(network, GroupId));
      if (inUse) throw new AwsError("DependencyViolation", `resource ${GroupId} has a dependent object`);
      network.region.store.transaction(() => removeGroup(network, GroupId));
      return { Return: true, GroupId };
    },
  };
}
