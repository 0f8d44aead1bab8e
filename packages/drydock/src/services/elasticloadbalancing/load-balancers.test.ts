import { CreateSecurityGroupCommand, CreateSubnetCommand, CreateVpcCommand } from "@aws-sdk/client-ec2";
import {
  AddTagsCommand,
  CreateLoadBalancerCommand,
  type CreateLoadBalancerCommandInput,
  DeleteLoadBalancerCommand,
  DescribeAccountLimitsCommand,
  DescribeLoadBalancerAttributesCommand,
  DescribeLoadBalancersCommand,
  DescribeSSLPoliciesCommand,
  DescribeTagsCommand,
  ModifyLoadBalancerAttributesCommand,
  RemoveTagsCommand,
  SetSecurityGroupsCommand,
  SetSubnetsCommand,
  waitUntilLoadBalancerAvailable,
} from "@aws-sdk/client-elastic-load-balancing-v2";
import { expect, test } from "vitest";
import { startElb } from "./testing.ts";

test("a load balancer is provisioning when made and active when looked at", async () => {
  const { elb, subnets, vpcId } = await startElb();
  const input = { Name: "web", Subnets: subnets, Tags: [{ Key: "a", Value: "b" }] };
  const { LoadBalancers: [made] = [] } = await elb.send(new CreateLoadBalancerCommand(input));
  expect(made).toMatchObject({
    LoadBalancerArn: expect.stringMatching(
      /^arn:aws:elasticloadbalancing:eu-west-1:000000000000:loadbalancer\/app\/web\/[0-9a-f]{16}$/,
    ),
    DNSName: "localhost",
    LoadBalancerName: "web",
    Scheme: "internet-facing",
    State: { Code: "provisioning" },
    Type: "application",
    VpcId: vpcId,
    IpAddressType: "ipv4",
    AvailabilityZones: [
      { ZoneName: "eu-west-1a", SubnetId: subnets[0] },
      { ZoneName: "eu-west-1b", SubnetId: subnets[1] },
    ],
    SecurityGroups: [expect.stringMatching(/^sg-/)],
  });
  const LoadBalancerArns = [made?.LoadBalancerArn ?? ""];
  await waitUntilLoadBalancerAvailable({ client: elb, minDelay: 1, maxDelay: 1, maxWaitTime: 2 }, { LoadBalancerArns });
  const { LoadBalancers } = await elb.send(new DescribeLoadBalancersCommand({ Names: ["web"] }));
  expect(LoadBalancers).toEqual([{ ...made, State: { Code: "active" } }]);
});

test("creating it again with the same settings answers the same one, with others it is refused", async () => {
  const { elb, subnets } = await startElb();
  const create = (input: Partial<CreateLoadBalancerCommandInput> = {}) =>
    elb.send(new CreateLoadBalancerCommand({ Name: "web", Subnets: subnets, ...input }));
  const first = await create();
  const second = await create({ Subnets: [...subnets].reverse() });
  expect(second.LoadBalancers?.[0]?.LoadBalancerArn).toBe(first.LoadBalancers?.[0]?.LoadBalancerArn);
  await expect(create({ Scheme: "internal" })).rejects.toMatchObject({
    name: "DuplicateLoadBalancerNameException",
    message: "A load balancer with the same name 'web' exists, but with different settings",
  });
});

