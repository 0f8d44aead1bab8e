import { expect, test } from "vitest";
import { failureThreshold } from "./circuit-breaker.ts";
import { beginDeployment, drainService, rollBackByRequest } from "./deployments.ts";
import { isHealthy } from "./health.ts";
import { taskLimits } from "./limits.ts";
import { isOngoing } from "./rollout.ts";
import { schedule } from "./schedule.ts";
import { type Behaviour, type Settings, Simulation } from "./simulation.fixture.ts";
import { movesToBalance } from "./zones.ts";

const works: Behaviour = { start: 1_000, target: { after: 5_000, state: "healthy" } };
const sick: Behaviour = { start: 1_000, target: { after: 5_000, state: "unhealthy" } };

/** A service of `settings` that has become steady with tasks that work. */
function steady(settings: Settings, behaviour = works): Simulation {
  const simulation = new Simulation(settings, behaviour);
  simulation.run();
  expect(simulation.events.at(-1)).toBe("(service web) has reached a steady state.");
  simulation.events.length = 0;
  return simulation;
}

const counts = (simulation: Simulation) => ({
  old: simulation.alive("ecs-svc/1").length,
  new: simulation.alive("ecs-svc/2").length,
});

test.each([
  { desiredCount: 3, minimumHealthyPercent: 50, maximumPercent: 150, limits: { minimum: 2, maximum: 4 } },
  { desiredCount: 3, minimumHealthyPercent: 100, maximumPercent: 125, limits: { minimum: 3, maximum: 3 } },
  { desiredCount: 2, minimumHealthyPercent: 75, maximumPercent: 100, limits: { minimum: 2, maximum: 2 } },
  { desiredCount: 0, minimumHealthyPercent: 100, maximumPercent: 200, limits: { minimum: 0, maximum: 0 } },
])("limits of $desiredCount tasks at $minimumHealthyPercent/$maximumPercent %", ({ limits, ...settings }) => {
  expect(taskLimits(new Simulation(settings, works).service)).toEqual(limits);
});

test.each([
  ["BOUNDED_PERCENT", 50, 1, 3],
  ["BOUNDED_PERCENT", 50, 25, 13],
  ["BOUNDED_PERCENT", 50, 1_000, 200],
  ["UNBOUNDED_PERCENT", 50, 1_000, 500],
  ["UNBOUNDED_PERCENT", 50, 1, 1],
  ["COUNT", 7, 1_000, 7],
] as const)("the threshold %s %d of %d tasks is %d", (type, value, desiredCount, threshold) => {
  expect(failureThreshold({ type, value }, desiredCount)).toBe(threshold);
});

test("200/100: all new tasks start at once, old ones stop as new ones become healthy", () => {
  const simulation = steady({ desiredCount: 3 });
  simulation.deploy(works);
  expect(counts(simulation)).toEqual({ old: 3, new: 3 });
  simulation.run(undefined, 5_999);
  expect(counts(simulation)).toEqual({ old: 3, new: 3 });
  simulation.run(undefined, 1);
  expect(counts(simulation)).toEqual({ old: 0, new: 3 });
});

test("100/50: half of the old tasks stop first, then new ones take their place", () => {
  const simulation = steady({ desiredCount: 4, minimumHealthyPercent: 50, maximumPercent: 100 });
  simulation.deploy(works);
  expect(counts(simulation)).toEqual({ old: 2, new: 2 });
  simulation.run(undefined, 6_000);
  expect(counts(simulation)).toEqual({ old: 0, new: 4 });
});

test("a minimum of 0 stops the only task before the new one is there", () => {
  const simulation = steady({ desiredCount: 1, minimumHealthyPercent: 0 });
  simulation.deploy(works);
  expect(counts(simulation)).toEqual({ old: 0, new: 1 });
  expect(simulation.healthy()).toBe(0);
});

