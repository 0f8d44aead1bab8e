import {
  DescribeAddressesCommand,
  DescribeNatGatewaysCommand,
  DescribeRouteTablesCommand,
  DescribeSecurityGroupsCommand,
  DescribeSubnetsCommand,
  DescribeVpcAttributeCommand,
  DescribeVpcsCommand,
  EC2Client,
} from "@aws-sdk/client-ec2";
import {
  DescribeListenersCommand,
  DescribeRulesCommand,
  DescribeTargetGroupAttributesCommand,
  DescribeTargetGroupsCommand,
  ElasticLoadBalancingV2Client,
} from "@aws-sdk/client-elastic-load-balancing-v2";
import { afterAll, beforeAll, expect, test } from "vitest";
import { startTestDrydock, type TestDrydock } from "../../../testing.ts";
import { TestStack } from "./test-stack.fixture.ts";

let drydock: TestDrydock;
let ec2: EC2Client;
beforeAll(async () => {
  drydock = await startTestDrydock({ keep: true });
  ec2 = drydock.client(EC2Client);
});
afterAll(() => drydock.close());

const ref = (Ref: string) => ({ Ref });
const att = (id: string, name: string) => ({ "Fn::GetAtt": [id, name] });

function network(options: { dns?: boolean; privateNat?: boolean; ports?: number[]; name?: string; egress?: boolean }) {
  const { dns = true, privateNat = true, ports = [80], name = "one", egress = false } = options;
  const subnet = (index: number) => ({
    Type: "AWS::EC2::Subnet",
    Properties: {
      VpcId: ref("Vpc"),
      CidrBlock: { "Fn::Select": [index, { "Fn::Cidr": [att("Vpc", "CidrBlock"), 4, 8] }] },
      AvailabilityZone: { "Fn::Select": [index, { "Fn::GetAZs": "" }] },
    },
  });
  const rule = (port: number) => ({
    IpProtocol: "tcp",
    FromPort: port,
    ToPort: port,
    CidrIp: "10.0.0.0/8",
    Description: `port ${port}`,
  });
  return {
    Vpc: {
      Type: "AWS::EC2::VPC",
      Properties: { CidrBlock: "10.1.0.0/16", EnableDnsHostnames: dns, Tags: [{ Key: "Name", Value: name }] },
    },
    A: subnet(0),
    B: subnet(1),
    Gateway: { Type: "AWS::EC2::InternetGateway" },
    Attachment: {
      Type: "AWS::EC2::VPCGatewayAttachment",
      Properties: { VpcId: ref("Vpc"), InternetGatewayId: ref("Gateway") },
    },
    Address: { Type: "AWS::EC2::EIP", DependsOn: "Attachment", Properties: { Domain: "vpc" } },
    Nat: {
      Type: "AWS::EC2::NatGateway",
      Properties: { AllocationId: att("Address", "AllocationId"), SubnetId: ref("A") },
    },
    Public: { Type: "AWS::EC2::RouteTable", Properties: { VpcId: ref("Vpc") } },
    Private: { Type: "AWS::EC2::RouteTable", Properties: { VpcId: ref("Vpc") } },
    Way: {
      Type: "AWS::EC2::Route",
      DependsOn: "Attachment",
      Properties: {
        RouteTableId: ref("Private"),
        DestinationCidrBlock: "0.0.0.0/0",
        ...(privateNat ? { NatGatewayId: ref("Nat") } : { GatewayId: ref("Gateway") }),
      },
    },
    Association: {
      Type: "AWS::EC2::SubnetRouteTableAssociation",
      Properties: { SubnetId: ref("B"), RouteTableId: ref(privateNat ? "Private" : "Public") },
    },
    Group: {
      Type: "AWS::EC2::SecurityGroup",
      Properties: {
        GroupDescription: "web",
        VpcId: ref("Vpc"),
        SecurityGroupIngress: ports.map(rule),
        ...(egress && { SecurityGroupEgress: [rule(443)] }),
      },
    },
    Other: { Type: "AWS::EC2::SecurityGroup", Properties: { GroupDescription: "database", VpcId: ref("Vpc") } },
    Ingress: {
      Type: "AWS::EC2::SecurityGroupIngress",
      Properties: {
        GroupId: ref("Other"),
        IpProtocol: "tcp",
        FromPort: 5432,
        ToPort: 5432,
        SourceSecurityGroupId: att("Group", "GroupId"),
        Description: name,
      },
    },
    Egress: {
      Type: "AWS::EC2::SecurityGroupEgress",
      Properties: {
        GroupId: ref("Group"),
        IpProtocol: "tcp",
        FromPort: 5432,
        ToPort: 5432,
        DestinationSecurityGroupId: ref("Other"),
      },
    },
  };
}

