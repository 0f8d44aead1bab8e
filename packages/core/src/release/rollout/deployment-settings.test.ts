import { describe, expect, test } from "vitest";
import type { Rollout, Service } from "../../config/app.ts";
import { shop } from "../release.fixture.ts";
import { comparableConfiguration, deploymentConfiguration, plainRolling, withoutGates } from "./deployment-settings.ts";

const { rollout } = shop.services.web as Service;
const configured = (changes: Partial<Rollout>) => deploymentConfiguration({ ...rollout, ...changes });

describe("what ECS is told of a rollout", () => {
  test("blue-green: seconds become whole minutes, and no circuit breaker, which only rolling has", () => {
    expect(configured({ strategy: "blue-green", bakeSeconds: 61 })).toEqual({
      strategy: "BLUE_GREEN",
      minimumHealthyPercent: 100,
      maximumPercent: 200,
      deploymentCircuitBreaker: { enable: false, rollback: false },
      alarms: { alarmNames: [], enable: false, rollback: false },
      lifecycleHooks: [],
      bakeTimeInMinutes: 2,
    });
  });

  test("linear and canary have their steps", () => {
    expect(configured({ strategy: "linear", stepPercent: 25, stepSeconds: 60 })).toMatchObject({
      strategy: "LINEAR",
      linearConfiguration: { stepPercent: 25, stepBakeTimeInMinutes: 1 },
    });
    expect(configured({ strategy: "canary", stepPercent: 5, stepSeconds: 0 })).toMatchObject({
      strategy: "CANARY",
      canaryConfiguration: { canaryPercent: 5, canaryBakeTimeInMinutes: 0 },
    });
  });

  test("a gate is one pause before production traffic, with its time and what follows", () => {
    const gate = { approve: "manual", gateSeconds: 7200, onGateTimeout: "continue" } as const;
    const pause = { targetType: "PAUSE", timeoutConfiguration: { timeoutInMinutes: 120, action: "CONTINUE" } };
    expect(configured({ ...gate, strategy: "canary" }).lifecycleHooks).toEqual([
      { ...pause, lifecycleStages: ["POST_TEST_TRAFFIC_SHIFT"] },
    ]);
    // A rolling update has no stage with new tasks and without their traffic.
    expect(configured({ ...gate, strategy: "rolling" }).lifecycleHooks).toEqual([
      { ...pause, lifecycleStages: ["PRE_SCALE_UP"] },
    ]);
    const check = { kind: "path", path: "/smoke" } as const;
    expect(configured({ strategy: "blue-green", check }).lifecycleHooks).toHaveLength(1);
    // Its check comes when it has finished.
    expect(configured({ strategy: "rolling", check }).lifecycleHooks).toEqual([]);
  });

  test("alarms roll back", () => {
    expect(configured({ alarms: ["web-5xx"] }).alarms).toEqual({
      alarmNames: ["web-5xx"],
      enable: true,
      rollback: true,
    });
  });

  test("early success lowers what has to be healthy: ECS refuses it otherwise", () => {
    expect(configured({ earlySuccessPercent: 60 })).toMatchObject({
      minimumHealthyPercent: 60,
      earlySuccessCriteria: { enable: true, healthyPercent: 60, sourceServiceRevisionCleanup: "DEFERRED" },
    });
  });
});

test("on the way back nobody is asked, and nothing goes step by step", () => {
  const canary = configured({ strategy: "canary", approve: "manual", bakeSeconds: 600, alarms: ["web-5xx"] });
  expect(withoutGates(canary)).toEqual({
    strategy: "BLUE_GREEN",
    minimumHealthyPercent: 100,
    maximumPercent: 200,
    deploymentCircuitBreaker: { enable: false, rollback: false },
    alarms: canary.alarms,
    lifecycleHooks: [],
    bakeTimeInMinutes: 0,
  });
  expect(withoutGates(configured({ approve: "manual" }))).toMatchObject({ strategy: "ROLLING", lifecycleHooks: [] });
});

test("what a service runs is rolled out anew without its gate, with its alarms, and until all of it is replaced", () => {
  const changes = { approve: "manual", bakeSeconds: 600, alarms: ["web-5xx"], earlySuccessPercent: 50 } as const;
  const canary: Rollout = { ...rollout, ...changes, alarms: [...changes.alarms], strategy: "canary" };
  expect(plainRolling(canary)).toEqual(configured({ alarms: ["web-5xx"] }));
});

test("what ECS completes, and the order of alarms, makes no difference", () => {
  const asked = configured({ strategy: "blue-green", alarms: ["b", "a"] });
  expect(comparableConfiguration({ ...asked, alarms: { ...asked.alarms, alarmNames: ["a", "b"] } as never })).toEqual(
    comparableConfiguration(asked),
  );
  const shown = { ...configured({}), bakeTimeInMinutes: 0, earlySuccessCriteria: undefined, lifecycleHooks: undefined };
  expect(comparableConfiguration(shown)).toEqual(comparableConfiguration(configured({})));
});