test.each([
  { desiredCount: 3, minimumHealthyPercent: 100, maximumPercent: 125 },
  { desiredCount: 2, minimumHealthyPercent: 75, maximumPercent: 100 },
])(
  "$minimumHealthyPercent/$maximumPercent % of $desiredCount lets nothing move, and the service says so once",
  (settings) => {
    const simulation = steady(settings);
    simulation.deploy(works);
    simulation.run();
    expect(simulation.events).toEqual([
      "(service web) was unable to stop or start tasks during a deployment because of the service deployment " +
        "configuration. Update the minimumHealthyPercent or maximumPercent value and try again.",
    ]);
    expect(simulation.service.rollout.status).toBe("IN_PROGRESS");
  },
);

test("without any health check a task counts 40 s after it runs", () => {
  const simulation = steady({ desiredCount: 1 }, { start: 0 });
  simulation.deploy({ start: 1_000 });
  simulation.run(undefined, 40_999);
  expect(counts(simulation)).toEqual({ old: 1, new: 1 });
  simulation.run(undefined, 1);
  expect(counts(simulation)).toEqual({ old: 0, new: 1 });
});

test("a task that served and fails its checks is replaced before it is stopped", () => {
  const simulation = steady({ desiredCount: 2 });
  const [first] = simulation.alive();
  simulation.setTarget(first?.id ?? "", "unhealthy");
  simulation.run(undefined, 0);
  expect(simulation.alive()).toHaveLength(3);
  simulation.run(undefined, 6_000);
  expect(simulation.alive()).toHaveLength(2);
  expect(simulation.everyTask().find(({ id }) => id === first?.id)?.retirement?.reason).toMatch(
    /^Task failed ELB health checks in \(target-group arn:.*\)$/,
  );
});

test("where maximumPercent leaves no room, unhealthy tasks are stopped one by one", () => {
  const simulation = steady({ desiredCount: 2, minimumHealthyPercent: 50, maximumPercent: 100 });
  const served = simulation.alive().map(({ id }) => id);
  for (const id of served) simulation.setTarget(id, "unhealthy");
  simulation.run(undefined, 0);
  const left = () => simulation.alive().filter(({ id }) => served.includes(id)).length;
  expect([left(), simulation.alive().length]).toEqual([1, 2]);
  simulation.run(undefined, 6_000);
  expect([left(), simulation.alive().length]).toEqual([0, 2]);
});

test("the grace period overlooks failing checks for so long after a task's start", () => {
  const simulation = steady({ desiredCount: 1, healthCheckGracePeriod: 60_000 });
  simulation.deploy(sick);
  simulation.run(undefined, 60_999);
  expect(counts(simulation)).toEqual({ old: 1, new: 1 });
  expect(simulation.service.deployments[0]?.failedTasks).toBe(0);
  simulation.run(undefined, 1);
  expect(simulation.service.deployments[0]?.failedTasks).toBe(1);
});

test("an old task that dies during a rollout is replaced by one of the old revision", () => {
  const simulation = steady({ desiredCount: 2, maximumPercent: 200 });
  const slow: Behaviour = { start: 600_000, target: { after: 1, state: "healthy" } };
  simulation.deploy(slow);
  simulation.kill(0);
  expect(counts(simulation)).toEqual({ old: 2, new: 2 });
  expect(simulation.everyTask().map(({ deployment }) => deployment)).toEqual([
    "ecs-svc/1",
    "ecs-svc/1",
    "ecs-svc/2",
    "ecs-svc/2",
    "ecs-svc/1",
  ]);
});

test("a service that grows during a rollout grows in both revisions, and ends with the new one", () => {
  const simulation = steady({ desiredCount: 2, maximumPercent: 200 });
  simulation.deploy(works);
  simulation.scale(4);
  expect(counts(simulation)).toEqual({ old: 4, new: 4 });
  simulation.run();
  expect(counts(simulation)).toEqual({ old: 0, new: 4 });
});

test("scaling in stops tasks without a deployment", () => {
  const simulation = steady({ desiredCount: 3 });
  simulation.scale(1);
  expect(simulation.alive()).toHaveLength(1);
  simulation.run();
  expect(simulation.service.rollout).toMatchObject({ deployment: "ecs-svc/1", status: "SUCCESSFUL" });
  expect(simulation.events.at(-1)).toBe("(service web) has reached a steady state.");
});

