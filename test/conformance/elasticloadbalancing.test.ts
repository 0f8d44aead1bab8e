import { EC2 } from "@aws-sdk/client-ec2";
import {
  type Action,
  type CreateListenerInput,
  type CreateTargetGroupInput,
  ElasticLoadBalancingV2,
  type RuleCondition,
} from "@aws-sdk/client-elastic-load-balancing-v2";
import { expect, test } from "vitest";
import { conformance, pages, refusals, refused } from "./targets.ts";

const reference = (page: string) =>
  `https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_${page}.html`;
const guide = (page: string) => `https://docs.aws.amazon.com/elasticloadbalancing/latest/application/${page}.html`;

const answer = (StatusCode: string): Action[] => [{ Type: "fixed-response", FixedResponseConfig: { StatusCode } }];
const path = (...Values: string[]): RuleCondition[] => [{ Field: "path-pattern", PathPatternConfig: { Values } }];

conformance((target) => {
  const elb = target.client(ElasticLoadBalancingV2);
  const ec2 = target.client(EC2);
  const network = async () => {
    const { Subnets = [] } = await ec2.describeSubnets({ Filters: [{ Name: "default-for-az", Values: ["true"] }] });
    return { VpcId: Subnets[0]?.VpcId ?? "", Subnets: Subnets.map(({ SubnetId = "" }) => SubnetId).sort() };
  };
  const balancer = async (Name: string, more = {}) => {
    const { Subnets } = await network();
    const { LoadBalancers: [made] = [] } = await elb.createLoadBalancer({ Name, Subnets, ...more });
    return made?.LoadBalancerArn ?? "";
  };
  const listener = async (LoadBalancerArn: string, more: Partial<CreateListenerInput> = {}) => {
    const input = { LoadBalancerArn, Protocol: "HTTP", Port: 80, DefaultActions: answer("404"), ...more } as const;
    return (await elb.createListener(input)).Listeners?.[0]?.ListenerArn ?? "";
  };
  const group = async (Name: string, more: Partial<CreateTargetGroupInput> = {}) => {
    const { VpcId } = await network();
    const input = { Name, Protocol: "HTTP", Port: 80, VpcId, TargetType: "ip", ...more } as const;
    return (await elb.createTargetGroup(input)).TargetGroups?.[0]?.TargetGroupArn ?? "";
  };
  const rule = async (ListenerArn: string, Priority: number, Conditions = path(`/${Priority}`)) =>
    (await elb.createRule({ ListenerArn, Priority, Conditions, Actions: answer("200") })).Rules?.[0]?.RuleArn ?? "";

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

  test("a listener: made, made again, changed, paged, deleted", async () => {
    const LoadBalancerArn = await balancer("listens");
    const ListenerArn = await listener(LoadBalancerArn);
    await target.motoDiffers(reference("CreateListener"), async () =>
      expect(await listener(LoadBalancerArn)).toBe(ListenerArn),
    );
    await target.motoDiffers(reference("CreateListener"), () =>
      refused(listener(LoadBalancerArn, { DefaultActions: answer("500") }), "DuplicateListenerException"),
    );
    const more = [await listener(LoadBalancerArn, { Port: 81 }), await listener(LoadBalancerArn, { Port: 82 })];
    await target.motoDiffers(reference("DescribeListeners"), async () => {
      const paged = await pages(
        (Marker) => elb.describeListeners({ LoadBalancerArn, PageSize: 2, Marker }),
        ({ Listeners, NextMarker }) => [Listeners, NextMarker],
      );
      expect(paged.map((page) => page.length)).toEqual([2, 1]);
      expect(paged.flat().map((one) => one.ListenerArn)).toEqual(expect.arrayContaining([ListenerArn, ...more]));
    });
    const changed = await elb.modifyListener({ ListenerArn, Port: 8000, DefaultActions: answer("503") });
    expect(changed.Listeners).toMatchObject([{ ListenerArn, LoadBalancerArn, Port: 8000, Protocol: "HTTP" }]);
    const { Listeners } = await elb.describeListeners({ ListenerArns: [ListenerArn] });
    expect(Listeners).toMatchObject([{ Port: 8000, DefaultActions: answer("503") }]);
    await target.motoDiffers(reference("ModifyListener"), () =>
      refused(elb.modifyListener({ ListenerArn, Port: 81 }), "DuplicateListenerException"),
    );
    await elb.deleteListener({ ListenerArn });
    await refused(elb.describeListeners({ ListenerArns: [ListenerArn] }), "ListenerNotFoundException");
    await refused(elb.deleteListener({ ListenerArn }), "ListenerNotFoundException");
  });

  test("HTTPS and certificates on an HTTP listener are refused", async () => {
    const LoadBalancerArn = await balancer("tls");
    const certificates = [{ CertificateArn: `arn:aws:acm:${target.region}:${target.accountId}:certificate/none` }];
    await target.motoDiffers(reference("CreateListener"), async () => {
      const https = listener(LoadBalancerArn, { Protocol: "HTTPS", Port: 443, Certificates: certificates });
      await refused(https, "UnsupportedProtocolException", "drydock has no HTTPS listeners");
      await refused(listener(LoadBalancerArn, { Certificates: certificates }), "ValidationError");
      await refused(listener(LoadBalancerArn, { SslPolicy: "ELBSecurityPolicy-2016-08" }), "ValidationError");
    });
    const ListenerArn = await listener(LoadBalancerArn);
    expect((await elb.describeListenerCertificates({ ListenerArn })).Certificates ?? []).toEqual([]);
  });

  test("a listener's attributes", async () => {
    const ListenerArn = await listener(await balancer("listening"));
    const Attributes = [{ Key: "routing.http.response.server.enabled", Value: "true" }];
    const expected = expect.arrayContaining(Attributes);
    expect((await elb.modifyListenerAttributes({ ListenerArn, Attributes })).Attributes).toEqual(expected);
    expect((await elb.describeListenerAttributes({ ListenerArn })).Attributes).toEqual(expected);
  });

  test("actions: weighted forward, redirect, fixed response", async () => {
    const ListenerArn = await listener(await balancer("actions"));
    const [one, two] = [await group("blue"), await group("green")];
    const TargetGroups = [
      { TargetGroupArn: one, Weight: 90 },
      { TargetGroupArn: two, Weight: 10 },
    ];
    const shown = async (action: Action) => {
      await elb.modifyListener({ ListenerArn, DefaultActions: [action] });
      return (await elb.describeListeners({ ListenerArns: [ListenerArn] })).Listeners?.[0]?.DefaultActions;
    };
    const stickiness = { Enabled: true, DurationSeconds: 60 };
    const ForwardConfig = { TargetGroups, TargetGroupStickinessConfig: stickiness };
    expect(await shown({ Type: "forward", ForwardConfig })).toMatchObject([{ Type: "forward", ForwardConfig }]);
    expect(await shown({ Type: "forward", TargetGroupArn: one })).toMatchObject([{ TargetGroupArn: one }]);
    const redirect = { Protocol: "HTTPS", Port: "443", StatusCode: "HTTP_301" } as const;
    expect(await shown({ Type: "redirect", RedirectConfig: redirect })).toMatchObject([{ RedirectConfig: redirect }]);
    const response = { StatusCode: "200", ContentType: "text/plain", MessageBody: "up" };
    expect(await shown({ Type: "fixed-response", FixedResponseConfig: response })).toMatchObject([
      { FixedResponseConfig: response },
    ]);
    await target.motoDiffers(reference("ModifyListener"), () =>
      refused(shown({ Type: "forward", TargetGroupArn: one.replace("blue", "none") }), "TargetGroupNotFoundException"),
    );
    await target.motoDiffers(reference("FixedResponseActionConfig"), () =>
      refused(
        shown({ Type: "fixed-response", FixedResponseConfig: { ...response, ContentType: "Fake" } }),
        "InvalidLoadBalancerActionException",
      ),
    );
    await target.motoDiffers(reference("FixedResponseActionConfig"), () =>
      refused(shown({ Type: "fixed-response", FixedResponseConfig: { StatusCode: "302" } }), "ValidationError"),
    );
    await target.motoDiffers(reference("TargetGroupTuple"), () =>
      refused(
        shown({ Type: "forward", ForwardConfig: { TargetGroups: [{ TargetGroupArn: one, Weight: 1000 }] } }),
        "ValidationError",
      ),
    );
    await target.motoDiffers(reference("RedirectActionConfig"), () =>
      refused(
        shown({ Type: "redirect", RedirectConfig: { StatusCode: "HTTP_301" } }),
        "InvalidLoadBalancerActionException",
      ),
    );
  });

  test("conditions of every field", async () => {
    const ListenerArn = await listener(await balancer("conditions"));
    const conditions: RuleCondition[] = [
      { Field: "host-header", HostHeaderConfig: { Values: ["*.example.com"] } },
      { Field: "path-pattern", PathPatternConfig: { Values: ["/img/*"] } },
      { Field: "http-header", HttpHeaderConfig: { HttpHeaderName: "X-Test", Values: ["a*"] } },
      { Field: "http-request-method", HttpRequestMethodConfig: { Values: ["GET"] } },
      { Field: "query-string", QueryStringConfig: { Values: [{ Key: "a", Value: "b" }] } },
      { Field: "source-ip", SourceIpConfig: { Values: ["10.0.0.0/8"] } },
    ];
    for (const [index, condition] of conditions.entries()) {
      const RuleArn = await rule(ListenerArn, index + 1, [condition]);
      const { Rules } = await elb.describeRules({ RuleArns: [RuleArn] });
      expect(Rules).toMatchObject([{ Priority: String(index + 1), IsDefault: false, Conditions: [condition] }]);
    }
    const short = await rule(ListenerArn, 10, [{ Field: "path-pattern", Values: ["/short"] }]);
    const { Rules } = await elb.describeRules({ RuleArns: [short] });
    expect(Rules?.[0]?.Conditions?.[0]).toMatchObject({ Field: "path-pattern", Values: ["/short"] });
    const wrong = (condition: RuleCondition) => rule(ListenerArn, 20, [condition]);
    await refused(wrong({ Field: "weather", Values: ["rain"] }), "ValidationError");
    await refused(wrong({ Field: "path-pattern", Values: [] }), "ValidationError");
    await target.motoDiffers(guide("load-balancer-limits"), async () => {
      await refused(rule(ListenerArn, 20, path("/1", "/2", "/3", "/4", "/5", "/6")), "ValidationError");
      await refused(rule(ListenerArn, 20, path("/*/*/*/*/*/*/*")), "ValidationError");
    });
    await target.motoDiffers(reference("SourceIpConditionConfig"), () =>
      refused(wrong({ Field: "source-ip", SourceIpConfig: { Values: ["10.0.0.1"] } }), "ValidationError"),
    );
    await target.motoDiffers(reference("RuleCondition"), async () => {
      await refused(rule(ListenerArn, 20, []), "ValidationError");
      await refused(rule(ListenerArn, 20, [...path("/a"), ...path("/b")]), "ValidationError");
    });
  });

  test("rules: in the order of their priorities, paged, changed, reordered, deleted", async () => {
    const ListenerArn = await listener(await balancer("rules"));
    const [third, first] = [await rule(ListenerArn, 30), await rule(ListenerArn, 10)];
    await refused(rule(ListenerArn, 10), "PriorityInUseException");
    const priorities = async () =>
      (await elb.describeRules({ ListenerArn })).Rules?.map(({ Priority }) => Priority).sort();
    expect(await priorities()).toEqual(["10", "30", "default"]);
    const paged = await pages(
      (Marker) => elb.describeRules({ ListenerArn, PageSize: 2, Marker }),
      ({ Rules, NextMarker }) => [Rules, NextMarker],
    );
    expect(paged.map((page) => page.length)).toEqual([2, 1]);
    await target.motoDiffers(reference("DescribeRules"), async () => {
      const { Rules } = await elb.describeRules({ ListenerArn });
      expect(Rules?.map(({ Priority }) => Priority)).toEqual(["10", "30", "default"]);
    });
    const RulePriorities = [
      { RuleArn: first, Priority: 30 },
      { RuleArn: third, Priority: 10 },
    ];
    await target.motoDiffers(reference("SetRulePriorities"), async () => {
      const { Rules } = await elb.setRulePriorities({ RulePriorities });
      expect(Rules?.map(({ RuleArn, Priority }) => [RuleArn, Priority])).toEqual([
        [first, "30"],
        [third, "10"],
      ]);
    });
    await elb.setRulePriorities({ RulePriorities: [{ RuleArn: first, Priority: 40 }] });
    const modified = await elb.modifyRule({ RuleArn: first, Conditions: path("/changed"), Actions: answer("201") });
    expect(modified.Rules).toMatchObject([{ RuleArn: first, Conditions: path("/changed"), Actions: answer("201") }]);
    await elb.deleteRule({ RuleArn: first });
    await refused(elb.describeRules({ RuleArns: [first] }), "RuleNotFoundException");
    const fallback =
      (await elb.describeRules({ ListenerArn })).Rules?.find(({ IsDefault }) => IsDefault)?.RuleArn ?? "";
    await target.motoDiffers(reference("DeleteRule"), () =>
      refused(elb.deleteRule({ RuleArn: fallback }), "OperationNotPermittedException"),
    );
    await target.motoDiffers(reference("SetRulePriorities"), async () => {
      const taken = [{ RuleArn: third, Priority: 50 }];
      const other = await rule(ListenerArn, 50);
      await refused(elb.setRulePriorities({ RulePriorities: taken }), "PriorityInUseException");
      const onDefault = [{ RuleArn: fallback, Priority: 1 }];
      await refused(elb.setRulePriorities({ RulePriorities: onDefault }), "OperationNotPermittedException");
      await elb.deleteRule({ RuleArn: other });
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
