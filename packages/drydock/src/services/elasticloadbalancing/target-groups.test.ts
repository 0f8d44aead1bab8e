import {
  CreateTargetGroupCommand,
  type CreateTargetGroupCommandInput,
  DeleteTargetGroupCommand,
  DescribeTargetGroupAttributesCommand,
  DescribeTargetGroupsCommand,
  DescribeTargetHealthCommand,
  ModifyTargetGroupAttributesCommand,
  ModifyTargetGroupCommand,
  RegisterTargetsCommand,
} from "@aws-sdk/client-elastic-load-balancing-v2";
import { expect, test } from "vitest";
import { startElb } from "./testing.ts";

test("a target group has ELB's defaults", async () => {
  const { elb, vpcId } = await startElb();
  const { TargetGroups } = await elb.send(
    new CreateTargetGroupCommand({ Name: "web", Protocol: "HTTP", Port: 8080, VpcId: vpcId, TargetType: "ip" }),
  );
  expect(TargetGroups).toEqual([
    {
      TargetGroupArn: expect.stringMatching(/:targetgroup\/web\/[0-9a-f]{16}$/),
      TargetGroupName: "web",
      Protocol: "HTTP",
      ProtocolVersion: "HTTP1",
      Port: 8080,
      VpcId: vpcId,
      TargetType: "ip",
      IpAddressType: "ipv4",
      HealthCheckEnabled: true,
      HealthCheckProtocol: "HTTP",
      HealthCheckPort: "traffic-port",
      HealthCheckPath: "/",
      HealthCheckIntervalSeconds: 30,
      HealthCheckTimeoutSeconds: 5,
      HealthyThresholdCount: 5,
      UnhealthyThresholdCount: 2,
      Matcher: { HttpCode: "200" },
      LoadBalancerArns: [],
    },
  ]);
});

test("creating it again answers the same one, with other settings it is refused", async () => {
  const { targetGroup } = await startElb();
  expect(await targetGroup()).toBe(await targetGroup());
  await expect(targetGroup("web", { Port: 81 })).rejects.toMatchObject({
    name: "DuplicateTargetGroupNameException",
    message: "A target group with the same name 'web' exists, but with different settings",
  });
});

const refused: [input: Partial<CreateTargetGroupCommandInput>, message: string][] = [
  [{ Name: "a_b" }, "can only contain characters"],
  [{ Protocol: undefined }, "A protocol must be specified"],
  [{ Port: undefined }, "A port must be specified"],
  [{ VpcId: undefined }, "A VPC ID must be specified"],
  [{ VpcId: "vpc-0123456789abcdef0" }, "vpc-0123456789abcdef0"],
  [{ Protocol: "HTTPS" }, "doesn't have target groups with the protocol 'HTTPS'"],
  [{ TargetType: "lambda" }, "doesn't have targets of type 'lambda'"],
  [{ ProtocolVersion: "GRPC" }, "doesn't have the protocol version 'GRPC'"],
  [{ HealthCheckIntervalSeconds: 4 }, "Health check interval '4' must be between '5-300' inclusive"],
  [{ HealthCheckIntervalSeconds: 5 }, "Health check timeout '5' must be smaller than the interval '5'"],
  [{ HealthCheckPath: "healthz" }, "must begin with a '/'"],
  [{ HealthCheckPort: "http" }, "must be 'traffic-port' or a number"],
  [{ Matcher: { HttpCode: "200-599" } }, "must be within '200-499' inclusive"],
  [{ HealthyThresholdCount: 1 }, "Healthy threshold count '1' must be between '2-10' inclusive"],
];

test.each(refused)("refuses %j", async (input, message) => {
  const { targetGroup } = await startElb();
  await expect(targetGroup("web", input)).rejects.toThrow(message);
});

