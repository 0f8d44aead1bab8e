import type { ContainerDefinition } from "@aws-sdk/client-ecs";
import { expect, test } from "vitest";
import { type ContainerProgress, type Progress, startSteps, stopSteps, taskHealth } from "./ordering.ts";

const in_ = (phase: ContainerProgress["phase"], more: Partial<ContainerProgress> = {}): ContainerProgress => ({
  phase,
  healthStatus: "UNKNOWN",
  ...more,
});

const definitions = (condition: "START" | "COMPLETE" | "SUCCESS" | "HEALTHY"): ContainerDefinition[] => [
  { name: "app", dependsOn: [{ containerName: "init", condition }] },
  { name: "init" },
];

const steps = (condition: Parameters<typeof definitions>[0], init: ContainerProgress) =>
  startSteps(definitions(condition), { app: in_("waiting"), init });

test("containers without dependencies start at once, the others wait", () => {
  expect(steps("START", in_("waiting"))).toEqual({ start: ["init"] });
  expect(steps("START", in_("starting"))).toEqual({ start: [] });
});

test.each([
  ["START", in_("running"), ["app"]],
  ["START", in_("stopped", { exitCode: 1 }), ["app"]],
  ["COMPLETE", in_("running"), []],
  ["COMPLETE", in_("stopped", { exitCode: 1 }), ["app"]],
  ["SUCCESS", in_("running"), []],
  ["SUCCESS", in_("stopped", { exitCode: 0 }), ["app"]],
  ["HEALTHY", in_("running"), []],
  ["HEALTHY", in_("running", { healthStatus: "UNHEALTHY" }), []],
  ["HEALTHY", in_("running", { healthStatus: "HEALTHY" }), ["app"]],
] as const)("%s after %o starts %o", (condition, init, start) => {
  expect(steps(condition, init)).toEqual({ start: [...start] });
});

test.each([
  ["SUCCESS", in_("stopped", { exitCode: 1 }), "can't be met as the dependency did not exit successfully."],
  ["HEALTHY", in_("stopped", { exitCode: 0 }), "can't be met as the dependency has stopped."],
  ["HEALTHY", in_("running", { startTimedOut: true }), "has timed out."],
  ["COMPLETE", in_("running", { startTimedOut: true }), "has timed out."],
] as const)("%s after %o can never be", (condition, init, ending) => {
  expect(steps(condition, init).failure).toEqual({
    container: "app",
    reason: `dependency graph: container ordering dependency [init] for target [app] ${ending}`,
  });
});

test("containers stop in the reverse order of their start", () => {
  const chain: ContainerDefinition[] = [
    { name: "db" },
    { name: "proxy", dependsOn: [{ containerName: "db", condition: "START" }] },
    { name: "app", dependsOn: [{ containerName: "proxy", condition: "HEALTHY" }] },
  ];
  const progress: Progress = { db: in_("running"), proxy: in_("running"), app: in_("running") };
  expect(stopSteps(chain, progress)).toEqual(["app"]);
  expect(stopSteps(chain, { ...progress, app: in_("stopping") })).toEqual([]);
  expect(stopSteps(chain, { ...progress, app: in_("stopped") })).toEqual(["proxy"]);
  expect(stopSteps(chain, { ...progress, app: in_("stopped"), proxy: in_("stopped") })).toEqual(["db"]);
});

test("a task's health is that of its essential containers with a health check", () => {
  const check = { command: ["CMD", "true"] };
  const containers: ContainerDefinition[] = [
    { name: "a", healthCheck: check },
    { name: "b", healthCheck: check },
    { name: "helper", healthCheck: check, essential: false },
    { name: "plain" },
  ];
  const health = (a: string, b: string, helper = "UNKNOWN") =>
    taskHealth(containers, {
      a: in_("running", { healthStatus: a as never }),
      b: in_("running", { healthStatus: b as never }),
      helper: in_("running", { healthStatus: helper as never }),
      plain: in_("running"),
    });
  expect(health("HEALTHY", "UNKNOWN")).toBe("UNKNOWN");
  expect(health("UNHEALTHY", "UNKNOWN")).toBe("UNHEALTHY");
  expect(health("HEALTHY", "HEALTHY", "UNHEALTHY")).toBe("HEALTHY");
  expect(taskHealth([{ name: "plain" }], { plain: in_("running") })).toBe("UNKNOWN");
});
