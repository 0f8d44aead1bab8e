import { expect, test } from "vitest";
import {
  createService,
  describeTasks,
  register,
  rollouts,
  service,
  shiftedLoadBalancers,
  update,
  weights,
  worldWithCluster,
} from "./scenario.fixture.ts";
import type { ImageBehaviour, World } from "./world.fixture.ts";

const minute = 60_000;

/** A service `web` of two tasks with the strategy, its first revision serving. */
async function serving(deploymentConfiguration: object): Promise<World> {
  const world = await worldWithCluster();
  await register(world, "web:1", {});
  await createService(world, { loadBalancers: shiftedLoadBalancers(world), deploymentConfiguration });
  await world.clock.advance(10_000);
  expect((await rollouts(world))[0]).toMatchObject({ status: "SUCCESSFUL", lifecycleStage: "CLEAN_UP" });
  return world;
}

async function deploy(world: World, behaviour: ImageBehaviour = {}): Promise<string> {
  const arn = await register(world, `web:${world.images.size + 1}`, behaviour);
  await update(world, { taskDefinition: "web" });
  return arn;
}

const blueGreen = { strategy: "BLUE_GREEN", bakeTimeInMinutes: 5 };

async function stage(world: World): Promise<string | undefined> {
  return (await rollouts(world))[0]?.lifecycleStage;
}

async function counts(world: World) {
  const { deployments = [] } = await service(world);
  return deployments.map(({ runningCount }) => runningCount);
}

async function stop(world: World): Promise<void> {
  const [{ serviceDeploymentArn = "" } = {}] = await rollouts(world);
  await world.call.StopServiceDeployment({ serviceDeploymentArn, stopType: "ROLLBACK" }, world.caller);
}

test("the first deployment of a service takes the first target group, writes both into the rules and doesn't bake", async () => {
  const world = await serving(blueGreen);
  expect(weights(world, world.productionRule)).toEqual([100, 0]);
  expect(weights(world, world.testRule)).toEqual([100, 0]);
  expect([...world.targets.values()]).toEqual(["healthy", "healthy"]);
});

test("blue/green: the new revision stands beside the old one, takes test traffic, then all traffic, bakes, and the old one goes", async () => {
  const world = await serving(blueGreen);
  const second = await deploy(world);
  await world.clock.advance(1_000);
  expect(await stage(world)).toBe("SCALE_UP");
  expect(await counts(world)).toEqual([2, 2]);
  expect(weights(world, world.productionRule)).toEqual([100, 0]);
  await world.clock.advance(6_000);
  expect(await stage(world)).toBe("BAKE_TIME");
  expect([weights(world, world.productionRule), weights(world, world.testRule)]).toEqual([
    [0, 100],
    [0, 100],
  ]);
  const [{ sourceServiceRevisions, targetServiceRevision } = {}] = await rollouts(world);
  expect(sourceServiceRevisions).toMatchObject([{ requestedTaskCount: 2, requestedProductionTrafficWeight: 0 }]);
  expect(targetServiceRevision).toMatchObject({
    requestedTaskCount: 2,
    runningTaskCount: 2,
    requestedProductionTrafficWeight: 100,
    requestedTestTrafficWeight: 100,
  });
  await world.clock.advance(4 * minute);
  expect(await counts(world)).toEqual([2, 2]);
  await world.clock.advance(2 * minute);
  expect((await service(world)).deployments).toMatchObject([
    { status: "PRIMARY", rolloutState: "COMPLETED", taskDefinition: second, runningCount: 2 },
  ]);
  expect((await rollouts(world))[0]).toMatchObject({ status: "SUCCESSFUL", lifecycleStage: "CLEAN_UP" });
  expect([[...world.targets.values()], [...world.alternateTargets.values()]]).toEqual([[], ["healthy", "healthy"]]);
  await deploy(world);
  await world.clock.advance(7_000);
  expect(weights(world, world.productionRule)).toEqual([100, 0]);
});

