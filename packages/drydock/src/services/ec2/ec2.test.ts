import {
  AllocateAddressCommand,
  AssociateRouteTableCommand,
  AttachInternetGatewayCommand,
  AuthorizeSecurityGroupIngressCommand,
  CreateInternetGatewayCommand,
  CreateNatGatewayCommand,
  CreateRouteCommand,
  CreateRouteTableCommand,
  CreateSecurityGroupCommand,
  CreateSubnetCommand,
  CreateVpcCommand,
  DeleteInternetGatewayCommand,
  DeleteNatGatewayCommand,
  DeleteRouteTableCommand,
  DeleteSecurityGroupCommand,
  DeleteSubnetCommand,
  DeleteVpcCommand,
  DescribeAddressesCommand,
  DescribeAvailabilityZonesCommand,
  DescribeNatGatewaysCommand,
  DescribeRouteTablesCommand,
  DescribeSecurityGroupsCommand,
  DescribeSubnetsCommand,
  DescribeVpcsCommand,
  DetachInternetGatewayCommand,
  DisassociateAddressCommand,
  DisassociateRouteTableCommand,
  EC2Client,
  ReleaseAddressCommand,
} from "@aws-sdk/client-ec2";
import { expect, test } from "vitest";
import { startTestDrydock } from "../../testing.ts";

const tagged = (ResourceType: "vpc" | "subnet", Value: string) => ({
  TagSpecifications: [{ ResourceType, Tags: [{ Key: "fardel:app", Value }] }],
});

test("a network is built, found by its tags, and taken down in order", async () => {
  const ec2 = (await startTestDrydock()).client(EC2Client);
  const { Vpc } = await ec2.send(new CreateVpcCommand({ CidrBlock: "10.0.0.0/16", ...tagged("vpc", "shop") }));
  const VpcId = Vpc?.VpcId;
  const { Subnet } = await ec2.send(
    new CreateSubnetCommand({
      VpcId,
      CidrBlock: "10.0.0.0/24",
      AvailabilityZone: "eu-west-1b",
      ...tagged("subnet", "shop"),
    }),
  );
  const SubnetId = Subnet?.SubnetId;
  expect(Subnet).toMatchObject({ AvailabilityZoneId: "euw1-az2", AvailableIpAddressCount: 251 });
  const { InternetGateway } = await ec2.send(new CreateInternetGatewayCommand({}));
  const InternetGatewayId = InternetGateway?.InternetGatewayId;
  await ec2.send(new AttachInternetGatewayCommand({ VpcId, InternetGatewayId }));
  const { RouteTable } = await ec2.send(new CreateRouteTableCommand({ VpcId }));
  const RouteTableId = RouteTable?.RouteTableId;
  await ec2.send(
    new CreateRouteCommand({ RouteTableId, DestinationCidrBlock: "0.0.0.0/0", GatewayId: InternetGatewayId }),
  );
  const { AssociationId } = await ec2.send(new AssociateRouteTableCommand({ RouteTableId, SubnetId }));
  const { AllocationId } = await ec2.send(new AllocateAddressCommand({ Domain: "vpc" }));
  const { NatGateway } = await ec2.send(new CreateNatGatewayCommand({ SubnetId, AllocationId }));
  const NatGatewayId = NatGateway?.NatGatewayId;

  const found = await ec2.send(new DescribeVpcsCommand({ Filters: [{ Name: "tag:fardel:app", Values: ["sh*"] }] }));
  expect(found.Vpcs?.map((vpc) => vpc.VpcId)).toEqual([VpcId]);
  const tables = await ec2.send(
    new DescribeRouteTablesCommand({ Filters: [{ Name: "association.subnet-id", Values: [SubnetId ?? ""] }] }),
  );
  expect(tables.RouteTables?.[0]?.Routes?.map(({ DestinationCidrBlock }) => DestinationCidrBlock)).toEqual([
    "10.0.0.0/16",
    "0.0.0.0/0",
  ]);

  await expect(ec2.send(new DeleteVpcCommand({ VpcId }))).rejects.toMatchObject({ name: "DependencyViolation" });
  await expect(ec2.send(new DetachInternetGatewayCommand({ VpcId, InternetGatewayId }))).rejects.toMatchObject({
    name: "DependencyViolation",
  });
  await expect(ec2.send(new ReleaseAddressCommand({ AllocationId }))).rejects.toMatchObject({
    name: "InvalidIPAddress.InUse",
  });
  const { Addresses } = await ec2.send(new DescribeAddressesCommand({ AllocationIds: [AllocationId ?? ""] }));
  const disassociate = new DisassociateAddressCommand({ AssociationId: Addresses?.[0]?.AssociationId });
  await expect(ec2.send(disassociate)).rejects.toMatchObject({ name: "AuthFailure" });
  await ec2.send(new DeleteNatGatewayCommand({ NatGatewayId }));
  await expect(ec2.send(disassociate)).rejects.toMatchObject({ name: "InvalidAssociationID.NotFound" });
  const gone = await ec2.send(new DescribeNatGatewaysCommand({ NatGatewayIds: [NatGatewayId ?? ""] }));
  expect(gone.NatGateways?.[0]?.State).toBe("deleted");
  await ec2.send(new ReleaseAddressCommand({ AllocationId }));
  await ec2.send(new DisassociateRouteTableCommand({ AssociationId }));
  await ec2.send(new DeleteRouteTableCommand({ RouteTableId }));
  await ec2.send(new DetachInternetGatewayCommand({ VpcId, InternetGatewayId }));
  await ec2.send(new DeleteInternetGatewayCommand({ InternetGatewayId }));
  await ec2.send(new DeleteSubnetCommand({ SubnetId }));
  await ec2.send(new DeleteVpcCommand({ VpcId }));
  await expect(ec2.send(new DescribeVpcsCommand({ VpcIds: [VpcId ?? ""] }))).rejects.toMatchObject({
    name: "InvalidVpcID.NotFound",
  });
});

