import { expect, test } from "vitest";
import { parseTemplate } from "./parse.ts";
import { checkRules } from "./rules.ts";

function check(rule: object, parameters: Record<string, string | string[]>): void {
  checkRules(
    parseTemplate(JSON.stringify({ Resources: { Nothing: { Type: "Test::Thing" } }, Rules: { Known: rule } })),
    parameters,
  );
}
const asserting = (Assert: object) => ({ Assertions: [{ Assert, AssertDescription: "a newer one is needed" }] });
const version = { Ref: "Version" };
// What every template of the AWS CDK asserts of its environment.
const newEnough = asserting({ "Fn::Not": [{ "Fn::Contains": [["1", "2"], version] }] });

test("an assertion that doesn't hold refuses the parameters with its description", () => {
  check(newEnough, { Version: "30" });
  expect(() => check(newEnough, { Version: "2" })).toThrow(
    "Template error: an assertion of rule Known doesn't hold: a newer one is needed",
  );
});

test("a rule counts only where its condition holds", () => {
  const rule = { ...newEnough, RuleCondition: { "Fn::Equals": [{ Ref: "Stage" }, "production"] } };
  check(rule, { Version: "2", Stage: "test" });
  expect(() => check(rule, { Version: "2", Stage: "production" })).toThrow("doesn't hold");
});

test.each([
  ["Fn::And", [{ "Fn::Equals": ["a", "a"] }, { "Fn::Equals": ["a", "b"] }], false],
  ["Fn::Or", [{ "Fn::Equals": ["a", "a"] }, { "Fn::Equals": ["a", "b"] }], true],
  ["Fn::Contains", [["a", "b"], { Ref: "List" }], true],
  ["Fn::Contains", [["a"], { Ref: "List" }], false],
  ["Fn::EachMemberIn", [{ Ref: "List" }, ["a", "b", "c"]], true],
  ["Fn::EachMemberIn", [{ Ref: "List" }, ["a"]], false],
  ["Fn::EachMemberEquals", [{ Ref: "List" }, "a"], false],
  ["Fn::EachMemberEquals", [["a", "a"], "a"], true],
])("%s of %j is %s", (name, argument, expected) => {
  const run = () => check(asserting({ [name]: argument }), { List: ["a", "b"] });
  if (expected) run();
  else expect(run).toThrow("doesn't hold");
});

test("what drydock can't work out is refused", () => {
  expect(() => check(asserting({ "Fn::ValueOf": ["Vpc", "Tags.Team"] }), {})).toThrow("Fn::ValueOf in a rule is not");
  expect(() => check(asserting({ "Fn::Equals": [version, "1"] }), {})).toThrow("nothing but parameters");
  expect(() => check({}, {})).toThrow("rule Known must have a list of Assertions");
});
