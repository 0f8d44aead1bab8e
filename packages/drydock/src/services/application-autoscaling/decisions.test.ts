import { expect, test } from "vitest";
import { permitted, proportionalCapacity, scaleInTo, scaleOutBy, stepTo } from "./decisions.ts";

test.each([
  [2, 120, 60, 4],
  [2, 61, 60, 3],
  [3, 54, 60, 3],
  [3, 20, 60, 1],
  [3, 0, 60, 0],
  [10, 66, 60, 11],
  [0, 5, 1, 1],
  [0, 0, 1, 0],
])("%d tasks at %d want, for a target of %d, %d tasks", (capacity, metric, target, expected) => {
  expect(proportionalCapacity(capacity, metric, target)).toBe(expected);
});

test("in its cooldown scaling out counts what it has added, and scaling in waits", () => {
  const cooling = { direction: "out", at: 0, from: 2 } as const;
  // The metric is still that of the two tasks before.
  expect(scaleOutBy(4, 120, 60, cooling)).toBe(4);
  expect(scaleOutBy(4, 180, 60, cooling)).toBe(6);
  expect(scaleOutBy(4, 120, 60, undefined)).toBe(8);
  expect(scaleInTo(4, 30, 60, cooling)).toBe(4);
  expect(scaleInTo(4, 30, 60, { direction: "in", at: 0, from: 6 })).toBe(4);
  expect(scaleInTo(4, 30, 60, undefined)).toBe(2);
});

const steps = {
  AdjustmentType: "PercentChangeInCapacity",
  MinAdjustmentMagnitude: 1,
  StepAdjustments: [
    { MetricIntervalLowerBound: 0, MetricIntervalUpperBound: 10, ScalingAdjustment: 10 },
    { MetricIntervalLowerBound: 10, ScalingAdjustment: 30 },
    { MetricIntervalUpperBound: 0, ScalingAdjustment: -25 },
  ],
} as const;
const configuration = { ...steps, StepAdjustments: [...steps.StepAdjustments] };

test.each([
  [10, 5, 11],
  [10, 10, 13],
  [5, 5, 6],
  [15, 5, 16],
  [10, -1, 8],
  [2, -1, 1],
])("from %d, %d beyond the threshold, steps go to %d", (capacity, difference, expected) => {
  expect(stepTo(configuration, capacity, difference, undefined)).toBe(expected);
});

test("a step within the cooldown adds only what goes beyond the step before", () => {
  const change = {
    AdjustmentType: "ChangeInCapacity" as const,
    StepAdjustments: [
      { MetricIntervalLowerBound: 0, MetricIntervalUpperBound: 10, ScalingAdjustment: 2 },
      { MetricIntervalLowerBound: 10, ScalingAdjustment: 3 },
    ],
  };
  const cooling = { direction: "out", at: 0, from: 4 } as const;
  expect(stepTo(change, 6, 5, cooling)).toBe(6);
  expect(stepTo(change, 6, 12, cooling)).toBe(7);
  expect(stepTo({ ...change, AdjustmentType: "ExactCapacity" }, 6, 5, undefined)).toBe(2);
});

test("a target stays within its bounds, and where it is when the direction is suspended", () => {
  const target = {
    ServiceNamespace: "ecs" as const,
    ResourceId: "service/main/web",
    ScalableDimension: "ecs:service:DesiredCount" as const,
    RoleARN: "",
    MinCapacity: 2,
    MaxCapacity: 6,
  };
  expect([permitted(target, 4, 9), permitted(target, 4, 1)]).toEqual([6, 2]);
  const suspended = { DynamicScalingInSuspended: true, DynamicScalingOutSuspended: true };
  expect([
    permitted({ ...target, SuspendedState: suspended }, 4, 9),
    permitted({ ...target, SuspendedState: suspended }, 4, 1),
  ]).toEqual([4, 4]);
});
