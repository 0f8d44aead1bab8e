import { EC2, type Filter, type ResourceType } from "@aws-sdk/client-ec2";
import { ElasticLoadBalancingV2 } from "@aws-sdk/client-elastic-load-balancing-v2";
import { expect, test } from "vitest";
import { conformance, pages, refusals, refused } from "./targets.ts";

const reference = (page: string) => `https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_${page}.html`;
const errorCodes = "https://docs.aws.amazon.com/AWSEC2/latest/APIReference/errors-overview.html";

conformance((target) => {
  const ec2 = target.client(EC2);
  const tagged = (ResourceType: ResourceType, Value: string) => ({
    TagSpecifications: [{ ResourceType, Tags: [{ Key: "Name", Value }] }],
  });
  const vpc = async (CidrBlock = "10.0.0.0/16", more = {}) =>
    (await ec2.createVpc({ CidrBlock, ...more })).Vpc?.VpcId ?? "";
  const subnet = async (VpcId: string, CidrBlock: string, zone = "a", more = {}) => {
    const AvailabilityZone = `${target.region}${zone}`;
    return (await ec2.createSubnet({ VpcId, CidrBlock, AvailabilityZone, ...more })).Subnet?.SubnetId ?? "";
  };
  const gateway = async (VpcId: string) => {
    const { InternetGateway } = await ec2.createInternetGateway({});
    await ec2.attachInternetGateway({ InternetGatewayId: InternetGateway?.InternetGatewayId, VpcId });
    return InternetGateway?.InternetGatewayId ?? "";
  };
  const group = async (VpcId: string, GroupName: string, more = {}) =>
    (await ec2.createSecurityGroup({ VpcId, GroupName, Description: "d", ...more })).GroupId ?? "";
  const by = (Name: string, ...Values: string[]): { Filters: Filter[] } => ({ Filters: [{ Name, Values }] });

  test("CreateVpc, DescribeVpcs, attributes, DeleteVpc; it comes with a route table, a group and an ACL", async () => {
    const VpcId = await vpc("10.1.0.7/16", tagged("vpc", "made"));
    const [found] = (await ec2.describeVpcs(by("tag:Name", "ma*"))).Vpcs ?? [];
    expect(found).toMatchObject({ VpcId, IsDefault: false, State: "available", OwnerId: target.accountId });
    await target.motoDiffers(reference("CreateVpc"), () => expect(found?.CidrBlock).toBe("10.1.0.0/16"));
    const tables = await ec2.describeRouteTables(by("vpc-id", VpcId));
    expect(tables.RouteTables?.[0]?.Associations?.[0]?.Main).toBe(true);
    expect(tables.RouteTables?.[0]?.Routes?.[0]).toMatchObject({ GatewayId: "local", State: "active" });
    const groups = await ec2.describeSecurityGroups(by("vpc-id", VpcId));
    expect(groups.SecurityGroups?.map(({ GroupName }) => GroupName)).toEqual(["default"]);
    const acls = await ec2.describeNetworkAcls(by("vpc-id", VpcId));
    expect(acls.NetworkAcls?.map(({ IsDefault }) => IsDefault)).toEqual([true]);
    const attribute = { VpcId, Attribute: "enableDnsHostnames" } as const;
    expect((await ec2.describeVpcAttribute(attribute)).EnableDnsHostnames?.Value).toBe(false);
    await ec2.modifyVpcAttribute({ VpcId, EnableDnsHostnames: { Value: true } });
    expect((await ec2.describeVpcAttribute(attribute)).EnableDnsHostnames?.Value).toBe(true);
    const support = await ec2.describeVpcAttribute({ VpcId, Attribute: "enableDnsSupport" });
    expect(support.EnableDnsSupport?.Value).toBe(true);
    await ec2.deleteVpc({ VpcId });
    await refused(ec2.describeVpcs({ VpcIds: [VpcId] }), "InvalidVpcID.NotFound");
  });

  test("CreateSubnet, DescribeSubnets, ModifySubnetAttribute, DeleteSubnet", async () => {
    const VpcId = await vpc();
    const SubnetId = await subnet(VpcId, "10.0.1.0/24", "b", tagged("subnet", "private"));
    const [found] = (await ec2.describeSubnets({ SubnetIds: [SubnetId] })).Subnets ?? [];
    expect(found).toMatchObject({
      VpcId,
      CidrBlock: "10.0.1.0/24",
      AvailabilityZone: `${target.region}b`,
      AvailableIpAddressCount: 251,
      MapPublicIpOnLaunch: false,
      DefaultForAz: false,
      Tags: [{ Key: "Name", Value: "private" }],
    });
    await ec2.modifySubnetAttribute({ SubnetId, MapPublicIpOnLaunch: { Value: true } });
    const mapped = await ec2.describeSubnets({
      Filters: [...by("vpc-id", VpcId).Filters, ...by("map-public-ip-on-launch", "true").Filters],
    });
    expect(mapped.Subnets?.map((each) => each.SubnetId)).toEqual([SubnetId]);
    await refused(ec2.deleteVpc({ VpcId }), "DependencyViolation");
    await ec2.deleteSubnet({ SubnetId });
    await refused(ec2.deleteSubnet({ SubnetId }), "InvalidSubnetID.NotFound");
  });

  test("lists go page by page", async () => {
    const VpcId = await vpc();
    for (let index = 0; index < 7; index++) await subnet(VpcId, `10.0.${index}.0/24`);
    const paged = await pages(
      (NextToken) => ec2.describeSubnets({ ...by("vpc-id", VpcId), MaxResults: 5, NextToken }),
      ({ Subnets, NextToken }) => [Subnets, NextToken],
    );
    await target.motoDiffers(reference("DescribeSubnets"), () =>
      expect(paged.map((page) => page.length)).toEqual([5, 2]),
    );
    expect(new Set(paged.flat().map(({ SubnetId }) => SubnetId)).size).toBe(7);
  });

  test("internet gateways: attached to one VPC, detached, deleted", async () => {
    const VpcId = await vpc();
    const InternetGatewayId = await gateway(VpcId);
    const found = await ec2.describeInternetGateways(by("attachment.vpc-id", VpcId));
    expect(found.InternetGateways).toMatchObject([{ InternetGatewayId, Attachments: [{ VpcId, State: "available" }] }]);
    const other = await vpc();
    await refused(ec2.attachInternetGateway({ InternetGatewayId, VpcId: other }), "Resource.AlreadyAssociated");
    await refused(ec2.deleteInternetGateway({ InternetGatewayId }), "DependencyViolation");
    await refused(ec2.detachInternetGateway({ InternetGatewayId, VpcId: other }), "Gateway.NotAttached");
    await ec2.detachInternetGateway({ InternetGatewayId, VpcId });
    await ec2.deleteInternetGateway({ InternetGatewayId });
    await refused(ec2.deleteInternetGateway({ InternetGatewayId }), "InvalidInternetGatewayID.NotFound");
  });

  test("route tables and routes: created, replaced, lost with their target, deleted", async () => {
    const VpcId = await vpc();
    const GatewayId = await gateway(VpcId);
    const { RouteTable } = await ec2.createRouteTable({ VpcId, ...tagged("route-table", "public") });
    const RouteTableId = RouteTable?.RouteTableId ?? "";
    const route = { RouteTableId, DestinationCidrBlock: "0.0.0.0/0" };
    await ec2.createRoute({ ...route, GatewayId });
    const routes = async () =>
      (await ec2.describeRouteTables({ RouteTableIds: [RouteTableId] })).RouteTables?.[0]?.Routes?.map((each) => [
        each.DestinationCidrBlock,
        each.GatewayId,
        each.State,
      ]);
    expect(await routes()).toEqual([
      ["10.0.0.0/16", "local", "active"],
      ["0.0.0.0/0", GatewayId, "active"],
    ]);
    await refused(ec2.createRoute({ ...route, GatewayId }), "RouteAlreadyExists");
    await ec2.detachInternetGateway({ InternetGatewayId: GatewayId, VpcId });
    await target.motoDiffers(reference("Route"), async () =>
      expect(await routes()).toContainEqual(["0.0.0.0/0", GatewayId, "blackhole"]),
    );
    const other = await gateway(VpcId);
    await ec2.replaceRoute({ ...route, GatewayId: other });
    expect(await routes()).toContainEqual(["0.0.0.0/0", other, "active"]);
    await ec2.deleteRoute(route);
    await refused(ec2.deleteRoute(route), "InvalidRoute.NotFound");
    await ec2.deleteRouteTable({ RouteTableId });
    await refused(ec2.describeRouteTables({ RouteTableIds: [RouteTableId] }), "InvalidRouteTableID.NotFound");
  });

  test("route tables are associated with subnets, moved and taken off", async () => {
    const VpcId = await vpc();
    const SubnetId = await subnet(VpcId, "10.0.0.0/24");
    const table = async () => (await ec2.createRouteTable({ VpcId })).RouteTable?.RouteTableId;
    const [first, second] = [await table(), await table()];
    const { AssociationId } = await ec2.associateRouteTable({ RouteTableId: first, SubnetId });
    const using = async () =>
      (await ec2.describeRouteTables(by("association.subnet-id", SubnetId))).RouteTables?.map(
        (each) => each.RouteTableId,
      );
    expect(await using()).toEqual([first]);
    await refused(ec2.deleteRouteTable({ RouteTableId: first }), "DependencyViolation");
    const { NewAssociationId } = await ec2.replaceRouteTableAssociation({ AssociationId, RouteTableId: second });
    expect(await using()).toEqual([second]);
    await ec2.disassociateRouteTable({ AssociationId: NewAssociationId });
    expect(await using()).toEqual([]);
    await refused(ec2.disassociateRouteTable({ AssociationId: NewAssociationId }), "InvalidAssociationID.NotFound");
  });

  test("addresses and NAT gateways: an address in use stays, a deleted gateway is still shown", async () => {
    const VpcId = await vpc();
    const SubnetId = await subnet(VpcId, "10.0.0.0/28");
    const InternetGatewayId = await gateway(VpcId);
    const { AllocationId, PublicIp = "" } = await ec2.allocateAddress({
      Domain: "vpc",
      ...tagged("elastic-ip", "nat"),
    });
    const addresses = async () => (await ec2.describeAddresses({ AllocationIds: [AllocationId ?? ""] })).Addresses;
    expect(await addresses()).toMatchObject([{ AllocationId, PublicIp, Domain: "vpc" }]);
    const attribute = await ec2.describeAddressesAttribute({
      AllocationIds: [AllocationId ?? ""],
      Attribute: "domain-name",
    });
    expect(attribute.Addresses?.map((each) => each.AllocationId)).toEqual([AllocationId]);
    const { NatGateway } = await ec2.createNatGateway({ SubnetId, AllocationId, ...tagged("natgateway", "nat") });
    const NatGatewayId = NatGateway?.NatGatewayId ?? "";
    const found = async () => (await ec2.describeNatGateways({ NatGatewayIds: [NatGatewayId] })).NatGateways?.[0];
    expect(await found()).toMatchObject({ State: "available", VpcId, SubnetId, NatGatewayAddresses: [{ PublicIp }] });
    const interfaces = await ec2.describeNetworkInterfaces(by("subnet-id", SubnetId));
    expect(interfaces.NetworkInterfaces?.[0]).toMatchObject({ SubnetId, VpcId });
    await target.motoDiffers(reference("NetworkInterface"), () =>
      expect(interfaces.NetworkInterfaces?.[0]).toMatchObject({ InterfaceType: "natGateway", RequesterManaged: true }),
    );
    await target.motoDiffers(errorCodes, async () => {
      await refused(ec2.releaseAddress({ AllocationId }), "InvalidIPAddress.InUse");
      await refused(ec2.deleteSubnet({ SubnetId }), "DependencyViolation");
      await refused(ec2.detachInternetGateway({ InternetGatewayId, VpcId }), "DependencyViolation");
    });
    await ec2.deleteNatGateway({ NatGatewayId });
    expect((await found())?.State).toBe("deleted");
    await target.motoDiffers(reference("ReleaseAddress"), () => ec2.releaseAddress({ AllocationId }));
  });

  test("security groups: rules by range and by group, in both their forms", async () => {
    const VpcId = await vpc();
    const [web, tasks] = [await group(VpcId, "web", tagged("security-group", "web")), await group(VpcId, "tasks")];
    const port = { IpProtocol: "tcp", FromPort: 80, ToPort: 80 };
    const added = await ec2.authorizeSecurityGroupIngress({
      GroupId: web,
      IpPermissions: [{ ...port, IpRanges: [{ CidrIp: "0.0.0.0/0", Description: "all" }] }],
    });
    expect(added.SecurityGroupRules).toMatchObject([{ GroupId: web, IsEgress: false, CidrIpv4: "0.0.0.0/0", ...port }]);
    await ec2.authorizeSecurityGroupIngress({
      GroupId: tasks,
      IpPermissions: [{ ...port, UserIdGroupPairs: [{ GroupId: web }] }],
    });
    await ec2.authorizeSecurityGroupEgress({
      GroupId: tasks,
      IpPermissions: [{ ...port, IpRanges: [{ CidrIp: "10.0.0.0/8" }] }],
    });
    const described = async (GroupId: string) =>
      (await ec2.describeSecurityGroups({ GroupIds: [GroupId] })).SecurityGroups?.[0];
    expect((await described(web))?.IpPermissions).toMatchObject([
      { ...port, IpRanges: [{ CidrIp: "0.0.0.0/0", Description: "all" }] },
    ]);
    expect((await described(tasks))?.IpPermissions?.[0]?.UserIdGroupPairs).toMatchObject([{ GroupId: web }]);
    expect((await described(tasks))?.IpPermissionsEgress?.map(({ IpProtocol }) => IpProtocol).sort()).toEqual([
      "-1",
      "tcp",
    ]);
    await refused(
      ec2.authorizeSecurityGroupIngress({ GroupId: web, ...port, CidrIp: "0.0.0.0/0" }),
      "InvalidPermission.Duplicate",
    );
    const rules = async () => (await ec2.describeSecurityGroupRules(by("group-id", tasks))).SecurityGroupRules ?? [];
    const ingress = (await rules()).find(({ IsEgress }) => !IsEgress);
    await ec2.modifySecurityGroupRules({
      GroupId: tasks,
      SecurityGroupRules: [
        {
          SecurityGroupRuleId: ingress?.SecurityGroupRuleId,
          SecurityGroupRule: { ...port, ToPort: 90, CidrIpv4: "10.0.0.0/16", Description: "changed" },
        },
      ],
    });
    expect((await rules()).find(({ IsEgress }) => !IsEgress)).toMatchObject({ ToPort: 90, CidrIpv4: "10.0.0.0/16" });
    await ec2.revokeSecurityGroupEgress({
      GroupId: tasks,
      IpPermissions: [{ ...port, IpRanges: [{ CidrIp: "10.0.0.0/8" }] }],
    });
    await ec2.revokeSecurityGroupIngress({
      GroupId: tasks,
      SecurityGroupRuleIds: [ingress?.SecurityGroupRuleId ?? ""],
    });
    expect((await rules()).map(({ IsEgress }) => IsEgress)).toEqual([true]);
    for (const GroupId of [web, tasks]) await ec2.deleteSecurityGroup({ GroupId });
    await refused(ec2.describeSecurityGroups({ GroupIds: [web] }), "InvalidGroup.NotFound");
  });

  test("CreateTags, DescribeTags, DeleteTags", async () => {
    const VpcId = await vpc();
    await ec2.createTags({
      Resources: [VpcId],
      Tags: [
        { Key: "team", Value: "red" },
        { Key: "b", Value: "2" },
      ],
    });
    await ec2.createTags({ Resources: [VpcId], Tags: [{ Key: "team", Value: "blue" }] });
    const tags = async (...filters: Filter[]) =>
      (await ec2.describeTags({ Filters: [{ Name: "resource-id", Values: [VpcId] }, ...filters] })).Tags;
    expect(await tags({ Name: "key", Values: ["tea*"] })).toMatchObject([
      { Key: "team", Value: "blue", ResourceType: "vpc" },
    ]);
    await ec2.deleteTags({ Resources: [VpcId], Tags: [{ Key: "team", Value: "red" }, { Key: "b" }] });
    expect((await tags())?.map(({ Key }) => Key)).toEqual(["team"]);
    expect((await ec2.describeVpcs(by("tag:team", "blue"))).Vpcs?.map((each) => each.VpcId)).toContain(VpcId);
  });

  test("zones, regions, account attributes and the default network", async () => {
    const zones = await ec2.describeAvailabilityZones(by("zone-name", `${target.region}a`, `${target.region}b`));
    expect(zones.AvailabilityZones?.map(({ ZoneId }) => ZoneId)).toHaveLength(2);
    expect(zones.AvailabilityZones?.[0]).toMatchObject({ State: "available", RegionName: target.region });
    const regions = await ec2.describeRegions({ RegionNames: [target.region] });
    expect(regions.Regions?.map(({ RegionName }) => RegionName)).toEqual([target.region]);
    const account = await ec2.describeAccountAttributes({ AttributeNames: ["default-vpc"] });
    const [defaultVpc] = (await ec2.describeVpcs(by("is-default", "true"))).Vpcs ?? [];
    expect(defaultVpc?.CidrBlock).toBe("172.31.0.0/16");
    await target.motoDiffers(reference("DescribeAccountAttributes"), () =>
      expect(account.AccountAttributes).toMatchObject([
        { AttributeName: "default-vpc", AttributeValues: [{ AttributeValue: defaultVpc?.VpcId }] },
      ]),
    );
    const subnets = await ec2.describeSubnets(by("default-for-az", "true"));
    expect(subnets.Subnets).toHaveLength(3);
  });

  test("what a load balancer uses can't be deleted, and its interfaces are shown", async () => {
    const elb = target.client(ElasticLoadBalancingV2);
    const VpcId = await vpc();
    const InternetGatewayId = await gateway(VpcId);
    const subnets = [await subnet(VpcId, "10.0.0.0/24", "a"), await subnet(VpcId, "10.0.1.0/24", "b")];
    const GroupId = await group(VpcId, "balancer");
    const { LoadBalancers } = await elb.createLoadBalancer({
      Name: "using",
      Subnets: subnets,
      SecurityGroups: [GroupId],
    });
    await target.motoDiffers(errorCodes, async () => {
      const { NetworkInterfaces } = await ec2.describeNetworkInterfaces(by("group-id", GroupId));
      expect(NetworkInterfaces?.map(({ SubnetId }) => SubnetId).sort()).toEqual([...subnets].sort());
      expect(NetworkInterfaces?.[0]).toMatchObject({
        RequesterId: "amazon-elb",
        Description: expect.stringMatching(/^ELB app\/using\//),
      });
      await refused(ec2.deleteSecurityGroup({ GroupId }), "DependencyViolation");
      await refused(ec2.deleteSubnet({ SubnetId: subnets[0] }), "DependencyViolation");
      await refused(ec2.detachInternetGateway({ InternetGatewayId, VpcId }), "DependencyViolation");
      await elb.deleteLoadBalancer({ LoadBalancerArn: LoadBalancers?.[0]?.LoadBalancerArn });
      await ec2.deleteSecurityGroup({ GroupId });
      for (const SubnetId of subnets) await ec2.deleteSubnet({ SubnetId });
    });
  });

  const deleteReferred = async (VpcId: string) => {
    const [referred, referring] = [await group(VpcId, "referred"), await group(VpcId, "referring")];
    const IpPermissions = [{ ...rule, UserIdGroupPairs: [{ GroupId: referred }] }];
    await ec2.authorizeSecurityGroupIngress({ GroupId: referring, IpPermissions });
    return ec2.deleteSecurityGroup({ GroupId: referred });
  };
  const inVpc = (call: (VpcId: string) => Promise<unknown>) => async () => call(await vpc());
  const rule = { IpProtocol: "tcp", FromPort: 1, ToPort: 1 };
  refusals(target, [
    ["a VPC larger than /16", () => vpc("10.0.0.0/15"), "InvalidVpc.Range"],
    ["a VPC smaller than /28", () => vpc("10.0.0.0/29"), "InvalidVpc.Range"],
    ["a block that is none", () => vpc("nonsense"), "InvalidParameterValue"],
    ["a VPC without a block", () => ec2.createVpc({}), "MissingParameter", reference("CreateVpc")],
    [
      "a dry run, with the answer that it would have gone well",
      () => ec2.createVpc({ CidrBlock: "10.0.0.0/16", DryRun: true }),
      "DryRunOperation",
      reference("CreateVpc"),
    ],
    ["a subnet in no VPC", () => subnet("vpc-0123456789abcdef0", "10.0.0.0/24"), "InvalidVpcID.NotFound"],
    ["a subnet outside its VPC", inVpc((id) => subnet(id, "10.1.0.0/24")), "InvalidSubnet.Range"],
    [
      "a subnet over another",
      inVpc(async (id) => [await subnet(id, "10.0.0.0/24"), await subnet(id, "10.0.0.128/25")]),
      "InvalidSubnet.Conflict",
    ],
    ["a subnet in a zone there isn't", inVpc((id) => subnet(id, "10.0.0.0/24", "z")), "InvalidParameterValue"],
    [
      "a filter there isn't",
      () => ec2.describeSubnets(by("colour", "blue")),
      "InvalidParameterValue",
      reference("DescribeSubnets"),
    ],
    [
      "four on a page",
      () => ec2.describeSubnets({ MaxResults: 4 }),
      "InvalidParameterValue",
      reference("DescribeSubnets"),
    ],
    [
      "a gateway for a VPC that has one",
      inVpc(async (id) => [await gateway(id), await gateway(id)]),
      "InvalidParameterValue",
      errorCodes,
    ],
    [
      "a route table in no VPC",
      () => ec2.createRouteTable({ VpcId: "vpc-0123456789abcdef0" }),
      "InvalidVpcID.NotFound",
    ],
    [
      "a route to a gateway there isn't",
      inVpc(async (VpcId) =>
        ec2.createRoute({
          RouteTableId: (await ec2.createRouteTable({ VpcId })).RouteTable?.RouteTableId,
          DestinationCidrBlock: "0.0.0.0/0",
          GatewayId: "igw-0123456789abcdef0",
        }),
      ),
      "InvalidInternetGatewayID.NotFound",
    ],
    [
      "to replace a route there isn't",
      inVpc(async (VpcId) =>
        ec2.replaceRoute({
          RouteTableId: (await ec2.createRouteTable({ VpcId })).RouteTable?.RouteTableId,
          DestinationCidrBlock: "0.0.0.0/0",
          GatewayId: await gateway(VpcId),
        }),
      ),
      "InvalidRoute.NotFound",
      reference("ReplaceRoute"),
    ],
    [
      "a NAT gateway without an address",
      inVpc(async (id) => ec2.createNatGateway({ SubnetId: await subnet(id, "10.0.0.0/24") })),
      "MissingParameter",
      reference("CreateNatGateway"),
    ],
    [
      "a NAT gateway that isn't there",
      () => ec2.describeNatGateways({ NatGatewayIds: ["nat-0123456789abcdef0"] }),
      "NatGatewayNotFound",
      reference("DescribeNatGateways"),
    ],
    [
      "an address that isn't there",
      () => ec2.releaseAddress({ AllocationId: "eipalloc-0123456789abcdef0" }),
      "InvalidAllocationID.NotFound",
    ],
    [
      "an interface that isn't there",
      () => ec2.describeNetworkInterfaces({ NetworkInterfaceIds: ["eni-0123456789abcdef0"] }),
      "InvalidNetworkInterfaceID.NotFound",
    ],
    [
      "two groups of a name",
      inVpc(async (id) => [await group(id, "g"), await group(id, "g")]),
      "InvalidGroup.Duplicate",
    ],
    [
      "a group named like an id",
      inVpc((id) => group(id, "sg-x")),
      "InvalidParameterValue",
      reference("CreateSecurityGroup"),
    ],
    [
      "to delete a default group",
      inVpc(async (id) =>
        ec2.deleteSecurityGroup({
          GroupId: (await ec2.describeSecurityGroups(by("vpc-id", id))).SecurityGroups?.[0]?.GroupId,
        }),
      ),
      "CannotDelete",
      errorCodes,
    ],
    [
      "a rule for no group",
      () =>
        ec2.authorizeSecurityGroupIngress({
          GroupId: "sg-0123456789abcdef0",
          IpPermissions: [{ ...rule, IpRanges: [{ CidrIp: "0.0.0.0/0" }] }],
        }),
      "InvalidGroup.NotFound",
    ],
    [
      "to revoke a rule there isn't",
      inVpc(async (id) =>
        ec2.revokeSecurityGroupIngress({
          GroupId: await group(id, "g"),
          IpPermissions: [{ ...rule, IpRanges: [{ CidrIp: "0.0.0.0/0" }] }],
        }),
      ),
      "InvalidPermission.NotFound",
    ],
    ["to delete a group that another's rule names", inVpc(deleteReferred), "DependencyViolation", errorCodes],
    [
      "to tag what isn't there",
      () => ec2.createTags({ Resources: ["vpc-0123456789abcdef0"], Tags: [{ Key: "a", Value: "b" }] }),
      "InvalidVpcID.NotFound",
    ],
  ]);
});