test("refuses names, subnets and security groups that AWS refuses", async () => {
  const { elb, ec2, subnets, vpcId } = await startElb();
  const refused = (input: Partial<CreateLoadBalancerCommandInput>) =>
    expect(elb.send(new CreateLoadBalancerCommand({ Name: "web", Subnets: subnets, ...input }))).rejects;
  await refused({ Name: "under_score" }).toMatchObject({ name: "ValidationError" });
  await refused({ Name: "x".repeat(33) }).toThrow("cannot be longer than '32' characters");
  await refused({ Name: "internal-web" }).toThrow("cannot begin with 'internal-'");
  await refused({ Name: "-web" }).toThrow("cannot begin or end with '-'");
  await refused({ Subnets: subnets.slice(1) }).toThrow("At least two subnets in two different Availability Zones");
  await refused({ Subnets: ["subnet-0123456789abcdef0", ...subnets] }).toMatchObject({
    name: "SubnetNotFoundException",
  });
  const sameZone = { VpcId: vpcId, CidrBlock: "10.0.3.0/24", AvailabilityZone: "eu-west-1a" };
  const { Subnet } = await ec2.send(new CreateSubnetCommand(sameZone));
  await refused({ Subnets: [...subnets, Subnet?.SubnetId ?? ""] }).toMatchObject({
    name: "InvalidConfigurationRequestException",
  });
  await refused({ SecurityGroups: ["sg-0123456789abcdef0"] }).toMatchObject({ name: "InvalidSecurityGroupException" });
  await refused({ Type: "network" }).toThrow(
    "drydock's load balancer doesn't have load balancers of type 'network' yet",
  );
  await refused({ Tags: [{ Key: "aws:drydock:url", Value: "x" }] }).toThrow("reserved");
  await refused({ Tags: [{ Key: "a" }, { Key: "a" }] }).toMatchObject({ name: "DuplicateTagKeysException" });
});

test("an internet-facing one needs an internet gateway, an internal one doesn't", async () => {
  const { elb, ec2 } = await startElb();
  const { Vpc } = await ec2.send(new CreateVpcCommand({ CidrBlock: "10.1.0.0/16" }));
  const subnet = async (CidrBlock: string, AvailabilityZone: string) =>
    (await ec2.send(new CreateSubnetCommand({ VpcId: Vpc?.VpcId, CidrBlock, AvailabilityZone }))).Subnet?.SubnetId ??
    "";
  const Subnets = [await subnet("10.1.1.0/24", "eu-west-1a"), await subnet("10.1.2.0/24", "eu-west-1b")];
  await expect(elb.send(new CreateLoadBalancerCommand({ Name: "web", Subnets }))).rejects.toMatchObject({
    name: "InvalidSubnetException",
    message: `VPC ${Vpc?.VpcId} has no internet gateway`,
  });
  await elb.send(new CreateLoadBalancerCommand({ Name: "web", Subnets, Scheme: "internal" }));
});

test("describes by name, by ARN and page by page", async () => {
  const { elb, loadBalancer } = await startElb();
  const arns = [await loadBalancer("a"), await loadBalancer("b"), await loadBalancer("c")];
  const pages: (string | undefined)[][] = [];
  let Marker: string | undefined;
  do {
    const page = await elb.send(new DescribeLoadBalancersCommand({ PageSize: 2, Marker }));
    pages.push((page.LoadBalancers ?? []).map(({ LoadBalancerArn }) => LoadBalancerArn));
    Marker = page.NextMarker;
  } while (Marker);
  expect(pages).toEqual([arns.slice(0, 2), arns.slice(2)]);
  await expect(elb.send(new DescribeLoadBalancersCommand({ Names: ["a", "nobody"] }))).rejects.toMatchObject({
    name: "LoadBalancerNotFoundException",
    message: "Load balancers '[nobody]' not found",
  });
});

test("attributes have AWS's defaults, take AWS's values and refuse what would have no effect", async () => {
  const { elb, loadBalancer } = await startElb();
  const LoadBalancerArn = await loadBalancer();
  const modify = (Key: string, Value: string) =>
    elb.send(new ModifyLoadBalancerAttributesCommand({ LoadBalancerArn, Attributes: [{ Key, Value }] }));
  await modify("idle_timeout.timeout_seconds", "120");
  const { Attributes = [] } = await elb.send(new DescribeLoadBalancerAttributesCommand({ LoadBalancerArn }));
  expect(Object.fromEntries(Attributes.map(({ Key, Value }) => [Key, Value]))).toMatchObject({
    "idle_timeout.timeout_seconds": "120",
    "client_keep_alive.seconds": "3600",
    "deletion_protection.enabled": "false",
    "routing.http2.enabled": "true",
    "routing.http.desync_mitigation_mode": "defensive",
  });
  await expect(modify("idle_timeout.timeout_seconds", "0")).rejects.toMatchObject({ name: "ValidationError" });
  await expect(modify("nobody.knows", "1")).rejects.toThrow("Attribute 'nobody.knows' is not recognized");
  await expect(modify("access_logs.s3.enabled", "true")).rejects.toThrow("doesn't have access logs");
});

