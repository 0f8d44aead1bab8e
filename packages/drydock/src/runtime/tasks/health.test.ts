import type { HealthCheck, HealthStatus } from "@aws-sdk/client-ecs";
import { expect, test, vi } from "vitest";
import { watchHealth } from "./health.ts";

/** Runs a check over virtual seconds with the given answers; what was reported, and at which second. */
async function watch(check: Partial<HealthCheck>, answers: (number | undefined)[], seconds: number) {
  let now = 0;
  let timers: { at: number; callback: () => void }[] = [];
  const reports: [second: number, HealthStatus][] = [];
  const execute = vi.fn(async () => answers.shift());
  const cancel = watchHealth({
    check: { command: ["CMD-SHELL", "curl -f http://localhost/ || exit 1"], ...check },
    status: "UNKNOWN",
    clock: {
      now: () => now,
      after(delay, callback) {
        const timer = { at: now + delay, callback };
        timers.push(timer);
        return () => {
          timers = timers.filter((other) => other !== timer);
        };
      },
    },
    execute,
    report: (status) => reports.push([now / 1000, status]),
  });
  for (; now <= seconds * 1000; now += 1000) {
    const due = timers.filter(({ at }) => at <= now);
    timers = timers.filter(({ at }) => at > now);
    for (const { callback } of due) callback();
    await new Promise(setImmediate);
  }
  cancel();
  return { reports, execute, timers };
}

test("defaults: every 30 s, unhealthy after three failures in a row", async () => {
  const { reports, execute } = await watch({}, [1, 0, 1, undefined, 1], 200);
  expect(reports).toEqual([
    [60, "HEALTHY"],
    [150, "UNHEALTHY"],
  ]);
  expect(execute).toHaveBeenCalledWith(["/bin/sh", "-c", "curl -f http://localhost/ || exit 1"], 5000);
});

test("failures in the start period don't count, a success ends it", async () => {
  const times = { interval: 5, startPeriod: 20, retries: 1 };
  expect((await watch(times, [1, 1, 1, 1], 20)).reports).toEqual([[20, "UNHEALTHY"]]);
  expect((await watch(times, [0, 1], 10)).reports).toEqual([
    [5, "HEALTHY"],
    [10, "UNHEALTHY"],
  ]);
});

test("CMD is executed without a shell; cancelling leaves no timer", async () => {
  const { execute, timers } = await watch({ command: ["CMD", "node", "check.js"], timeout: 2 }, [0], 30);
  expect(execute).toHaveBeenCalledWith(["node", "check.js"], 2000);
  expect(timers).toEqual([]);
});
