import { expect, test } from "vitest";
import { TargetGroup, type TargetState } from "./target-group.ts";

function groupOf(states: Record<number, TargetState>): TargetGroup {
  const group = new TargetGroup("web");
  for (const [port, state] of Object.entries(states)) group.set("10.0.0.1", Number(port), state);
  return group;
}

const ports = (group: TargetGroup, requests: number) => Array.from({ length: requests }, () => group.next()?.port);

test("round robin goes through the healthy targets", () => {
  const group = groupOf({ 1: "healthy", 2: "unhealthy", 3: "healthy", 4: "initial", 5: "draining" });
  expect(ports(group, 4)).toEqual([3, 1, 3, 1]);
});

test("fails open: with no healthy target, all but the draining ones get requests", () => {
  const group = groupOf({ 1: "unhealthy", 2: "initial", 3: "draining" });
  expect(ports(group, 4)).toEqual([2, 1, 2, 1]);
  group.set("10.0.0.1", 1, "healthy");
  expect(ports(group, 2)).toEqual([1, 1]);
});

test("fails open below the share of healthy targets that it is told", () => {
  const group = groupOf({ 1: "healthy", 2: "unhealthy", 3: "unhealthy" });
  group.configure({ ...group.settings, minimumHealthy: { count: 1, percentage: 50 } });
  expect(new Set(ports(group, 3))).toEqual(new Set([1, 2, 3]));
  group.set("10.0.0.1", 2, "healthy");
  expect(new Set(ports(group, 3))).toEqual(new Set([1, 2]));
});

test("least outstanding requests takes the target with the fewest, in turn among equals", () => {
  const group = groupOf({ 1: "healthy", 2: "healthy", 3: "healthy" });
  group.configure({ ...group.settings, algorithm: "least_outstanding_requests" });
  const taken: number[] = [];
  for (let i = 0; i < 6; i++) {
    const target = group.next();
    if (!target) throw new Error("no target");
    if (target.port === 2) target.outstanding = 10;
    else target.outstanding++;
    taken.push(target.port);
  }
  expect(taken.filter((port) => port === 2)).toHaveLength(1);
  expect(taken.filter((port) => port === 1).length).toBeGreaterThanOrEqual(2);
});

test("without targets there is none", () => {
  expect(groupOf({}).next()).toBeUndefined();
  expect(groupOf({ 1: "draining" }).next()).toBeUndefined();
});
