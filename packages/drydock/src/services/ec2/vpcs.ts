import type { NetworkAcl } from "@aws-sdk/client-ec2";
import { AwsError } from "../../errors.ts";
import type { Operations } from "../../service.ts";
import { formatCidr, parseCidr } from "./cidr.ts";
import { describeRecords } from "./describe.ts";
import { dependencyViolation, type Network, type StoredVpc } from "./network.ts";
import { createMainRouteTable } from "./route-tables.ts";
import { createDefaultSecurityGroup, removeGroup } from "./security-groups.ts";

type Ec2Operations = Operations<typeof import("@aws-sdk/client-ec2")>;

/** A VPC comes with its main route table and its default security group. */
export function createVpc(network: Network, cidrBlock: string, isDefault: boolean): StoredVpc {
  const cidr = parseCidr(cidrBlock);
  if (cidr.bits < 16 || cidr.bits > 28) {
    throw new AwsError("InvalidVpc.Range", `The CIDR '${cidrBlock}' is invalid.`);
  }
  const VpcId = network.newId("vpc");
  const vpc: StoredVpc = {
    VpcId,
    CidrBlock: formatCidr(cidr),
    CidrBlockAssociationSet: [
      {
        AssociationId: network.newId("vpc-cidr-assoc"),
        CidrBlock: formatCidr(cidr),
        CidrBlockState: { State: "associated" },
      },
    ],
    DhcpOptionsId: "dopt-00000000000000000",
    InstanceTenancy: "default",
    IsDefault: isDefault,
    OwnerId: network.accountId,
    State: "available",
    dnsSupport: true,
    dnsHostnames: isDefault,
    addressUsageMetrics: false,
  };
  network.vpcs.put(VpcId, vpc);
  createMainRouteTable(network, VpcId, vpc.CidrBlock ?? "");
  createDefaultSecurityGroup(network, VpcId);
  return vpc;
}

