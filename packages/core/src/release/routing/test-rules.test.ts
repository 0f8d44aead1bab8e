import type { Rule } from "@aws-sdk/client-elastic-load-balancing-v2";
import { expect, test } from "vitest";
import type { Aws } from "../../aws/clients.ts";
import type { Service } from "../../config/app.ts";
import { tagNames } from "../names.ts";
import { descriptor, shop } from "../release.fixture.ts";
import { runWith } from "../rollout/watch.fixture.ts";
import { prepareTestRules } from "./test-rules.ts";

const web = shop.services.web as Service;
const services = { web: { ...web, rollout: { ...web.rollout, strategy: "blue-green" as const } } };
const own = descriptor.targetGroups.web ?? "";
const alternate = descriptor.alternateTargetGroups.web ?? "";

/** A test listener with one rule, web's, which forwards to these. */
function world(...targetGroups: string[]) {
  const rule: Rule = {
    RuleArn: "rule/web",
    Priority: "10",
    Conditions: [{ Field: "path-pattern", PathPatternConfig: { Values: ["/*"] } }],
    Actions: [
      {
        Type: "forward",
        ForwardConfig: { TargetGroups: targetGroups.map((TargetGroupArn) => ({ TargetGroupArn, Weight: 1 })) },
      },
    ],
  };
  const written: object[] = [];
  const elbv2 = {
    describeRules: async () => ({ Rules: [rule] }),
    describeTags: async () => ({
      TagDescriptions: [{ ResourceArn: "rule/web", Tags: [{ Key: tagNames.workload, Value: "web" }] }],
    }),
    modifyRule: async (input: object) => {
      written.push(input);
    },
  };
  const { run } = runWith({ target: {}, elbv2 } as unknown as Aws);
  return { prepare: () => prepareTestRules(run, { services }, new Set(["web"])), written };
}

test("a rule that forwards to a target group that was replaced forwards to the service's two again", async () => {
  const { prepare, written } = world("targetgroup/gone/1", alternate);
  expect(await prepare()).toEqual(new Map([["web", "rule/web"]]));
  const both = [
    { TargetGroupArn: own, Weight: 100 },
    { TargetGroupArn: alternate, Weight: 0 },
  ];
  expect(written).toContainEqual({
    RuleArn: "rule/web",
    Actions: [{ Type: "forward", ForwardConfig: { TargetGroups: both } }],
  });
});

test("one that forwards to both keeps the weights that ECS has given them", async () => {
  const { prepare, written } = world(alternate, own);
  await prepare();
  expect(written.filter((input) => "Actions" in input)).toEqual([]);
});
