import { expect, test } from "vitest";
import { parseExpression } from "./expression.ts";
import { evaluateExpression } from "./metric-math.ts";
import type { Series } from "./series.ts";

const series: Record<string, Series> = {
  m1: new Map([
    [0, 10],
    [60_000, 20],
    [120_000, 40],
  ]),
  m2: new Map([
    [0, 2],
    [120_000, 0],
  ]),
};

function compute(text: string): unknown {
  const scope = {
    grid: { start: 0, end: 180_000, period: 60_000 },
    series: (name: string) => {
      const found = series[name];
      if (!found) throw new Error(`unknown ${name}`);
      return found;
    },
    metrics: () => Object.entries(series),
  };
  const results = evaluateExpression(parseExpression(text), scope).map((each) => Object.fromEntries(each));
  return results.length === 1 ? results[0] : results;
}

test.each([
  ["m1 / m2", { 0: 5 }],
  ["m1 / FILL(m2, 4)", { 0: 5, 60000: 5 }],
  ["FILL(m2, REPEAT)", { 0: 2, 60000: 2, 120000: 0 }],
  ["-(m1 + 2 * 3 ^ 2)", { 0: -28, 60000: -38, 120000: -58 }],
  ["1 - 2 - 3", { 0: -4, 60000: -4, 120000: -4 }],
  ["IF(m1 > 15 AND m1 < 30, 1, 0)", { 0: 0, 60000: 1, 120000: 0 }],
  ["SUM([m1, m2])", { 0: 12, 60000: 20, 120000: 40 }],
  ["MAX(METRICS())", { 0: 10, 60000: 20, 120000: 40 }],
  ["m1 - AVG(m1)", { 0: 10 - 70 / 3, 60000: 20 - 70 / 3, 120000: 40 - 70 / 3 }],
  ["RATE(m1) * PERIOD(m1)", { 60000: 10, 120000: 20 }],
  ["DIFF(m1)", { 60000: 10, 120000: 20 }],
  ["CEIL(m1 / 3)", { 0: 4, 60000: 7, 120000: 14 }],
  ['METRICS("m2") * 2', { 0: 4, 120000: 0 }],
])("%s", (text, expected) => {
  expect(compute(text)).toEqual(expected);
});

test.each([
  ["ANOMALY_DETECTION_BAND(m1)", "the function ANOMALY_DETECTION_BAND"],
  ["FILL(m1, LINEAR)", "unknown LINEAR"],
  ["m1 +", "it ends too soon"],
  ["(m1", "it ends too soon"],
  ["m1 m2", "'m2' isn't expected there"],
  ["m1 ; 2", "'; 2' is nothing drydock knows"],
])("%s is refused", (text, message) => {
  expect(() => compute(text)).toThrow(message);
});