async function rules(groupId: string | undefined) {
  const { SecurityGroups = [] } = await ec2.send(new DescribeSecurityGroupsCommand({ GroupIds: [groupId ?? ""] }));
  const ports = (permissions: { FromPort?: number | undefined }[] = []) =>
    permissions.map(({ FromPort }) => FromPort ?? "all").sort();
  return { ingress: ports(SecurityGroups[0]?.IpPermissions), egress: ports(SecurityGroups[0]?.IpPermissionsEgress) };
}

test("a network is made, changed in place and removed", async () => {
  const stack = new TestStack(drydock, "network");
  const outputs = {
    DefaultGroup: att("Vpc", "DefaultSecurityGroup"),
    Ip: ref("Address"),
    Zone: att("B", "AvailabilityZone"),
  };
  const values = await stack.create(network({}), outputs);
  const ids = await stack.physicalIds();
  const { Subnets = [] } = await ec2.send(new DescribeSubnetsCommand({ SubnetIds: [ids.A ?? "", ids.B ?? ""] }));
  expect(Subnets.map(({ CidrBlock }) => CidrBlock).sort()).toEqual(["10.1.0.0/24", "10.1.1.0/24"]);
  expect(values.DefaultGroup).toMatch(/^sg-/);
  expect(values.Zone).toBe("eu-west-1b");
  const { Addresses = [] } = await ec2.send(new DescribeAddressesCommand({ PublicIps: [values.Ip ?? ""] }));
  expect(Addresses).toHaveLength(1);
  expect(await rules(ids.Group)).toEqual({ ingress: [80], egress: [5432, "all"] });

  await stack.update(network({ dns: false, privateNat: false, ports: [80, 8080], name: "two", egress: true }), outputs);
  const after = await stack.physicalIds();
  expect({ ...after, Association: "" }).toEqual({ ...ids, Association: "" });
  const { EnableDnsHostnames } = await ec2.send(
    new DescribeVpcAttributeCommand({ VpcId: ids.Vpc, Attribute: "enableDnsHostnames" }),
  );
  expect(EnableDnsHostnames?.Value).toBe(false);
  const { Vpcs = [] } = await ec2.send(new DescribeVpcsCommand({ VpcIds: [ids.Vpc ?? ""] }));
  expect(Vpcs[0]?.Tags).toContainEqual({ Key: "Name", Value: "two" });
  expect(Vpcs[0]?.Tags).toContainEqual({ Key: "aws:cloudformation:logical-id", Value: "Vpc" });
  expect(await rules(ids.Group)).toEqual({ ingress: [80, 8080], egress: [443, 5432] });
  const { RouteTables = [] } = await ec2.send(
    new DescribeRouteTablesCommand({ RouteTableIds: [ids.Private ?? "", ids.Public ?? ""] }),
  );
  const byId = new Map(RouteTables.map((table) => [table.RouteTableId, table]));
  expect(byId.get(ids.Private)?.Routes?.find((route) => route.DestinationCidrBlock === "0.0.0.0/0")?.GatewayId).toBe(
    ids.Gateway,
  );
  expect(byId.get(ids.Public)?.Associations?.map(({ SubnetId }) => SubnetId)).toEqual([ids.B]);

  await stack.delete();
  const { Vpcs: left = [] } = await ec2.send(new DescribeVpcsCommand({}));
  expect(left.filter(({ VpcId }) => VpcId === ids.Vpc)).toEqual([]);
  const { NatGateways = [] } = await ec2.send(new DescribeNatGatewaysCommand({}));
  expect(NatGateways.filter(({ State }) => State !== "deleted")).toEqual([]);
});