test("subnets lie inside their VPC and beside each other", async () => {
  const ec2 = (await startTestDrydock()).client(EC2Client);
  const { Vpc } = await ec2.send(new CreateVpcCommand({ CidrBlock: "10.0.0.0/16" }));
  const subnet = (CidrBlock: string) => ec2.send(new CreateSubnetCommand({ VpcId: Vpc?.VpcId, CidrBlock }));
  await subnet("10.0.1.0/24");
  await expect(subnet("10.0.1.128/25")).rejects.toMatchObject({ name: "InvalidSubnet.Conflict" });
  await expect(subnet("10.1.0.0/24")).rejects.toMatchObject({ name: "InvalidSubnet.Range" });
  await expect(subnet("nonsense")).rejects.toMatchObject({ name: "InvalidParameterValue" });
});

test("a security group's rules name ranges and groups, and a group in use stays", async () => {
  const ec2 = (await startTestDrydock()).client(EC2Client);
  const { Vpc } = await ec2.send(new CreateVpcCommand({ CidrBlock: "10.0.0.0/16" }));
  const create = async (GroupName: string) =>
    (await ec2.send(new CreateSecurityGroupCommand({ GroupName, Description: "d", VpcId: Vpc?.VpcId }))).GroupId ?? "";
  const [balancer, tasks] = [await create("balancer"), await create("tasks")];
  const port = { IpProtocol: "tcp", FromPort: 80, ToPort: 80 };
  const allow = (GroupId: string, more: object) =>
    ec2.send(new AuthorizeSecurityGroupIngressCommand({ GroupId, IpPermissions: [{ ...port, ...more }] }));
  await allow(balancer, { IpRanges: [{ CidrIp: "0.0.0.0/0", Description: "all" }] });
  await allow(tasks, { UserIdGroupPairs: [{ GroupId: balancer }] });
  await expect(allow(balancer, { IpRanges: [{ CidrIp: "0.0.0.0/0" }] })).rejects.toMatchObject({
    name: "InvalidPermission.Duplicate",
  });
  const { SecurityGroups } = await ec2.send(new DescribeSecurityGroupsCommand({ GroupIds: [tasks] }));
  expect(SecurityGroups?.[0]?.IpPermissions?.[0]?.UserIdGroupPairs?.[0]?.GroupId).toBe(balancer);
  expect(SecurityGroups?.[0]?.IpPermissionsEgress?.[0]).toMatchObject({ IpProtocol: "-1" });
  await expect(ec2.send(new DeleteSecurityGroupCommand({ GroupId: balancer }))).rejects.toMatchObject({
    name: "DependencyViolation",
  });
  await ec2.send(new DeleteSecurityGroupCommand({ GroupId: tasks }));
  await ec2.send(new DeleteSecurityGroupCommand({ GroupId: balancer }));
});

test("the region has three zones and a default VPC with a subnet in each", async () => {
  const ec2 = (await startTestDrydock()).client(EC2Client);
  const zones = await ec2.send(new DescribeAvailabilityZonesCommand({}));
  expect(zones.AvailabilityZones?.map(({ ZoneName }) => ZoneName)).toEqual(["eu-west-1a", "eu-west-1b", "eu-west-1c"]);
  const subnets = await ec2.send(
    new DescribeSubnetsCommand({ Filters: [{ Name: "default-for-az", Values: ["true"] }] }),
  );
  expect(new Set(subnets.Subnets?.map(({ AvailabilityZone }) => AvailabilityZone)).size).toBe(3);
  await expect(
    ec2.send(new DescribeSubnetsCommand({ Filters: [{ Name: "no-such-filter", Values: ["x"] }] })),
  ).rejects.toMatchObject({ name: "InvalidParameterValue" });
});