test("changes health checks and attributes", async () => {
  const { elb, targetGroup } = await startElb();
  const TargetGroupArn = await targetGroup();
  const change = { HealthCheckPath: "/healthz", Matcher: { HttpCode: "200-299,301" }, HealthCheckIntervalSeconds: 10 };
  const { TargetGroups } = await elb.send(new ModifyTargetGroupCommand({ TargetGroupArn, ...change }));
  expect(TargetGroups?.[0]).toMatchObject({ ...change, HealthCheckTimeoutSeconds: 5 });
  const modify = (Key: string, Value: string) =>
    elb.send(new ModifyTargetGroupAttributesCommand({ TargetGroupArn, Attributes: [{ Key, Value }] }));
  await modify("deregistration_delay.timeout_seconds", "10");
  const { Attributes } = await elb.send(new DescribeTargetGroupAttributesCommand({ TargetGroupArn }));
  expect(Attributes).toContainEqual({ Key: "deregistration_delay.timeout_seconds", Value: "10" });
  expect(Attributes).toContainEqual({ Key: "load_balancing.algorithm.type", Value: "round_robin" });
  await expect(modify("deregistration_delay.timeout_seconds", "3601")).rejects.toThrow("must be between '0-3600'");
  await expect(modify("slow_start.duration_seconds", "30")).rejects.toThrow("doesn't have a slow start");
});

test("finds target groups by name, ARN and load balancer", async () => {
  const { elb, targetGroup, loadBalancer, listener } = await startElb();
  const [web, api] = [await targetGroup("web"), await targetGroup("api")];
  const LoadBalancerArn = await loadBalancer();
  await listener(LoadBalancerArn, web);
  const names = async (input: { Names?: string[]; TargetGroupArns?: string[]; LoadBalancerArn?: string }) =>
    (await elb.send(new DescribeTargetGroupsCommand(input))).TargetGroups?.map((group) => group.TargetGroupName);
  expect(await names({})).toEqual(["api", "web"]);
  expect(await names({ TargetGroupArns: [api] })).toEqual(["api"]);
  expect(await names({ LoadBalancerArn })).toEqual(["web"]);
  await expect(names({ Names: ["nobody"] })).rejects.toMatchObject({ name: "TargetGroupNotFoundException" });
  const { TargetGroups } = await elb.send(new DescribeTargetGroupsCommand({ Names: ["web"] }));
  expect(TargetGroups?.[0]?.LoadBalancerArns).toEqual([LoadBalancerArn]);
});

test("can't be deleted while a rule uses it; deleting what is gone succeeds", async () => {
  const { elb, targetGroup, loadBalancer, listener } = await startElb();
  const [web, api] = [await targetGroup("web"), await targetGroup("api")];
  await listener(await loadBalancer(), web);
  const remove = (TargetGroupArn: string) => elb.send(new DeleteTargetGroupCommand({ TargetGroupArn }));
  await expect(remove(web)).rejects.toMatchObject({
    name: "ResourceInUseException",
    message: `Target group '${web}' is currently in use by a listener or a rule`,
  });
  await remove(api);
  await remove(api);
});

test("targets of a group that no rule uses are unused; others must be addresses in private ranges", async () => {
  const { elb, targetGroup, health } = await startElb();
  const TargetGroupArn = await targetGroup();
  const register = (Id: string, Port?: number) =>
    elb.send(new RegisterTargetsCommand({ TargetGroupArn, Targets: [{ Id, Port }] }));
  await register("10.0.1.7");
  await register("10.0.1.7", 8080);
  expect(await health(TargetGroupArn)).toEqual({
    "10.0.1.7:80": "unused Target.NotInUse",
    "10.0.1.7:8080": "unused Target.NotInUse",
  });
  await expect(register("8.8.8.8")).rejects.toMatchObject({ name: "InvalidTargetException" });
  await expect(register("i-0123456789")).rejects.toThrow("is not a valid IPv4 address");
  const { TargetHealthDescriptions } = await elb.send(
    new DescribeTargetHealthCommand({ TargetGroupArn, Targets: [{ Id: "10.0.1.9" }] }),
  );
  expect(TargetHealthDescriptions).toMatchObject([
    { Target: { Id: "10.0.1.9", Port: 80 }, TargetHealth: { State: "unused", Reason: "Target.NotRegistered" } },
  ]);
});