test("a load balancer with listener, rule and target group", async () => {
  const elb = drydock.client(ElasticLoadBalancingV2Client);
  const resources = (options: { path: string; status: string; priority: number; delay: string }) => ({
    ...network({}),
    Balancer: {
      Type: "AWS::ElasticLoadBalancingV2::LoadBalancer",
      DependsOn: "Attachment",
      Properties: {
        Subnets: [ref("A"), ref("B")],
        SecurityGroups: [ref("Group")],
        LoadBalancerAttributes: [{ Key: "idle_timeout.timeout_seconds", Value: 30 }],
      },
    },
    Targets: {
      Type: "AWS::ElasticLoadBalancingV2::TargetGroup",
      Properties: {
        VpcId: ref("Vpc"),
        Port: "80",
        Protocol: "HTTP",
        TargetType: "ip",
        HealthCheckPath: options.path,
        TargetGroupAttributes: [{ Key: "deregistration_delay.timeout_seconds", Value: options.delay }],
      },
    },
    Listener: {
      Type: "AWS::ElasticLoadBalancingV2::Listener",
      Properties: {
        LoadBalancerArn: ref("Balancer"),
        Port: 80,
        Protocol: "HTTP",
        DefaultActions: [{ Type: "fixed-response", FixedResponseConfig: { StatusCode: options.status } }],
      },
    },
    Rule: {
      Type: "AWS::ElasticLoadBalancingV2::ListenerRule",
      Properties: {
        ListenerArn: ref("Listener"),
        Priority: options.priority,
        Conditions: [{ Field: "path-pattern", PathPatternConfig: { Values: ["/api/*"] } }],
        Actions: [{ Type: "forward", TargetGroupArn: ref("Targets") }],
      },
    },
  });
  const stack = new TestStack(drydock, "balancer");
  const outputs = { Balancer: att("Balancer", "LoadBalancerName"), Name: att("Targets", "TargetGroupFullName") };
  const values = await stack.create(resources({ path: "/a", status: "404", priority: 5, delay: "10" }), outputs);
  const ids = await stack.physicalIds();
  expect(values.Name).toMatch(/^targetgroup\//);
  expect(values.Balancer).toMatch(/^balancer-Balancer-[0-9a-f]{12}$/);

  await stack.update(resources({ path: "/b", status: "503", priority: 7, delay: "20" }), outputs);
  expect(await stack.physicalIds()).toEqual(ids);
  const { TargetGroups = [] } = await elb.send(
    new DescribeTargetGroupsCommand({ TargetGroupArns: [ids.Targets ?? ""] }),
  );
  expect(TargetGroups[0]?.HealthCheckPath).toBe("/b");
  const { Attributes = [] } = await elb.send(new DescribeTargetGroupAttributesCommand({ TargetGroupArn: ids.Targets }));
  expect(Attributes).toContainEqual({ Key: "deregistration_delay.timeout_seconds", Value: "20" });
  const { Listeners = [] } = await elb.send(new DescribeListenersCommand({ ListenerArns: [ids.Listener ?? ""] }));
  expect(Listeners[0]?.DefaultActions?.[0]?.FixedResponseConfig?.StatusCode).toBe("503");
  const { Rules = [] } = await elb.send(new DescribeRulesCommand({ RuleArns: [ids.Rule ?? ""] }));
  expect(Rules[0]?.Priority).toBe("7");
  await stack.delete();
  const { TargetGroups: left = [] } = await elb.send(new DescribeTargetGroupsCommand({}));
  expect(left).toEqual([]);
});
