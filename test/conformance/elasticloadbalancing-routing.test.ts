import type { Action, RuleCondition } from "@aws-sdk/client-elastic-load-balancing-v2";
import { expect, test } from "vitest";
import { answer, guide, loadBalancing, path, reference } from "./elasticloadbalancing.fixture.ts";
import { conformance, pages, refused } from "./targets.ts";

conformance((target) => {
  const { elb, balancer, listener, group, rule } = loadBalancing(target);

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
});