test("tasks that never reach RUNNING are tried again ever more slowly, those that exit later by the second", () => {
  const off = { enable: false };
  const failing = steady({ desiredCount: 1, circuitBreaker: off });
  failing.deploy({ start: 0, failsToStart: true });
  failing.run(undefined, 3_600_000);
  const started = failing.everyTask().filter(({ deployment }) => deployment === "ecs-svc/2");
  const waits = started.map(({ createdAt }, index) => createdAt - (started[index - 1]?.createdAt ?? createdAt));
  expect(waits.map((wait) => wait / 1_000)).toEqual([0, 0, 0, 15, 30, 60, 120, 240, 480, 960, 1_620]);
  expect(failing.events.filter((event) => event.includes("unable to consistently start"))).toHaveLength(1);
  expect(counts(failing)).toEqual({ old: 1, new: 0 });

  const crashing = steady({ desiredCount: 1, circuitBreaker: off });
  crashing.deploy({ start: 0, crashesAfter: 0 });
  crashing.run(undefined, 60_000);
  expect(crashing.everyTask().filter(({ deployment }) => deployment === "ecs-svc/2")).toHaveLength(63);
});

test.each([
  { sameTaskDefinition: false, started: 1 },
  { sameTaskDefinition: true, started: 0 },
])("a new task definition ends the waits, a new deployment alone doesn't: $sameTaskDefinition", (expected) => {
  const simulation = steady({ desiredCount: 1, circuitBreaker: { enable: false } });
  simulation.deploy({ start: 0, failsToStart: true });
  simulation.run(undefined, 3_600_000);
  const id = simulation.deploy(works, expected);
  expect(simulation.alive(id)).toHaveLength(expected.started);
  simulation.run();
  expect(simulation.service.rollout).toMatchObject({ deployment: id, status: "SUCCESSFUL" });
});

test("what lasts is said again every six hours", () => {
  const failing = steady({ desiredCount: 1, circuitBreaker: { enable: false } });
  failing.deploy({ start: 0, failsToStart: true });
  failing.run(undefined, 13 * 3_600_000);
  expect(failing.events.filter((event) => event.includes("unable to consistently start"))).toHaveLength(3);
  const idle = steady({ desiredCount: 1 });
  idle.run(undefined, 13 * 3_600_000);
  expect(idle.events).toEqual(Array(2).fill("(service web) has reached a steady state."));
});

test("early success: the deployment succeeds with the healthy tasks it asks for, the rest follows", () => {
  const half = { healthyPercent: 50, cleanup: "DEFERRED" } as const;
  const slow: Behaviour = { start: 1_000, target: { after: 5_000, state: "healthy" } };
  const simulation = steady({
    desiredCount: 4,
    minimumHealthyPercent: 50,
    maximumPercent: 100,
    earlySuccess: half,
    deregistrationDelay: 60_000,
  });
  const id = simulation.deploy(slow);
  simulation.run(() => !isOngoing(simulation.service.rollout));
  expect(simulation.service.rollout).toMatchObject({ status: "SUCCESSFUL" });
  expect(simulation.service.deployments).toMatchObject([{ id, rolloutState: "COMPLETED" }, { id: "ecs-svc/1" }]);
  expect(simulation.service.tasks.filter(({ deployment }) => deployment === id)).toHaveLength(4);
  expect(simulation.service.tasks.filter(({ phase }) => phase === "stopped")).toHaveLength(0);
  simulation.run();
  expect(counts(simulation)).toEqual({ old: 0, new: 4 });
  expect(simulation.events.at(-1)).toBe("(service web) has reached a steady state.");
});

test("early success that blocks waits for the replaced tasks, but not for all new ones", () => {
  const simulation = steady({
    desiredCount: 2,
    minimumHealthyPercent: 0,
    earlySuccess: { healthyPercent: 50, cleanup: "BLOCKING" },
    deregistrationDelay: 60_000,
  });
  const id = simulation.deploy(works);
  simulation.kill(1);
  simulation.run(() => !isOngoing(simulation.service.rollout));
  expect(simulation.service.rollout.status).toBe("SUCCESSFUL");
  expect(simulation.service.tasks.every(({ deployment, phase }) => deployment === id || phase === "stopped")).toBe(
    true,
  );
});

