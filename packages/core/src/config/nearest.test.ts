import { expect, test } from "vitest";
import { nearest, orList } from "./nearest.ts";

const known = [
  "image",
  "command",
  "port",
  "route",
  "health",
  "cpu",
  "memory",
  "scale",
  "env",
  "secrets",
  "schedule",
  "dependsOn",
];

test.each([
  ["memroy", "memory"],
  ["Memory", "memory"],
  ["images", "image"],
  ["healthcheck", "health"],
  ["sched", "schedule"],
  ["environment", "env"],
  ["replicas", "scale"],
  ["depends_on", "dependsOn"],
  ["volumes", undefined],
  ["x", undefined],
  ["toString", undefined],
  ["memory".repeat(1000), "memory"],
])("%.20s → %s", (word, meant) => expect(nearest(word, known)).toBe(meant));

test("nothing is near to nothing", () => expect(nearest("web", [])).toBeUndefined());

test("alternatives read as a person would say them", () => {
  expect([[], ["a"], ["a", "b"], ["a", "b", "c"]].map(orList)).toEqual(["", "a", "a or b", "a, b or c"]);
});