test("deletion protection protects; deleting what is gone succeeds", async () => {
  const { elb, loadBalancer } = await startElb();
  const LoadBalancerArn = await loadBalancer();
  const protect = (Value: string) =>
    elb.send(
      new ModifyLoadBalancerAttributesCommand({
        LoadBalancerArn,
        Attributes: [{ Key: "deletion_protection.enabled", Value }],
      }),
    );
  const remove = () => elb.send(new DeleteLoadBalancerCommand({ LoadBalancerArn }));
  await protect("true");
  await expect(remove()).rejects.toMatchObject({ name: "OperationNotPermittedException" });
  await protect("false");
  await remove();
  await remove();
  const { LoadBalancers } = await elb.send(new DescribeLoadBalancersCommand({}));
  expect(LoadBalancers).toEqual([]);
});

test("changes subnets and security groups", async () => {
  const { elb, ec2, loadBalancer, subnets, vpcId } = await startElb();
  const LoadBalancerArn = await loadBalancer();
  const third = { VpcId: vpcId, CidrBlock: "10.0.3.0/24", AvailabilityZone: "eu-west-1c" };
  const { Subnet } = await ec2.send(new CreateSubnetCommand(third));
  const Subnets = [...subnets.slice(1), Subnet?.SubnetId ?? ""];
  const { AvailabilityZones } = await elb.send(new SetSubnetsCommand({ LoadBalancerArn, Subnets }));
  expect(AvailabilityZones?.map(({ ZoneName }) => ZoneName)).toEqual(["eu-west-1b", "eu-west-1c"]);
  const { GroupId = "" } = await ec2.send(
    new CreateSecurityGroupCommand({ VpcId: vpcId, GroupName: "alb", Description: "load balancer" }),
  );
  await elb.send(new SetSecurityGroupsCommand({ LoadBalancerArn, SecurityGroups: [GroupId] }));
  const { LoadBalancers } = await elb.send(new DescribeLoadBalancersCommand({ LoadBalancerArns: [LoadBalancerArn] }));
  expect(LoadBalancers?.[0]).toMatchObject({ SecurityGroups: [GroupId], AvailabilityZones });
});

test("tags can be added, changed and taken away", async () => {
  const { elb, loadBalancer } = await startElb();
  const ResourceArns = [await loadBalancer()];
  const tags = async () =>
    (await elb.send(new DescribeTagsCommand({ ResourceArns }))).TagDescriptions?.[0]?.Tags?.map(
      ({ Key, Value }) => `${Key}=${Value}`,
    );
  await elb.send(new AddTagsCommand({ ResourceArns, Tags: [{ Key: "a", Value: "1" }, { Key: "b" }] }));
  await elb.send(new AddTagsCommand({ ResourceArns, Tags: [{ Key: "a", Value: "2" }] }));
  expect(await tags()).toEqual(["a=2", "b="]);
  await elb.send(new RemoveTagsCommand({ ResourceArns, TagKeys: ["b", "c"] }));
  expect(await tags()).toEqual(["a=2"]);
  const missing = [`${ResourceArns[0]?.replace(":loadbalancer/", ":targetgroup/")}`];
  await expect(elb.send(new DescribeTagsCommand({ ResourceArns: missing }))).rejects.toMatchObject({
    name: "TargetGroupNotFoundException",
  });
});

test("tells quotas and TLS policies", async () => {
  const { elb } = await startElb();
  const { Limits } = await elb.send(new DescribeAccountLimitsCommand({}));
  expect(Limits).toContainEqual({ Name: "rules-per-application-load-balancer", Max: "100" });
  const name = "ELBSecurityPolicy-TLS13-1-2-Res-2021-06";
  const { SslPolicies } = await elb.send(new DescribeSSLPoliciesCommand({ Names: [name] }));
  expect(SslPolicies).toMatchObject([{ Name: name, SslProtocols: ["TLSv1.2", "TLSv1.3"] }]);
  await expect(elb.send(new DescribeSSLPoliciesCommand({ Names: ["none"] }))).rejects.toMatchObject({
    name: "SSLPolicyNotFoundException",
  });
});