test("after early success failing tasks are replaced, and the breaker doesn't look any more", () => {
  const early = { healthyPercent: 0, cleanup: "DEFERRED" } as const;
  const simulation = steady({ desiredCount: 2, minimumHealthyPercent: 0, earlySuccess: early });
  simulation.deploy({ start: 0, crashesAfter: 100 });
  simulation.run(undefined, 60_000);
  expect(simulation.service.rollout.status).toBe("SUCCESSFUL");
  expect(simulation.service.deployments[0]).toMatchObject({ rolloutState: "COMPLETED", failedTasks: 0 });
  expect(simulation.everyTask().length).toBeGreaterThan(20);
});

test("StopServiceDeployment returns to the last completed deployment at the next look", () => {
  const simulation = steady({ desiredCount: 2 });
  simulation.deploy({ start: 600_000 });
  const requested = rollBackByRequest(simulation.service, simulation.now);
  expect(requested.rollout).toMatchObject({
    status: "ROLLBACK_REQUESTED",
    statusReason: "Service deployment rollback requested by the user.",
  });
  simulation.stopRollout();
  expect(simulation.service.rollout).toMatchObject({
    status: "ROLLBACK_IN_PROGRESS",
    rollback: { deployment: "ecs-svc/1" },
  });
  simulation.run();
  expect(simulation.service.rollout.status).toBe("ROLLBACK_SUCCESSFUL");
  expect(counts(simulation)).toEqual({ old: 2, new: 0 });
});

test("a deployment is PENDING until the first look, one that is overtaken STOP_REQUESTED", () => {
  const { service, now } = steady({ desiredCount: 1 });
  const options = { sameTaskDefinition: false };
  const first = beginDeployment(service, "ecs-svc/2", now, options);
  expect(first.superseded).toBeUndefined();
  expect(first.service.rollout).toMatchObject({ status: "PENDING", createdAt: now });
  const looked = schedule(first.service, now).service;
  expect(looked.rollout).toMatchObject({ status: "IN_PROGRESS", startedAt: now });
  expect(beginDeployment(looked, "ecs-svc/3", now, options).superseded).toMatchObject({
    deployment: "ecs-svc/2",
    status: "STOP_REQUESTED",
    statusReason: "Service deployment stopped because a newer service deployment started.",
  });
  const deleted = drainService(looked, now);
  expect(deleted.rollout.status).toBe("STOP_REQUESTED");
  expect(schedule(deleted, now).service.rollout).toMatchObject({
    status: "STOPPED",
    statusReason: "Service deployment stopped because the service was deleted.",
  });
});

test("an interrupted task is replaced at once, while its targets drain beside its signal", () => {
  const simulation = steady({ desiredCount: 2 });
  simulation.interrupt(0);
  expect(simulation.alive()).toHaveLength(2);
  expect(simulation.service.tasks.map(({ phase, targets }) => [phase, targets[0]?.state])).toEqual([
    ["stopping", "draining"],
    ["running", "healthy"],
    ["starting", "unused"],
  ]);
  simulation.run();
  expect(simulation.service.deployments[0]).toMatchObject({ rolloutState: "COMPLETED", failedTasks: 0 });
});

test.each([
  { counts: [2, 2, 2], moves: 0 },
  { counts: [2, 1, 1], moves: 0 },
  { counts: [2, 0], moves: 1 },
  { counts: [3, 1, 1], moves: 1 },
  { counts: [0, 6, 0], moves: 4 },
  { counts: [5], moves: 0 },
  { counts: [], moves: 0 },
])("$counts tasks per zone are balanced by $moves moves", ({ counts, moves }) => {
  expect(movesToBalance(counts)).toBe(moves);
});

