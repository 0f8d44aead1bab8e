import { expect, test } from "vitest";
import { answer, guide, loadBalancing, reference } from "./elasticloadbalancing.fixture.ts";
import { conformance, pages, refusals, refused } from "./targets.ts";

conformance((target) => {
  const { elb, ec2, network, balancer, listener, group, rule } = loadBalancing(target);

  test("load balancers come in pages, and go by name or ARN", async () => {
    const arns = [await balancer("page-a"), await balancer("page-b"), await balancer("page-c")];
    const paged = await pages(
      (Marker) => elb.describeLoadBalancers({ PageSize: 2, Marker }),
      ({ LoadBalancers, NextMarker }) => [LoadBalancers, NextMarker],
    );
    expect(paged.slice(0, -1).every((page) => page.length === 2)).toBe(true);
    const all = paged.flat().map(({ LoadBalancerArn }) => LoadBalancerArn);
    expect(all.filter((arn) => arns.includes(arn ?? "")).sort()).toEqual(arns.sort());
    const byArn = await elb.describeLoadBalancers({ LoadBalancerArns: arns.slice(0, 1) });
    expect(byArn.LoadBalancers?.map(({ LoadBalancerArn }) => LoadBalancerArn)).toEqual(arns.slice(0, 1));
    for (const LoadBalancerArn of arns) await elb.deleteLoadBalancer({ LoadBalancerArn });
  });

  test("a load balancer: made, active, made again with the same and other settings, deleted twice", async () => {
    const { VpcId, Subnets } = await network();
    const made = await elb.createLoadBalancer({ Name: "made", Subnets, Scheme: "internal" });
    const [{ LoadBalancerArn, ...shown } = {}] = made.LoadBalancers ?? [];
    expect(LoadBalancerArn).toMatch(
      new RegExp(
        `^arn:aws:elasticloadbalancing:${target.region}:${target.accountId}:loadbalancer/app/made/[0-9a-f]{16}$`,
      ),
    );
    expect(shown).toMatchObject({ LoadBalancerName: "made", Scheme: "internal", VpcId, Type: "application" });
    expect(shown).toMatchObject({ IpAddressType: "ipv4", State: { Code: "provisioning" } });
    expect(shown.CreatedTime).toBeInstanceOf(Date);
    expect(shown.AvailabilityZones?.map(({ SubnetId }) => SubnetId).sort()).toEqual(Subnets);
    const described = async () => (await elb.describeLoadBalancers({ Names: ["made"] })).LoadBalancers?.[0];
    await expect.poll(async () => (await described())?.State?.Code).toBe("active");
    await target.motoDiffers(reference("CreateLoadBalancer"), async () => {
      const again = await elb.createLoadBalancer({ Name: "made", Subnets, Scheme: "internal" });
      expect(again.LoadBalancers?.[0]?.LoadBalancerArn).toBe(LoadBalancerArn);
      const other = { Name: "made", Subnets: Subnets.slice(0, 2), Scheme: "internet-facing" } as const;
      await refused(elb.createLoadBalancer(other), "DuplicateLoadBalancerNameException");
    });
    await elb.deleteLoadBalancer({ LoadBalancerArn });
    await elb.deleteLoadBalancer({ LoadBalancerArn });
    await target.motoDiffers(reference("CreateLoadBalancer"), () =>
      refused(described(), "LoadBalancerNotFoundException"),
    );
  });

  test("a load balancer's attributes, protection among them", async () => {
    const LoadBalancerArn = await balancer("attributes");
    const read = async () => {
      const { Attributes = [] } = await elb.describeLoadBalancerAttributes({ LoadBalancerArn });
      return Object.fromEntries(Attributes.map(({ Key = "", Value }) => [Key, Value]));
    };
    expect(await read()).toMatchObject({ "deletion_protection.enabled": "false" });
    const Attributes = [
      { Key: "idle_timeout.timeout_seconds", Value: "30" },
      { Key: "deletion_protection.enabled", Value: "true" },
    ];
    const modified = await elb.modifyLoadBalancerAttributes({ LoadBalancerArn, Attributes });
    expect(modified.Attributes).toEqual(expect.arrayContaining(Attributes));
    expect(await read()).toMatchObject({ "idle_timeout.timeout_seconds": "30", "deletion_protection.enabled": "true" });
    await target.motoDiffers(guide("application-load-balancers"), async () => {
      const set = (Key: string, Value: string) =>
        elb.modifyLoadBalancerAttributes({ LoadBalancerArn, Attributes: [{ Key, Value }] });
      await refused(set("idle_timeout.timeout_seconds", "0"), "ValidationError");
      await refused(set("none", "1"), "ValidationError");
      expect(await read()).toMatchObject({ "client_keep_alive.seconds": "3600" });
    });
    await target.motoDiffers(guide("application-load-balancers"), () =>
      refused(elb.deleteLoadBalancer({ LoadBalancerArn }), "OperationNotPermittedException"),
    );
  });

  test("a load balancer moves to other subnets and security groups; addresses stay those of IPv4", async () => {
    const { VpcId, Subnets } = await network();
    const LoadBalancerArn = await balancer("moves");
    const { GroupId = "" } = await ec2.createSecurityGroup({ GroupName: "moves", Description: "moves", VpcId });
    const groups = await elb.setSecurityGroups({ LoadBalancerArn, SecurityGroups: [GroupId] });
    expect(groups.SecurityGroupIds).toEqual([GroupId]);
    const moved = await elb.setSubnets({ LoadBalancerArn, Subnets: Subnets.slice(0, 2) });
    expect(moved.AvailabilityZones?.map(({ SubnetId }) => SubnetId).sort()).toEqual(Subnets.slice(0, 2));
    const { LoadBalancers: [shown] = [] } = await elb.describeLoadBalancers({ LoadBalancerArns: [LoadBalancerArn] });
    expect(shown?.SecurityGroups).toEqual([GroupId]);
    expect(shown?.AvailabilityZones).toHaveLength(2);
    const type = await elb.setIpAddressType({ LoadBalancerArn, IpAddressType: "ipv4" });
    expect(type.IpAddressType).toBe("ipv4");
    await refused(
      elb.setSecurityGroups({ LoadBalancerArn, SecurityGroups: ["sg-00000000"] }),
      "InvalidSecurityGroupException",
    );
    await target.motoDiffers(reference("SetSubnets"), () =>
      refused(elb.setSubnets({ LoadBalancerArn, Subnets: Subnets.slice(0, 1) }), "ValidationError"),
    );
    await target.motoDiffers(reference("DescribeCapacityReservation"), async () => {
      const reserved = await elb.describeCapacityReservation({ LoadBalancerArn });
      expect(reserved.CapacityReservationState ?? []).toEqual([]);
    });
    await elb.deleteLoadBalancer({ LoadBalancerArn });
  });

  test("a target group: defaults, made again, changed, found, deleted twice", async () => {
    const { VpcId } = await network();
    const TargetGroupArn = await group("group");
    const described = async () => (await elb.describeTargetGroups({ TargetGroupArns: [TargetGroupArn] })).TargetGroups;
    expect(await described()).toMatchObject([
      {
        TargetGroupName: "group",
        Protocol: "HTTP",
        ProtocolVersion: "HTTP1",
        Port: 80,
        VpcId,
        TargetType: "ip",
        HealthCheckEnabled: true,
        HealthCheckProtocol: "HTTP",
        HealthCheckPort: "traffic-port",
        HealthCheckPath: "/",
        HealthCheckIntervalSeconds: 30,
        HealthCheckTimeoutSeconds: 5,
        HealthyThresholdCount: 5,
        UnhealthyThresholdCount: 2,
        Matcher: { HttpCode: "200" },
      },
    ]);
    await target.motoDiffers(reference("CreateTargetGroup"), async () =>
      expect(await group("group")).toBe(TargetGroupArn),
    );
    await refused(group("group", { Port: 81 }), "DuplicateTargetGroupNameException");
    const changes = { HealthCheckPath: "/up", HealthCheckIntervalSeconds: 10, Matcher: { HttpCode: "200-299" } };
    expect((await elb.modifyTargetGroup({ TargetGroupArn, ...changes })).TargetGroups).toMatchObject([changes]);
    expect(await described()).toMatchObject([changes]);
    const { TargetGroups } = await elb.describeTargetGroups({ Names: ["group"] });
    expect(TargetGroups?.map((found) => found.TargetGroupArn)).toEqual([TargetGroupArn]);
    await elb.deleteTargetGroup({ TargetGroupArn });
    await target.motoDiffers(reference("DeleteTargetGroup"), () => elb.deleteTargetGroup({ TargetGroupArn }));
    await refused(described(), "TargetGroupNotFoundException");
  });

  test("target groups come in pages, and by load balancer", async () => {
    const arns = [await group("paged-a"), await group("paged-b"), await group("paged-c")];
    const paged = await pages(
      (Marker) => elb.describeTargetGroups({ PageSize: 2, Marker }),
      ({ TargetGroups, NextMarker }) => [TargetGroups, NextMarker],
    );
    expect(paged.slice(0, -1).every((page) => page.length === 2)).toBe(true);
    const all = paged.flat().map(({ TargetGroupArn = "" }) => TargetGroupArn);
    expect(all.filter((arn) => arns.includes(arn)).sort()).toEqual([...arns].sort());
    const LoadBalancerArn = await balancer("groups");
    await listener(LoadBalancerArn, { DefaultActions: [{ Type: "forward", TargetGroupArn: arns[0] }] });
    const { TargetGroups = [] } = await elb.describeTargetGroups({ LoadBalancerArn });
    expect(TargetGroups).toMatchObject([{ TargetGroupArn: arns[0], LoadBalancerArns: [LoadBalancerArn] }]);
    await refused(elb.deleteTargetGroup({ TargetGroupArn: arns[0] }), "ResourceInUseException");
  });

  test("a target group's attributes", async () => {
    const TargetGroupArn = await group("settings");
    const read = async () => {
      const { Attributes = [] } = await elb.describeTargetGroupAttributes({ TargetGroupArn });
      return Object.fromEntries(Attributes.map(({ Key = "", Value }) => [Key, Value]));
    };
    expect(await read()).toMatchObject({
      "deregistration_delay.timeout_seconds": "300",
      "stickiness.enabled": "false",
      "load_balancing.algorithm.type": "round_robin",
    });
    const Attributes = [
      { Key: "deregistration_delay.timeout_seconds", Value: "10" },
      { Key: "stickiness.enabled", Value: "true" },
      { Key: "stickiness.type", Value: "lb_cookie" },
      { Key: "load_balancing.algorithm.type", Value: "least_outstanding_requests" },
    ];
    const modified = await elb.modifyTargetGroupAttributes({ TargetGroupArn, Attributes });
    expect(modified.Attributes).toEqual(expect.arrayContaining(Attributes));
    expect(await read()).toMatchObject(Object.fromEntries(Attributes.map(({ Key, Value }) => [Key, Value])));
    await target.motoDiffers(guide("edit-target-group-attributes"), async () => {
      const set = (Key: string, Value: string) =>
        elb.modifyTargetGroupAttributes({ TargetGroupArn, Attributes: [{ Key, Value }] });
      await refused(set("deregistration_delay.timeout_seconds", "3601"), "ValidationError");
      await refused(set("load_balancing.algorithm.type", "best"), "InvalidConfigurationRequestException");
    });
  });

  test("targets: registered, unused without a rule, deregistered, not registered", async () => {
    const { Subnets } = await network();
    const { Subnets: [subnet] = [] } = await ec2.describeSubnets({ SubnetIds: Subnets.slice(0, 1) });
    const Id = (subnet?.CidrBlock ?? "").replace(/\.\d+\/\d+$/, ".9");
    const TargetGroupArn = await group("targets");
    const Targets = [{ Id, Port: 8080 }];
    await elb.registerTargets({ TargetGroupArn, Targets });
    await elb.registerTargets({ TargetGroupArn, Targets });
    const health = async (more = {}) =>
      (await elb.describeTargetHealth({ TargetGroupArn, ...more })).TargetHealthDescriptions;
    expect(await health()).toMatchObject([{ Target: { Id, Port: 8080 } }]);
    await target.motoDiffers(reference("TargetHealth"), async () => {
      expect(await health()).toMatchObject([{ HealthCheckPort: "8080" }]);
      expect(await health()).toMatchObject([{ TargetHealth: { State: "unused", Reason: "Target.NotInUse" } }]);
      const known = await health({ Targets: [{ Id, Port: 81 }] });
      expect(known).toMatchObject([{ TargetHealth: { State: "unused", Reason: "Target.NotRegistered" } }]);
    });
    await elb.deregisterTargets({ TargetGroupArn, Targets });
    expect(await health()).toEqual([]);
    await target.motoDiffers(reference("RegisterTargets"), async () => {
      const register = (wrong: string) => elb.registerTargets({ TargetGroupArn, Targets: [{ Id: wrong }] });
      await refused(register("8.8.8.8"), "InvalidTargetException");
      await refused(register("host"), "ValidationError");
    });
  });

  test("tags are added, replaced and removed", async () => {
    const TargetGroupArn = await group("tags", { Tags: [{ Key: "a", Value: "1" }] });
    const ResourceArns = [TargetGroupArn];
    const Tags = [
      { Key: "a", Value: "2" },
      { Key: "b", Value: "3" },
    ];
    await elb.addTags({ ResourceArns, Tags });
    await elb.removeTags({ ResourceArns, TagKeys: ["b"] });
    const { TagDescriptions } = await elb.describeTags({ ResourceArns });
    expect(TagDescriptions).toEqual([{ ResourceArn: TargetGroupArn, Tags: [{ Key: "a", Value: "2" }] }]);
    const many = Array.from({ length: 51 }, (_, index) => ({ Key: `k${index}`, Value: "" }));
    const twice = [...Tags, ...Tags];
    await target.motoDiffers(reference("AddTags"), async () => {
      await refused(elb.addTags({ ResourceArns, Tags: many }), "TooManyTagsException");
      await refused(elb.addTags({ ResourceArns, Tags: twice }), "DuplicateTagKeysException");
    });
  });

  test("quotas and TLS policies", async () => {
    const quotas = await pages(
      (Marker) => elb.describeAccountLimits({ PageSize: 4, Marker }),
      ({ Limits, NextMarker }) => [Limits, NextMarker],
    );
    expect(quotas.flat()).toContainEqual({ Name: "target-groups", Max: "3000" });
    expect((await elb.describeSSLPolicies({})).SslPolicies?.[0]?.Ciphers?.[0]?.Priority).toBe(1);
    const policy = "ELBSecurityPolicy-TLS13-1-2-Res-2021-06";
    const { SslPolicies } = await elb.describeSSLPolicies({ Names: [policy] });
    expect(SslPolicies).toMatchObject([{ Name: policy, SslProtocols: expect.arrayContaining(["TLSv1.2", "TLSv1.3"]) }]);
    await target.motoDiffers(reference("DescribeSSLPolicies"), () =>
      refused(elb.describeSSLPolicies({ Names: ["none"] }), "SSLPolicyNotFoundException"),
    );
  });

  const arn = (kind: string) => `arn:aws:elasticloadbalancing:${target.region}:${target.accountId}:${kind}`;
  const LoadBalancerArn = arn("loadbalancer/app/none/0123456789abcdef");
  const TargetGroupArn = arn("targetgroup/none/0123456789abcdef");
  const ListenerArn = arn("listener/app/none/0123456789abcdef/0123456789abcdef");
  const RuleArn = arn("listener-rule/app/none/0123456789abcdef/0123456789abcdef/0123456789abcdef");
  const noBalancer = "LoadBalancerNotFoundException";
  const noGroup = "TargetGroupNotFoundException";
  const noListener = "ListenerNotFoundException";
  const noRule = "RuleNotFoundException";
  const Attributes = [{ Key: "stickiness.enabled", Value: "true" }];
  const Targets = [{ Id: "10.0.0.1" }];
  refusals(target, [
    ["a name too long", () => balancer("x".repeat(33)), "ValidationError", reference("CreateLoadBalancer")],
    ["a name that begins with a hyphen", () => balancer("-web"), "ValidationError", reference("CreateLoadBalancer")],
    ["a name that AWS keeps", () => balancer("internal-web"), "ValidationError", reference("CreateLoadBalancer")],
    [
      "a load balancer without subnets",
      () => balancer("bare", { Subnets: [] }),
      "ValidationError",
      reference("CreateLoadBalancer"),
    ],
    [
      "a subnet there isn't",
      () => balancer("lost", { Subnets: ["subnet-1", "subnet-2"] }),
      "SubnetNotFoundException",
      reference("CreateLoadBalancer"),
    ],
    ["to describe no load balancer", () => elb.describeLoadBalancers({ Names: ["none"] }), noBalancer],
    ["to describe none by ARN", () => elb.describeLoadBalancers({ LoadBalancerArns: [LoadBalancerArn] }), noBalancer],
    [
      "a marker it never gave",
      () => elb.describeLoadBalancers({ Marker: "made up" }),
      "ValidationError",
      reference("DescribeLoadBalancers"),
    ],
    ["attributes of none", () => elb.describeLoadBalancerAttributes({ LoadBalancerArn }), noBalancer],
    ["to set attributes of none", () => elb.modifyLoadBalancerAttributes({ LoadBalancerArn, Attributes }), noBalancer],
    [
      "to move none to security groups",
      () => elb.setSecurityGroups({ LoadBalancerArn, SecurityGroups: ["sg-1"] }),
      noBalancer,
    ],
    ["an address type for none", () => elb.setIpAddressType({ LoadBalancerArn, IpAddressType: "ipv4" }), noBalancer],
    [
      "the capacity of none",
      () => elb.describeCapacityReservation({ LoadBalancerArn }),
      noBalancer,
      reference("DescribeCapacityReservation"),
    ],
    ["a listener of none", () => listener(LoadBalancerArn), noBalancer],
    ["listeners of none", () => elb.describeListeners({ LoadBalancerArn }), noBalancer],
    ["a group without a port", () => group("no-port", { Port: undefined }), "ValidationError"],
    ["a group named by a space", () => group("a b"), "ValidationError"],
    ["a group in no VPC", () => group("lost", { VpcId: "vpc-1" }), "ValidationError"],
    [
      "a check that takes longer than its interval",
      () => group("slow", { HealthCheckIntervalSeconds: 5, HealthCheckTimeoutSeconds: 6 }),
      "ValidationError",
    ],
    ["to change no group", () => elb.modifyTargetGroup({ TargetGroupArn, HealthCheckPath: "/" }), noGroup],
    ["attributes of no group", () => elb.describeTargetGroupAttributes({ TargetGroupArn }), noGroup],
    ["to set those of no group", () => elb.modifyTargetGroupAttributes({ TargetGroupArn, Attributes }), noGroup],
    ["to register with no group", () => elb.registerTargets({ TargetGroupArn, Targets }), noGroup],
    ["to deregister from no group", () => elb.deregisterTargets({ TargetGroupArn, Targets }), noGroup],
    ["the health of no group", () => elb.describeTargetHealth({ TargetGroupArn }), noGroup],
    ["neither listeners nor load balancer", () => elb.describeListeners({}), "ValidationError"],
    ["to change no listener", () => elb.modifyListener({ ListenerArn, Port: 81 }), noListener],
    ["attributes of no listener", () => elb.describeListenerAttributes({ ListenerArn }), noListener],
    ["to set those of no listener", () => elb.modifyListenerAttributes({ ListenerArn, Attributes: [] }), noListener],
    ["certificates of no listener", () => elb.describeListenerCertificates({ ListenerArn }), noListener],
    ["a rule of no listener", () => rule(ListenerArn, 1), noListener],
    ["rules of no listener", () => elb.describeRules({ ListenerArn }), noListener],
    ["to change no rule", () => elb.modifyRule({ RuleArn, Actions: answer("200") }), noRule],
    ["to delete no rule", () => elb.deleteRule({ RuleArn }), noRule, reference("DeleteRule")],
    ["to reorder no rule", () => elb.setRulePriorities({ RulePriorities: [{ RuleArn, Priority: 1 }] }), noRule],
    ["neither rules nor listener", () => elb.describeRules({}), "ValidationError"],
    [
      "tags of no target group",
      () => elb.describeTags({ ResourceArns: [TargetGroupArn] }),
      noGroup,
      reference("DescribeTags"),
    ],
    ["to tag no load balancer", () => elb.addTags({ ResourceArns: [LoadBalancerArn], Tags: [] }), noBalancer],
    [
      "to untag no listener",
      () => elb.removeTags({ ResourceArns: [ListenerArn], TagKeys: ["a"] }),
      noListener,
      reference("RemoveTags"),
    ],
  ]);
});
