import { expect, test } from "vitest";
import { checkStatistic, merge, statistic, statisticSetOf } from "./statistics.ts";

const set = statisticSetOf([
  [1, 2],
  [5, 1],
  [100, 1],
]);

test.each([
  ["SampleCount", 4],
  ["Sum", 107],
  ["Average", 26.75],
  ["Minimum", 1],
  ["Maximum", 100],
  ["p0", 1],
  ["p50", 1],
  ["p75", 5],
  ["p99.9", 100],
])("%s of 1, 1, 5 and 100 is %d", (name, expected) => {
  expect(statistic(name, set)).toBe(expected);
});

test("sums without their values have no percentiles, unless all values were the same", () => {
  const sums = { count: 3, sum: 9, minimum: 1, maximum: 5 };
  expect(statistic("p50", sums)).toBeUndefined();
  const merged = merge([sums, set]);
  expect(merged && [statistic("Sum", merged), statistic("p50", merged)]).toEqual([116, undefined]);
  expect(statistic("p50", { count: 3, sum: 9, minimum: 3, maximum: 3 })).toBe(3);
});

test("percentiles of very many values are within five percent", () => {
  const many = statisticSetOf(Array.from({ length: 10_000 }, (_, index) => [index + 1, 1]));
  expect(many.values?.size).toBeLessThan(600);
  expect(Math.abs((statistic("p90", many) ?? 0) - 9000)).toBeLessThan(450);
});

test("a trimmed mean is refused by name", () => {
  expect(() => checkStatistic("tm90")).toThrow("drydock does not build the statistic tm90");
  expect(() => checkStatistic("p101")).toThrow("p101");
});
