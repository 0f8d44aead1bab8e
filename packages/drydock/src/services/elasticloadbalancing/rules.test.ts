import {
  CreateRuleCommand,
  type CreateRuleCommandInput,
  DeleteRuleCommand,
  DescribeListenersCommand,
  DescribeRulesCommand,
  ModifyRuleCommand,
  SetRulePrioritiesCommand,
} from "@aws-sdk/client-elastic-load-balancing-v2";
import { expect, test } from "vitest";
import { startElb } from "./testing.ts";

async function startWithListener() {
  const region = await startElb();
  const LoadBalancerArn = await region.loadBalancer();
  const targetGroupArn = await region.targetGroup();
  const ListenerArn = await region.listener(LoadBalancerArn, targetGroupArn);
  const create = async (Priority: number, input: Partial<CreateRuleCommandInput> = {}) => {
    const { Rules } = await region.elb.send(
      new CreateRuleCommand({
        ListenerArn,
        Priority,
        Conditions: [{ Field: "path-pattern", Values: [`/${Priority}/*`] }],
        Actions: [{ Type: "fixed-response", FixedResponseConfig: { StatusCode: "200", MessageBody: `${Priority}` } }],
        ...input,
      }),
    );
    return Rules?.[0];
  };
  const priorities = async () =>
    (await region.elb.send(new DescribeRulesCommand({ ListenerArn }))).Rules?.map(({ Priority }) => Priority);
  return { ...region, LoadBalancerArn, ListenerArn, targetGroupArn, create, priorities };
}

test("a rule shows what was given, in the API's full form", async () => {
  const { create, targetGroupArn, elb, ListenerArn } = await startWithListener();
  const rule = await create(10, {
    Conditions: [
      { Field: "host-header", Values: ["shop.example.com"] },
      { Field: "query-string", QueryStringConfig: { Values: [{ Key: "v", Value: "1" }] } },
    ],
    Actions: [{ Type: "forward", TargetGroupArn: targetGroupArn }],
  });
  expect(rule).toEqual({
    RuleArn: expect.stringMatching(/:listener-rule\/app\/web\/[0-9a-f]{16}\/[0-9a-f]{16}\/[0-9a-f]{16}$/),
    Priority: "10",
    IsDefault: false,
    Conditions: [
      {
        Field: "host-header",
        Values: ["shop.example.com"],
        HostHeaderConfig: { Values: ["shop.example.com"] },
      },
      { Field: "query-string", Values: [], QueryStringConfig: { Values: [{ Key: "v", Value: "1" }] } },
    ],
    Actions: [
      {
        Type: "forward",
        TargetGroupArn: targetGroupArn,
        ForwardConfig: {
          TargetGroups: [{ TargetGroupArn: targetGroupArn, Weight: 1 }],
          TargetGroupStickinessConfig: { Enabled: false },
        },
      },
    ],
  });
  const { Rules } = await elb.send(new DescribeRulesCommand({ ListenerArn }));
  expect(Rules).toMatchObject([rule ?? {}, { Priority: "default", IsDefault: true, Conditions: [] }]);
});

test("rules answer by priority; reordering, changing and deleting them counts at once", async () => {
  const { elb, create, url, ListenerArn, priorities } = await startWithListener();
  const address = await url(ListenerArn);
  const everything: CreateRuleCommandInput["Conditions"] = [{ Field: "path-pattern", Values: ["*"] }];
  const first = await create(1, { Conditions: everything });
  const second = await create(2, { Conditions: everything });
  const answer = async () => (await fetch(`${address}`)).text();
  expect(await answer()).toBe("1");
  const RulePriorities = [
    { RuleArn: first?.RuleArn, Priority: 2 },
    { RuleArn: second?.RuleArn, Priority: 1 },
  ];
  await elb.send(new SetRulePrioritiesCommand({ RulePriorities }));
  expect(await answer()).toBe("2");
  const elsewhere = [{ Field: "path-pattern", Values: ["/elsewhere"] }];
  await elb.send(new ModifyRuleCommand({ RuleArn: second?.RuleArn, Conditions: elsewhere }));
  expect(await answer()).toBe("1");
  expect(await priorities()).toEqual(["1", "2", "default"]);
  await elb.send(new DeleteRuleCommand({ RuleArn: first?.RuleArn }));
  expect((await fetch(`${address}`)).status).toBe(503);
});

