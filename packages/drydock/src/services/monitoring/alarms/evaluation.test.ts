import { expect, test } from "vitest";
import { type AlarmRule, evaluateAlarm, reasonFor } from "./evaluation.ts";

const rule: AlarmRule = {
  threshold: 10,
  comparison: "GreaterThanThreshold",
  evaluationPeriods: 3,
  datapointsToAlarm: 3,
  missingData: "missing",
};
const minute = 60_000;

/** `X` breaches, `0` doesn't, `-` is missing; the newest is last. */
function datapoints(text: string) {
  const values: Record<string, number> = { X: 11, "0": 10 };
  return text.split(" ").map((each, index) => ({ at: index * minute, value: values[each] }));
}

function states(text: string, datapointsToAlarm: number) {
  return (["missing", "ignore", "breaching", "notBreaching"] as const).map(
    (missingData) => evaluateAlarm({ ...rule, datapointsToAlarm, missingData }, datapoints(text)).state ?? "stays",
  );
}

// The tables of https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarms-and-missing-data.html
test.each([
  ["0 - X - X", ["OK", "OK", "OK", "OK"]],
  ["- - - - 0", ["OK", "OK", "OK", "OK"]],
  ["- - - - -", ["INSUFFICIENT_DATA", "stays", "ALARM", "OK"]],
  ["0 X X - X", ["ALARM", "ALARM", "ALARM", "ALARM"]],
  ["- - X - -", ["ALARM", "stays", "ALARM", "OK"]],
  ["- - - - X", ["stays", "stays", "ALARM", "OK"]],
])("three of three, %s: missing, ignore, breaching, notBreaching", (text, expected) => {
  expect(states(text, 3)).toEqual(expected);
});

test.each([
  ["0 - X - X", ["ALARM", "ALARM", "ALARM", "ALARM"]],
  ["0 0 X 0 X", ["ALARM", "ALARM", "ALARM", "ALARM"]],
  ["0 - X - -", ["OK", "OK", "ALARM", "OK"]],
  ["- - - - 0", ["OK", "OK", "ALARM", "OK"]],
  ["- - - X -", ["ALARM", "stays", "ALARM", "OK"]],
])("two of three, %s: missing, ignore, breaching, notBreaching", (text, expected) => {
  expect(states(text, 2)).toEqual(expected);
});

test.each([
  ["GreaterThanThreshold", "OK", "ALARM", "OK"],
  ["GreaterThanOrEqualToThreshold", "ALARM", "ALARM", "OK"],
  ["LessThanThreshold", "OK", "OK", "ALARM"],
  ["LessThanOrEqualToThreshold", "ALARM", "OK", "ALARM"],
] as const)("%s at, above and below the threshold", (comparison, ...expected) => {
  const one = { ...rule, comparison, evaluationPeriods: 1, datapointsToAlarm: 1 };
  expect([10, 11, 9].map((value) => evaluateAlarm(one, [{ at: 0, value }]).state)).toEqual(expected);
});

test("the reason is worded as CloudWatch words it", () => {
  const two = { ...rule, datapointsToAlarm: 2 };
  const reason = (text: string) => reasonFor(two, evaluateAlarm(two, datapoints(text)));
  expect(reason("0 0 X 0 X")).toBe(
    "Threshold Crossed: 2 out of the last 3 datapoints [11.0 (01/01/70 00:04:00), 10.0 (01/01/70 00:03:00), " +
      "11.0 (01/01/70 00:02:00)] were greater than the threshold (10.0) (minimum 2 datapoints for OK -> ALARM transition).",
  );
  expect(reason("0 0 X 0 0")).toBe(
    "Threshold Crossed: 2 out of the last 3 datapoints [10.0 (01/01/70 00:04:00), 10.0 (01/01/70 00:03:00), " +
      "11.0 (01/01/70 00:02:00)] were not greater than the threshold (10.0) (minimum 2 datapoints for ALARM -> OK transition).",
  );
  expect(reason("- - - - -")).toBe("Insufficient Data: 3 datapoints were unknown.");
});
