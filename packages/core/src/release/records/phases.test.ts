import { expect, test } from "vitest";
import type { FardelEvent } from "../../events.ts";
import type { Time } from "../time.ts";
import { phasesSince } from "./phases.ts";

const start = Date.UTC(2026, 0, 1);

/** A clock that is set by hand. */
function phasesAt() {
  let now = start;
  const emitted: FardelEvent[] = [];
  const time: Time = { now: () => now, after: () => () => {} };
  const phases = phasesSince(start, time, (event) => emitted.push(event));
  const at = (seconds: number) => {
    now = start + seconds * 1000;
  };
  return { phases, emitted, at };
}

const counts = { desired: 2, running: 0, healthy: 0, pending: 0, failed: 0, oldRunning: 2 };
const progress = (service: string, changed: Partial<typeof counts> & { stage?: string }): FardelEvent => ({
  type: "rollout.progress",
  service,
  ...counts,
  ...changed,
});
const began = (service: string): FardelEvent => ({
  type: "rollout.started",
  service,
  revision: `${service}:1`,
  action: "update",
});
const finished = (service: string): FardelEvent => ({
  type: "rollout.finished",
  service,
  outcome: "serving",
  durationMs: 0,
});

test("steps follow each other, and what passed before the first is one of them", async () => {
  const { phases, emitted, at } = phasesAt();
  at(1);
  phases.passed("lock");
  await phases.measure("looking", async () => at(3));
  await expect(
    phases.measure("preflight", async () => {
      at(4);
      throw new Error("no");
    }),
  ).rejects.toThrow("no");
  expect(phases.done).toEqual([
    { name: "lock", startMs: 0, durationMs: 1000 },
    { name: "looking", startMs: 1000, durationMs: 2000 },
    { name: "preflight", startMs: 3000, durationMs: 1000 },
  ]);
  expect(emitted).toEqual([
    { type: "release.phase", phase: "lock", durationMs: 1000 },
    { type: "release.phase", phase: "looking", durationMs: 2000 },
    { type: "release.phase", phase: "preflight", durationMs: 1000 },
  ]);
});

test("builds, pushes and tasks are parts; what was there already took no time", async () => {
  const { phases, at } = phasesAt();
  at(2);
  await phases.measure("images", async () => {
    at(5);
    // Begun beside the infrastructure, before the release was.
    phases.emit({ type: "image.built", image: "web", digest: "", sizeBytes: 9000, durationMs: 7000, cached: false });
    phases.emit({ type: "image.built", image: "api", digest: "", sizeBytes: 9000, durationMs: 100, cached: true });
    at(6);
    phases.emit({ type: "image.pushed", image: "web", reference: "", sentBytes: 400, durationMs: 1000 });
  });
  await phases.measure("before-tasks", async () => {
    phases.emit({ type: "task.started", task: "migrate", taskArn: "" });
    at(10);
    phases.emit({ type: "task.finished", task: "migrate", exitCode: 0, durationMs: 1500 });
  });
  expect(phases.done).toEqual([
    { name: "images", startMs: 2000, durationMs: 4000 },
    { name: "build", within: "images", of: "web", startMs: 2000, durationMs: 3000, bytes: 9000 },
    { name: "push", within: "images", of: "web", startMs: 5000, durationMs: 1000, bytes: 400 },
    { name: "before-tasks", startMs: 6000, durationMs: 4000 },
    { name: "task", within: "before-tasks", of: "migrate", startMs: 6000, durationMs: 4000 },
  ]);
});

test("a rollout starts its tasks, waits for their health, and drains the old ones, also before the next wave", async () => {
  const { phases, at } = phasesAt();
  await phases.measure("rollouts", async () => {
    phases.emit(began("web"));
    at(3);
    phases.emit(progress("web", { running: 2 }));
    at(5);
    phases.emit(progress("web", { running: 2, healthy: 2, oldRunning: 1 }));
    at(6);
    phases.emit(progress("web", { running: 2, healthy: 2, oldRunning: 0 }));
    at(9);
    phases.emit(finished("web"));
    at(10);
    phases.emit(began("worker"));
    at(11);
    phases.emit(progress("worker", { running: 2, healthy: undefined, oldRunning: 0 }));
    at(14);
    phases.emit(finished("worker"));
  });
  const part = (of: string, name: string, startMs: number, durationMs: number) => ({
    name,
    within: "rollouts",
    of,
    startMs,
    durationMs,
  });
  expect(phases.done).toEqual([
    { name: "rollouts", startMs: 0, durationMs: 14_000 },
    part("web", "start", 0, 3000),
    part("web", "health", 3000, 3000),
    part("web", "drain", 6000, 3000),
    part("web", "drain", 9000, 1000),
    part("worker", "start", 10_000, 1000),
    // A new one has nothing to drain.
    part("worker", "health", 11_000, 3000),
  ]);
});

test("a rollout in stages tells its gate, shift, bake and clean-up apart", async () => {
  const { phases, at } = phasesAt();
  const stage = (seconds: number, name: string) => {
    at(seconds);
    phases.emit(progress("web", { running: 2, healthy: 2, stage: name }));
  };
  await phases.measure("rollouts", async () => {
    phases.emit(began("web"));
    stage(3, "SCALE_UP");
    stage(5, "TEST_TRAFFIC_SHIFT");
    at(6);
    phases.emit({
      type: "rollout.waiting",
      environment: "local",
      service: "web",
      waitsFor: "approval",
      otherwise: "roll-back",
    });
    stage(20, "PRE_PRODUCTION_TRAFFIC_SHIFT");
    stage(21, "PRODUCTION_TRAFFIC_SHIFT");
    stage(30, "BAKE_TIME");
    stage(90, "CLEAN_UP");
    at(100);
    phases.emit(finished("web"));
  });
  const parts = phases.done.filter(({ of }) => of === "web");
  expect(parts.map(({ name, startMs, durationMs }) => [name, startMs / 1000, durationMs / 1000])).toEqual([
    ["start", 0, 3],
    ["health", 3, 2],
    ["shift", 5, 1],
    ["gate", 6, 14],
    ["shift", 20, 10],
    ["bake", 30, 60],
    ["drain", 90, 10],
  ]);
});

test("what a rolling update is checked and watched for when it has finished is told apart, and the next wave's wait after it", async () => {
  const { phases, at } = phasesAt();
  await phases.measure("rollouts", async () => {
    phases.emit(began("web"));
    at(2);
    phases.emit(progress("web", { running: 2 }));
    at(5);
    phases.emit(progress("web", { running: 2, healthy: 2, oldRunning: 0 }));
    at(6);
    phases.emit(finished("web"));
    at(8);
    phases.emit({ type: "rollout.checked", service: "web" });
    at(9);
    phases.emit({ type: "rollout.baking", service: "web", until: "" });
    at(39);
    phases.emit({ type: "rollout.baked", service: "web", outcome: "serving", durationMs: 30_000 });
    at(40);
    phases.emit(began("worker"));
    phases.emit(finished("worker"));
  });
  const parts = phases.done.filter(({ of }) => of === "web");
  expect(parts.map(({ name, startMs, durationMs }) => [name, startMs / 1000, durationMs / 1000])).toEqual([
    ["start", 0, 2],
    ["health", 2, 3],
    ["drain", 5, 1],
    ["check", 6, 2],
    ["drain", 8, 1],
    ["bake", 9, 30],
    ["drain", 39, 1],
  ]);
});
