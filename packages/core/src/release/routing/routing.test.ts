import { expect, test } from "vitest";
import type { Aws } from "../../aws/clients.ts";
import type { Route, Service } from "../../config/app.ts";
import type { RuleChange } from "../changes.ts";
import { releasedConfiguration } from "../records/record.ts";
import { descriptor, shop } from "../release.fixture.ts";
import { runWith } from "../rollout/watch.fixture.ts";
import { type DesiredRule, desiredRules, type ExistingRule } from "./listener-rules.ts";
import { routingOf } from "./routing.ts";

const web = shop.services.web as Service & { route: Route };
const arn = (name: string) => `arn:aws:elasticloadbalancing:eu-west-1:123456789012:targetgroup/${name}/1`;
const targetGroups = { web: arn("web"), api: arn("api") };
const api: Service = { ...web, name: "api", route: { ...web.route, path: "/api/*" } };
const configuration = { ...releasedConfiguration(shop), services: { web, api } };

const rules = desiredRules(
  new Map([
    ["web", web.route],
    ["api", { ...web.route, path: "/api/*" }],
  ]),
  targetGroups,
);
const desired = (service: string): DesiredRule => {
  const found = rules.find((rule) => rule.service === service);
  if (!found) throw new Error(`no rule for ${service}`);
  return found;
};
const existing = (service: string, priority: number, changes: Partial<ExistingRule> = {}): ExistingRule => ({
  arn: `rule/${service}`,
  priority,
  conditions: desired(service).conditions,
  targetGroup: desired(service).targetGroup,
  ...changes,
});

/** A listener that writes down what is done to it. */
function world(own: [string, ExistingRule][], changes: RuleChange[], foreign: number[] = []) {
  const done: string[] = [];
  const pathOf = (conditions: ExistingRule["conditions"]) =>
    conditions.map((each) => JSON.stringify(Object.values(each)[1])).join();
  const aws = {
    target: {},
    elbv2: {
      async createRule({ Priority, Conditions, Actions }: { Priority: number; Conditions: []; Actions: [] }) {
        done.push(`create at ${Priority} for ${pathOf(Conditions)}`);
        return { Rules: [{ RuleArn: "rule/new", Priority: String(Priority), Conditions, Actions }] };
      },
      async modifyRule({ RuleArn, Conditions }: { RuleArn: string; Conditions: [] }) {
        done.push(`${RuleArn} takes ${pathOf(Conditions)}`);
      },
      async setRulePriorities({ RulePriorities }: { RulePriorities: { RuleArn: string; Priority: number }[] }) {
        done.push(RulePriorities.map(({ RuleArn, Priority }) => `${RuleArn} to ${Priority}`).join(", "));
      },
      async deleteRule({ RuleArn }: { RuleArn: string }) {
        done.push(`delete ${RuleArn}`);
      },
    },
  };
  const { run } = runWith(aws as unknown as Aws);
  const listenerRules = { listener: "listener", own: new Map(own), foreign: new Set(foreign) };
  const routing = routingOf(
    { ...run, descriptor: { ...descriptor, targetGroups } },
    listenerRules,
    changes,
    configuration,
  );
  const take = () => done.splice(0);
  return { routing, take, aws };
}

const both = new Set(["web", "api"]);
const pending = '{"Values":["not-routed-yet.fardel.invalid"]}';

test("a new rule gets no traffic until its service is routed, and then stands before the general one", async () => {
  const { routing, take } = world(
    [["web", existing("web", 10)]],
    [{ service: "api", action: "create", desired: desired("api") }],
  );
  await routing.attach(both);
  expect(take()).toEqual([`create at 50000 for ${pending}`]);
  await routing.route(both);
  expect(take()).toEqual(["rule/new to 10, rule/web to 20", 'rule/new takes {"Values":["/api/*"]}']);
});

test("priorities of others' rules are left to them", async () => {
  const { routing, take } = world(
    [
      ["web", existing("web", 10)],
      ["api", existing("api", 20)],
    ],
    [],
    [10, 11],
  );
  await routing.route(both);
  expect(take()).toEqual(["rule/api to 12, rule/web to 22"]);
});

test("where all is right nothing is called", async () => {
  const { routing, take } = world(
    [
      ["api", existing("api", 10)],
      ["web", existing("web", 20)],
    ],
    [],
  );
  await routing.attach(both);
  await routing.route(both);
  await routing.clear();
  expect(take()).toEqual([]);
});

/** Web's rule has been changed, and api's made. */
async function routed() {
  const before = existing("web", 10, {
    conditions: [{ Field: "path-pattern", PathPatternConfig: { Values: ["/shop/*"] } }],
  });
  const made = world(
    [["web", before]],
    [
      { service: "web", action: "update", existing: before, desired: desired("web") },
      { service: "api", action: "create", desired: desired("api") },
    ],
  );
  await made.routing.attach(both);
  await made.routing.route(both);
  made.take();
  return made;
}

test("everything can be put back: new rules go, changed ones take what they took before", async () => {
  const { routing, take } = await routed();
  await routing.undo();
  expect(take()).toEqual(['rule/web takes {"Values":["/shop/*"]}', "delete rule/new"]);
  await routing.undo();
  expect(take()).toEqual([]);
});

test("a rule that can't be put back doesn't keep the others from it, and is told", async () => {
  const { routing, take, aws } = await routed();
  aws.elbv2.modifyRule = () => Promise.reject(new Error("throttled"));
  await expect(routing.undo()).rejects.toThrow("throttled");
  expect(take()).toEqual(["delete rule/new"]);
});

test("rules that aren't wanted any more go at the end", async () => {
  const gone = existing("api", 10);
  const { routing, take } = world([["api", gone]], [{ service: "api", action: "delete", existing: gone }]);
  await routing.attach(both);
  await routing.clear();
  expect(take()).toEqual(["delete rule/api"]);
});
