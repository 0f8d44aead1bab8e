import { expect, test } from "vitest";
import type { Route, Service } from "../../config/app.ts";
import { descriptor, shop } from "../release.fixture.ts";
import {
  describeConditions,
  desiredRules,
  type ExistingRule,
  isAsDesired,
  orderRoutes,
  priorities,
} from "./listener-rules.ts";

const { route } = shop.services.web as Service & { route: Route };
const to = (path: string, host?: string): Route => ({ ...route, path, host });

test("the specific route comes before the general one, whatever the manifest's order", () => {
  const routes = new Map([
    ["all", to("/*")],
    ["api", to("/api/*")],
    ["any-shop", to("/*", "*.example.com")],
    ["shop-api", to("/api/*", "shop.example.com")],
    ["shop", to("/*", "shop.example.com")],
    ["health", to("/api/v1")],
  ]);
  const expected = ["shop-api", "shop", "any-shop", "health", "api", "all"];
  expect(orderRoutes(routes)).toEqual(expected);
  expect(orderRoutes(new Map([...routes].reverse()))).toEqual(expected);
});

test("a rule has the host where there is one, and always the path", () => {
  const [rule] = desiredRules(new Map([["web", to("/api/*", "shop.example.com")]]), descriptor.targetGroups);
  expect(rule).toEqual({
    service: "web",
    conditions: [
      { Field: "host-header", HostHeaderConfig: { Values: ["shop.example.com"] } },
      { Field: "path-pattern", PathPatternConfig: { Values: ["/api/*"] } },
    ],
    targetGroup: descriptor.targetGroups.web,
  });
});

test("a service whose target group isn't there yet has no rule", () => {
  expect(desiredRules(new Map([["new", to("/*")]]), descriptor.targetGroups)).toEqual([]);
});

test("a rule is compared by what it matches, as ELB may write it", () => {
  const [desired] = desiredRules(new Map([["web", to("/*", "a.example.com")]]), descriptor.targetGroups);
  if (!desired) throw new Error("there is a rule");
  const there: ExistingRule = {
    arn: "arn",
    priority: 10,
    conditions: [
      { Field: "path-pattern", Values: ["/*"], PathPatternConfig: { Values: ["/*"] } },
      { Field: "host-header", Values: ["a.example.com"], HostHeaderConfig: { Values: ["a.example.com"] } },
    ],
    targetGroup: desired.targetGroup,
  };
  expect(isAsDesired(there, desired)).toBe(true);
  expect(isAsDesired({ ...there, targetGroup: "another" }, desired)).toBe(false);
  const byMethod = { Field: "http-request-method", HttpRequestMethodConfig: { Values: ["GET"] } };
  expect(isAsDesired({ ...there, conditions: [...there.conditions, byMethod] }, desired)).toBe(false);
  expect(describeConditions(there.conditions)).toBe("a.example.com/*");
});

test("priorities go in tens, around those of others", () => {
  expect([...priorities(["a", "b", "c"], new Set([20, 21]))]).toEqual([
    ["a", 10],
    ["b", 22],
    ["c", 32],
  ]);
});

test("the weights of a rule with two target groups are ECS's, whichever of the two comes first", () => {
  const alternate = descriptor.alternateTargetGroups.web ?? "";
  const routes = new Map([["web", to("/*")]]);
  const [plain] = desiredRules(routes, descriptor.targetGroups);
  const [paired] = desiredRules(routes, descriptor.targetGroups, new Map([["web", alternate]]));
  if (!plain || !paired) throw new Error("there are rules");
  const rule: ExistingRule = { arn: "rule", priority: 10, conditions: paired.conditions, targetGroup: alternate };
  expect(isAsDesired({ ...rule, alternate: paired.targetGroup }, paired)).toBe(true);
  expect(isAsDesired(rule, paired)).toBe(false);
  expect(isAsDesired({ ...rule, alternate: paired.targetGroup }, plain)).toBe(false);
});