test("scaling in takes from the zone with most tasks", () => {
  const simulation = steady({ desiredCount: 5, zones: ["a", "b"] });
  simulation.scale(2);
  expect(simulation.alive().map(({ zone }) => zone)).toEqual(["a", "b"]);
});

test("a zone that is back gets its share again without a healthy task less on the way", () => {
  const simulation = steady({ desiredCount: 4, maximumPercent: 125, zones: ["a", "b"] });
  simulation.loseZone("a");
  simulation.run();
  expect(simulation.alive().map(({ zone }) => zone)).toEqual(["b", "b", "b", "b"]);
  let fewest = 4;
  simulation.onLook = (_before, after) => {
    fewest = Math.min(fewest, after.tasks.filter((task) => isHealthy(task, simulation.now)).length);
  };
  simulation.regainZone("a");
  expect(simulation.alive()).toHaveLength(5);
  simulation.run();
  expect(simulation.alive().map(({ zone }) => zone)).toEqual(["b", "b", "a", "a"]);
  expect(fewest).toBe(4);
});

test("rebalancing that a rollout overtakes leaves no task too many", () => {
  const simulation = steady({ desiredCount: 2, zones: ["a", "b"] });
  simulation.loseZone("a");
  simulation.run();
  simulation.regainZone("a");
  expect(simulation.alive()).toHaveLength(3);
  simulation.deploy(works);
  simulation.run();
  expect(counts(simulation)).toEqual({ old: 0, new: 2 });
  expect(simulation.service.rebalancing).toBeUndefined();
});

test("the breaker without rollback fails the deployment, launches nothing more and leaves the old tasks", () => {
  const simulation = steady({ desiredCount: 2, circuitBreaker: { rollback: false } });
  simulation.deploy({ start: 0, failsToStart: true });
  simulation.run();
  expect(counts(simulation)).toEqual({ old: 2, new: 0 });
  expect(simulation.service.deployments).toMatchObject([
    { rolloutState: "FAILED", rolloutStateReason: "ECS deployment circuit breaker: tasks failed to start." },
    { rolloutState: "COMPLETED" },
  ]);
  expect(simulation.service.rollout).toMatchObject({
    status: "STOPPED",
    circuitBreaker: { status: "TRIGGERED", failureCount: 3 },
  });
  expect(simulation.events.filter((event) => event.includes("deployment failed"))).toEqual([
    "(service web) (deployment ecs-svc/2) deployment failed: tasks failed to start.",
  ]);
});

test("a rollback makes the last completed deployment PRIMARY and IN_PROGRESS again, until it is steady", () => {
  const simulation = steady({ desiredCount: 2 });
  simulation.deploy(sick);
  simulation.run(() => simulation.service.deployments[0]?.id === "ecs-svc/1");
  expect(simulation.service.deployments).toMatchObject([
    {
      id: "ecs-svc/1",
      rolloutState: "IN_PROGRESS",
      rolloutStateReason: "ECS deployment circuit breaker: rolling back to deploymentId ecs-svc/1.",
    },
    { id: "ecs-svc/2", rolloutState: "FAILED" },
  ]);
  expect(simulation.service.rollout.status).toBe("ROLLBACK_IN_PROGRESS");
  simulation.run();
  expect(simulation.service.deployments).toMatchObject([{ id: "ecs-svc/1", rolloutState: "COMPLETED" }]);
  expect(simulation.service.rollout).toMatchObject({ status: "ROLLBACK_SUCCESSFUL", deployment: "ecs-svc/2" });
  expect(simulation.events.slice(-2)).toEqual([
    "(service web) (deployment ecs-svc/1) deployment completed.",
    "(service web) has reached a steady state.",
  ]);
});

test("a first deployment that fails has nothing to return to", () => {
  const simulation = new Simulation({ desiredCount: 1 }, { start: 0, failsToStart: true });
  simulation.run();
  expect(simulation.service.rollout).toMatchObject({ status: "ROLLBACK_FAILED", deployment: "ecs-svc/1" });
  expect(simulation.everyTask()).toHaveLength(3);
});

