import { expect, test } from "vitest";
import { rollBackByRequest } from "./deployments.ts";
import { isHealthy } from "./health.ts";
import { schedule } from "./schedule.ts";
import { type Behaviour, type Settings, Simulation } from "./simulation.fixture.ts";
import type { DeploymentPlan } from "./state.ts";

const hour = 3_600_000;
const works: Behaviour = { start: 1_000, target: { after: 5_000, state: "healthy" } };
const plan: DeploymentPlan = {
  strategy: "BLUE_GREEN",
  steps: [{ percent: 100, bake: 0 }],
  bakeTime: hour,
  hooks: [],
};

/** A service whose second deployment has come as far as it gets in a minute. */
function deploying(behaviour: Behaviour, settings: Partial<Settings> = {}): Simulation {
  const simulation = new Simulation({ desiredCount: 2, plan, ...settings }, works);
  simulation.run();
  simulation.deploy(behaviour);
  simulation.run(undefined, 60_000);
  return simulation;
}

test("one look returns the traffic of a deployment that is stopped while it bakes, and stops no task yet", () => {
  const simulation = deploying(works);
  expect(simulation.service.rollout.lifecycle?.stage).toBe("BAKE_TIME");
  const { service, actions } = schedule(rollBackByRequest(simulation.service, simulation.now), simulation.now);
  expect(actions).toEqual([
    { type: "shiftTraffic", rule: "production", weights: { "ecs-svc/1": 100 } },
    { type: "shiftTraffic", rule: "test", weights: { "ecs-svc/1": 100 } },
  ]);
  expect(service.rollout).toMatchObject({
    status: "ROLLBACK_IN_PROGRESS",
    lifecycle: { stage: "PRODUCTION_TRAFFIC_SHIFT" },
  });
});

test("a rollback waits for a healthy task of the revision before, where only the new one has any", () => {
  const simulation = deploying(works);
  for (const { id } of simulation.alive("ecs-svc/1")) simulation.setTarget(id, "unhealthy");
  simulation.stopRollout();
  expect(simulation.rules.production).toEqual({ first: 0, alternate: 100 });
  simulation.run(undefined, 6_000);
  expect(simulation.rules.production).toEqual({ first: 100, alternate: 0 });
  simulation.run(undefined, 60_000);
  expect(simulation.service.rollout.status).toBe("ROLLBACK_SUCCESSFUL");
});

test("a stage that doesn't get done in 24 hours turns the deployment back", () => {
  const simulation = deploying({ start: 1_000, failsToStart: true }, { circuitBreaker: { enable: false } });
  simulation.run(undefined, 23.9 * hour);
  expect(simulation.service.rollout).toMatchObject({ status: "IN_PROGRESS", lifecycle: { stage: "SCALE_UP" } });
  simulation.run(undefined, hour);
  expect(simulation.service.rollout).toMatchObject({
    status: "ROLLBACK_SUCCESSFUL",
    statusReason: "Service deployment rolled back because a lifecycle stage took longer than 24 hours.",
  });
});

test("a service without capacity for two revisions at once by maximumPercent still gets both", () => {
  const simulation = deploying(works, { minimumHealthyPercent: 50, maximumPercent: 100 });
  expect([simulation.alive("ecs-svc/1").length, simulation.alive("ecs-svc/2").length]).toEqual([2, 2]);
});

test("a blue/green deployment that overtakes a rolling one half-way lets its tasks serve until the revision before is complete", () => {
  const rolling: DeploymentPlan = { strategy: "ROLLING", steps: [], bakeTime: 0, hooks: [] };
  const limits = { desiredCount: 4, minimumHealthyPercent: 75, maximumPercent: 100 };
  const simulation = new Simulation({ ...limits, plan: rolling }, works);
  simulation.run();
  simulation.deploy(works);
  simulation.run(() => simulation.healthy("ecs-svc/2") === 1);
  expect(simulation.healthy("ecs-svc/1")).toBe(2);
  let fewest = Number.POSITIVE_INFINITY;
  simulation.onLook = (_before, after) => {
    fewest = Math.min(fewest, after.tasks.filter((task) => isHealthy(task, simulation.now)).length);
  };
  simulation.plan(plan);
  simulation.deploy(works);
  simulation.run(() => simulation.service.rollout.lifecycle?.stage === "BAKE_TIME");
  expect(fewest).toBe(3);
  expect(simulation.service.deployments.map(({ id }) => [id, simulation.healthy(id)])).toEqual([
    ["ecs-svc/3", 4],
    ["ecs-svc/1", 4],
  ]);
});

test("an overtaken deployment that serves is given no more tasks, also where one of its own fails its checks", () => {
  const simulation = new Simulation({ desiredCount: 1, plan }, works);
  simulation.run();
  simulation.deploy(works);
  simulation.run(() => simulation.service.rollout.lifecycle?.stage === "BAKE_TIME");
  for (const { id } of simulation.alive()) simulation.setTarget(id, "unhealthy");
  simulation.run(undefined, 0);
  const failingAndNew = simulation.alive("ecs-svc/2").map(({ id }) => id);
  expect(failingAndNew).toHaveLength(2);
  simulation.deploy(works);
  expect(simulation.alive("ecs-svc/2").map(({ id }) => id)).toEqual(failingAndNew);
  simulation.run();
  expect(simulation.alive().map(({ deployment }) => deployment)).toEqual(["ecs-svc/3"]);
});