test("priorities are unique", async () => {
  const { elb, create } = await startWithListener();
  const first = await create(1);
  await create(2);
  await expect(create(1)).rejects.toMatchObject({ name: "PriorityInUseException" });
  const set = (...Priorities: number[]) =>
    elb.send(
      new SetRulePrioritiesCommand({
        RulePriorities: Priorities.map((Priority) => ({ RuleArn: first?.RuleArn, Priority })),
      }),
    );
  await expect(set(2)).rejects.toMatchObject({ name: "PriorityInUseException" });
  await expect(create(0)).rejects.toThrow("Priority '0' must be between '1-50000' inclusive");
});

test("the default rule can't be deleted, changed as a rule, or reordered", async () => {
  const { elb, ListenerArn } = await startWithListener();
  const { Rules } = await elb.send(new DescribeRulesCommand({ ListenerArn }));
  const RuleArn = Rules?.[0]?.RuleArn ?? "";
  const refused = { name: "OperationNotPermittedException" };
  await expect(elb.send(new DeleteRuleCommand({ RuleArn }))).rejects.toMatchObject(refused);
  const RulePriorities = [{ RuleArn, Priority: 5 }];
  await expect(elb.send(new SetRulePrioritiesCommand({ RulePriorities }))).rejects.toMatchObject(refused);
});

test("a target group may serve several rules of its load balancer", async () => {
  const { elb, create, targetGroupArn, LoadBalancerArn } = await startWithListener();
  await create(1, { Actions: [{ Type: "forward", TargetGroupArn: targetGroupArn }] });
  const { Listeners } = await elb.send(new DescribeListenersCommand({ LoadBalancerArn }));
  expect(Listeners?.[0]?.DefaultActions?.[0]?.TargetGroupArn).toBe(targetGroupArn);
});

const values = (...Values: string[]) => ({ Conditions: [{ Field: "path-pattern", Values }] });
const refused: [what: string, input: Partial<CreateRuleCommandInput>, message: string][] = [
  ["an unknown field", { Conditions: [{ Field: "cookie", Values: ["a"] }] }, "Condition field 'cookie' must be one of"],
  ["no value", values(), "A condition value must be specified"],
  ["a long value", values(`/${"x".repeat(128)}`), "value is too long; the limit is '128'"],
  ["six values", values("/1", "/2", "/3", "/4", "/5", "/6"), "A rule can only have '5' condition values"],
  ["seven wildcards", values("*a*a*", "*a*a*", "*"), "A rule can only have '6' condition wildcards"],
  [
    "the same condition twice",
    { Conditions: [...values("/1").Conditions, ...values("/2").Conditions] },
    "A rule can only have one 'path-pattern' condition",
  ],
  [
    "a range that is none",
    { Conditions: [{ Field: "source-ip", SourceIpConfig: { Values: ["10.0.0.0/33"] } }] },
    "is not in CIDR notation",
  ],
  [
    "the host as a header",
    { Conditions: [{ Field: "http-header", HttpHeaderConfig: { HttpHeaderName: "Host", Values: ["a"] } }] },
    "The 'HttpHeaderName' value 'Host' is invalid",
  ],
  [
    "a regular expression",
    { Conditions: [{ Field: "path-pattern", PathPatternConfig: { RegexValues: ["^/a"] } }] },
    "doesn't have regular expressions in conditions yet",
  ],
  [
    "a status of 302",
    { Actions: [{ Type: "fixed-response", FixedResponseConfig: { StatusCode: "302" } }] },
    "^(2|4|5)",
  ],
  [
    "authentication",
    { Actions: [{ Type: "authenticate-oidc", Order: 1 }] as CreateRuleCommandInput["Actions"] },
    "doesn't have the action 'authenticate-oidc'",
  ],
];

test.each(refused)("refuses %s", async (_, input, message) => {
  const { create } = await startWithListener();
  await expect(create(1, input)).rejects.toThrow(message);
});