test("a rollback while it bakes returns the traffic at once to tasks that have run all the time", async () => {
  const world = await serving(blueGreen);
  const before = (await describeTasks(world)).map(({ taskArn }) => taskArn).sort();
  await deploy(world);
  await world.clock.advance(60_000);
  expect(weights(world, world.productionRule)).toEqual([0, 100]);
  await stop(world);
  await world.clock.advance(1);
  expect([weights(world, world.productionRule), weights(world, world.testRule)]).toEqual([
    [100, 0],
    [100, 0],
  ]);
  await world.clock.advance(60_000);
  expect((await rollouts(world))[0]).toMatchObject({ status: "ROLLBACK_SUCCESSFUL" });
  expect((await describeTasks(world)).map(({ taskArn }) => taskArn).sort()).toEqual(before);
});

const paused = (stage: string, more: object = {}) => ({
  ...blueGreen,
  lifecycleHooks: [{ targetType: "PAUSE" as const, lifecycleStages: [stage], ...more }],
});

/** The newest deployment's hooks. */
async function hooks(world: World) {
  return (await rollouts(world))[0]?.lifecycleHookDetails ?? [];
}

async function answer(world: World, action: "CONTINUE" | "ROLLBACK"): Promise<void> {
  const [{ serviceDeploymentArn = "", lifecycleHookDetails = [] } = {}] = await rollouts(world);
  const hookId = lifecycleHookDetails.find(({ status }) => status === "AWAITING_ACTION")?.hookId ?? "";
  await world.call.ContinueServiceDeployment({ serviceDeploymentArn, hookId, action }, world.caller);
}

test("a PAUSE hook waits at its stage until it is answered, and can be answered once", async () => {
  const world = await serving(blueGreen);
  await update(world, { deploymentConfiguration: paused("POST_TEST_TRAFFIC_SHIFT") });
  await deploy(world);
  await world.clock.advance(10 * minute);
  expect(await stage(world)).toBe("POST_TEST_TRAFFIC_SHIFT");
  expect([weights(world, world.productionRule), weights(world, world.testRule)]).toEqual([
    [100, 0],
    [0, 100],
  ]);
  expect(await hooks(world)).toEqual([
    {
      hookId: expect.any(String),
      targetType: "PAUSE",
      status: "AWAITING_ACTION",
      expiresAt: expect.any(Date),
      timeoutAction: "ROLLBACK",
    },
  ]);
  await answer(world, "CONTINUE");
  await world.clock.advance(1);
  expect(await stage(world)).toBe("BAKE_TIME");
  expect(await hooks(world)).toMatchObject([{ status: "SUCCEEDED" }]);
  await expect(answer(world, "CONTINUE")).rejects.toThrow("The service deployment has no lifecycle hook .");
});

test("a hook answered with ROLLBACK, or by nobody until its time is up, turns the deployment back", async () => {
  const world = await serving(blueGreen);
  await update(world, { deploymentConfiguration: paused("POST_TEST_TRAFFIC_SHIFT") });
  await deploy(world);
  await world.clock.advance(minute);
  await answer(world, "ROLLBACK");
  await world.clock.advance(minute);
  expect((await rollouts(world))[0]).toMatchObject({
    status: "ROLLBACK_SUCCESSFUL",
    statusReason: "Service deployment rolled back because a lifecycle hook was answered with ROLLBACK.",
    lifecycleHookDetails: [{ status: "FAILED" }],
  });
  await deploy(world);
  await world.clock.advance(24 * 60 * minute);
  expect(weights(world, world.testRule)).toEqual([0, 100]);
  await world.clock.advance(minute);
  expect((await rollouts(world))[0]).toMatchObject({
    status: "ROLLBACK_SUCCESSFUL",
    lifecycleHookDetails: [{ status: "TIMED_OUT" }],
  });
  expect(weights(world, world.testRule)).toEqual([100, 0]);
});