export function vpcOperations(network: Network): Ec2Operations {
  return {
    CreateVpc: (input) => {
      if (!input.CidrBlock) {
        throw new AwsError(
          "MissingParameter",
          "The request must contain the parameter CidrBlock; drydock has no IPAM.",
        );
      }
      const vpc = network.region.store.transaction(() => createVpc(network, input.CidrBlock ?? "", false));
      network.tagNew(vpc.VpcId ?? "", "vpc", input.TagSpecifications);
      return { Vpc: network.withTags(vpc.VpcId, { ...vpc, State: "pending" as const }) };
    },

    DescribeVpcs: (input) => {
      const { items, nextToken } = describeRecords(
        network,
        network.vpcs,
        ({ VpcId }) => VpcId,
        { ids: input.VpcIds, filters: input.Filters, token: input.NextToken, limit: input.MaxResults },
        { code: "InvalidVpcID.NotFound", kind: "vpc ID" },
        {
          "vpc-id": ({ VpcId }) => VpcId,
          cidr: ({ CidrBlock }) => CidrBlock,
          "cidr-block-association.cidr-block": ({ CidrBlock }) => CidrBlock,
          isDefault: ({ IsDefault }) => String(IsDefault),
          "is-default": ({ IsDefault }) => String(IsDefault),
          state: ({ State }) => State,
          "owner-id": ({ OwnerId }) => OwnerId,
        },
      );
      return { Vpcs: items, NextToken: nextToken };
    },

    ModifyVpcAttribute: (input) => {
      const vpc = network.vpc(input.VpcId);
      network.vpcs.put(input.VpcId, {
        ...vpc,
        dnsSupport: input.EnableDnsSupport?.Value ?? vpc.dnsSupport,
        dnsHostnames: input.EnableDnsHostnames?.Value ?? vpc.dnsHostnames,
        addressUsageMetrics: input.EnableNetworkAddressUsageMetrics?.Value ?? vpc.addressUsageMetrics,
      });
      return {};
    },

    DescribeVpcAttribute: (input) => {
      const vpc = network.vpc(input.VpcId);
      switch (input.Attribute) {
        case "enableDnsSupport":
          return { VpcId: input.VpcId, EnableDnsSupport: { Value: vpc.dnsSupport } };
        case "enableDnsHostnames":
          return { VpcId: input.VpcId, EnableDnsHostnames: { Value: vpc.dnsHostnames } };
        default:
          return { VpcId: input.VpcId, EnableNetworkAddressUsageMetrics: { Value: vpc.addressUsageMetrics } };
      }
    },

    DeleteVpc: (input) => {
      network.vpc(input.VpcId);
      const inside = (record: { VpcId?: string | undefined }) => record.VpcId === input.VpcId;
      const groups = network.securityGroups.list().filter(inside);
      const tables = network.routeTables.list().filter(inside);
      const gateways = network.internetGateways.list().filter(({ Attachments }) => Attachments?.some(inside));
      const occupied =
        network.subnets.list().some(inside) ||
        groups.some(({ GroupName }) => GroupName !== "default") ||
        tables.some(({ Associations }) => !Associations?.some(({ Main }) => Main)) ||
        gateways.length > 0;
      if (occupied) throw dependencyViolation("vpc", input.VpcId);
      network.region.store.transaction(() => {
        for (const { GroupId = "" } of groups) removeGroup(network, GroupId);
        for (const { RouteTableId = "" } of tables) network.remove(network.routeTables, RouteTableId);
        network.remove(network.vpcs, input.VpcId);
      });
      return {};
    },

    // Every VPC has one network ACL that lets everything through; drydock filters nothing, so there are no others.
    DescribeNetworkAcls: (input) => {
      const acls = network.vpcs.list().map(({ VpcId = "" }) => defaultNetworkAcl(network, VpcId));
      const { items, nextToken } = describeRecords<NetworkAcl>(
        network,
        { get: (id) => acls.find(({ NetworkAclId }) => NetworkAclId === id), list: () => acls },
        ({ NetworkAclId }) => NetworkAclId,
        { ids: input.NetworkAclIds, filters: input.Filters, token: input.NextToken, limit: input.MaxResults },
        { code: "InvalidNetworkAclID.NotFound", kind: "networkAcl ID" },
        {
          "network-acl-id": ({ NetworkAclId }) => NetworkAclId,
          "vpc-id": ({ VpcId }) => VpcId,
          default: ({ IsDefault }) => String(IsDefault),
          "owner-id": ({ OwnerId }) => OwnerId,
          "association.subnet-id": ({ Associations }) => Associations?.map(({ SubnetId }) => SubnetId),
          "association.association-id": ({ Associations }) =>
            Associations?.map(({ NetworkAclAssociationId }) => NetworkAclAssociationId),
        },
      );
      return { NetworkAcls: items, NextToken: nextToken };
    },
  };
}

function defaultNetworkAcl(network: Network, VpcId: string): NetworkAcl {
  const subnets = network.subnets.list().filter((subnet) => subnet.VpcId === VpcId);
  const NetworkAclId = VpcId.replace("vpc-", "acl-");
  return {
    NetworkAclId,
    VpcId,
    IsDefault: true,
    OwnerId: network.accountId,
    Entries: [true, false].flatMap((Egress) => [
      { Egress, CidrBlock: "0.0.0.0/0", Protocol: "-1", RuleAction: "allow" as const, RuleNumber: 100 },
      { Egress, CidrBlock: "0.0.0.0/0", Protocol: "-1", RuleAction: "deny" as const, RuleNumber: 32767 },
    ]),
    Associations: subnets.map(({ SubnetId = "" }) => ({
      NetworkAclAssociationId: SubnetId.replace("subnet-", "aclassoc-"),
      NetworkAclId,
      SubnetId,
    })),
    Tags: [],
  };
}