test("a healthy task takes the failures before it away, unless the breaker is told otherwise", () => {
  for (const resetOnHealthyTask of [true, false]) {
    const simulation = steady({ desiredCount: 2, circuitBreaker: { resetOnHealthyTask } });
    const id = simulation.deploy(works);
    simulation.kill(2);
    expect(simulation.service.deployments[0]?.failedTasks).toBe(1);
    simulation.run(() => simulation.alive(id).some(({ wasHealthy }) => wasHealthy));
    expect(simulation.service.deployments[0]?.failedTasks).toBe(resetOnHealthyTask ? 0 : 1);
  }
});

test("a deployment that replaces an unfinished one returns to the one that completed", () => {
  const simulation = steady({ desiredCount: 2 });
  simulation.deploy(works);
  const third = simulation.deploy({ start: 0, failsToStart: true });
  simulation.run();
  expect(simulation.service.rollout).toMatchObject({
    deployment: third,
    status: "ROLLBACK_SUCCESSFUL",
    rollback: { deployment: "ecs-svc/1" },
  });
  expect(simulation.alive("ecs-svc/1")).toHaveLength(2);
});

test("an old task that fails its checks during a rollout stays until the one that replaces it is healthy", () => {
  const simulation = steady({ desiredCount: 2, maximumPercent: 300 });
  simulation.deploy({ start: 600_000 });
  simulation.setTarget(simulation.alive()[0]?.id ?? "", "unhealthy");
  simulation.run(undefined, 5_999);
  expect(counts(simulation)).toEqual({ old: 3, new: 2 });
  simulation.run(undefined, 1);
  expect(counts(simulation)).toEqual({ old: 2, new: 2 });
});

test("an old task that dies is replaced before more new tasks start, where there is room for only one", () => {
  const simulation = steady({ desiredCount: 2, maximumPercent: 150 });
  simulation.deploy(works);
  simulation.kill(0);
  expect(counts(simulation)).toEqual({ old: 2, new: 1 });
});

test("where nothing can move, the place of an old task that dies is the new revision's", () => {
  const simulation = steady({ desiredCount: 2, minimumHealthyPercent: 100, maximumPercent: 125 });
  simulation.deploy(works);
  simulation.kill(0);
  expect(counts(simulation)).toEqual({ old: 1, new: 1 });
});

test("a task that has served and then exits is no failure of the deployment", () => {
  const simulation = steady({ desiredCount: 2 });
  const id = simulation.deploy(works);
  simulation.run(() => simulation.alive(id).every(({ wasHealthy }) => wasHealthy));
  simulation.kill(0);
  expect(simulation.alive(id)).toHaveLength(2);
  expect(simulation.service.deployments[0]).toMatchObject({ rolloutState: "IN_PROGRESS", failedTasks: 0 });
});

test("a failing task of a revision that is never started again goes at the very look that finds it", () => {
  const limits = {
    desiredCount: 3,
    minimumHealthyPercent: 1,
    maximumPercent: 100,
    deregistrationDelay: 0,
    stopTime: 0,
  };
  const circuitBreaker = { resetOnHealthyTask: false, threshold: { type: "COUNT" as const, value: 1 } };
  const simulation = steady({ ...limits, circuitBreaker }, { start: 0 });
  simulation.deploy({ start: 0, target: { after: 2, state: "healthy" } });
  const failOne = (id: string) => {
    const [first] = simulation.alive(id);
    if (first?.targets.length) simulation.setTarget(first.id, "unhealthy");
    else simulation.kill(simulation.alive().findIndex((task) => task.id === first?.id));
  };
  simulation.run(() => simulation.healthy("ecs-svc/2") === 2);
  failOne("ecs-svc/2");
  simulation.run(() => simulation.service.rollout.status === "ROLLBACK_IN_PROGRESS");
  simulation.run(undefined, 2);
  failOne("ecs-svc/1");
  expect(simulation.service.rollout.status).toBe("ROLLBACK_FAILED");
  simulation.run(undefined, 40_000);
  failOne("ecs-svc/2");
  simulation.run(undefined, 0);
  expect(simulation.alive("ecs-svc/2")).toEqual([]);
});
