import { expect, test } from "vitest";
import {
  createService,
  describeTasks,
  loadBalancers,
  messages,
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
      hookId: expect.stringMatching(/^ecs-pause-[\w-]{43}$/),
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

test("canary: one share, its bake, then the rest; fractions of a percent are weights of a thousand", async () => {
  const canaryConfiguration = { canaryPercent: 2.5, canaryBakeTimeInMinutes: 10 };
  const world = await serving({ strategy: "CANARY", bakeTimeInMinutes: 5, canaryConfiguration });
  await deploy(world);
  await world.clock.advance(7_000);
  expect(weights(world, world.productionRule)).toEqual([975, 25]);
  const [{ sourceServiceRevisions, targetServiceRevision } = {}] = await rollouts(world);
  expect([sourceServiceRevisions?.[0], targetServiceRevision]).toMatchObject([
    { requestedProductionTrafficWeight: 97.5 },
    { requestedProductionTrafficWeight: 2.5 },
  ]);
  await world.clock.advance(9 * minute);
  expect(await stage(world)).toBe("PRODUCTION_TRAFFIC_SHIFT");
  await world.clock.advance(minute);
  expect([await stage(world), weights(world, world.productionRule)]).toEqual(["BAKE_TIME", [0, 100]]);
});

test("linear: equal steps, each with its bake but the last, and a hook before each of them", async () => {
  const world = await serving(blueGreen);
  const hook = { targetType: "PAUSE" as const, lifecycleStages: ["PRE_PRODUCTION_TRAFFIC_SHIFT" as const] };
  const linear = { strategy: "LINEAR", bakeTimeInMinutes: 1, linearConfiguration: { stepPercent: 40 } };
  await update(world, { deploymentConfiguration: { ...linear, lifecycleHooks: [hook] } });
  await deploy(world);
  await world.clock.advance(7_000);
  const seen = [];
  for (let step = 0; step < 3; step++) {
    expect(await stage(world)).toBe("PRE_PRODUCTION_TRAFFIC_SHIFT");
    await answer(world, "CONTINUE");
    await world.clock.advance(1);
    seen.push(weights(world, world.productionRule));
    await world.clock.advance(step < 2 ? 6 * minute : 0);
  }
  expect(seen).toEqual([
    [60, 40],
    [20, 80],
    [0, 100],
  ]);
  expect(await stage(world)).toBe("BAKE_TIME");
  expect(await hooks(world)).toHaveLength(3);
});

test("the circuit breaker turns a blue/green deployment back before it has had any traffic", async () => {
  const world = await serving({ ...blueGreen, deploymentCircuitBreaker: { enable: true, rollback: true } });
  await deploy(world, { target: "unhealthy" });
  await world.clock.advance(2 * minute);
  expect((await rollouts(world))[0]).toMatchObject({
    status: "ROLLBACK_SUCCESSFUL",
    statusReason: "Service deployment rolled back because the circuit breaker threshold was exceeded.",
  });
  expect([weights(world, world.productionRule), weights(world, world.testRule)]).toEqual([
    [100, 0],
    [100, 0],
  ]);
  expect(await counts(world)).toEqual([2]);
});

test.each([
  ["ROLLBACK_SUCCESSFUL", true, [100, 0]],
  ["STOPPED", false, [0, 100]],
])("an alarm raised while it bakes ends a deployment: %s", async (status, rollback, production) => {
  const alarms = { alarmNames: ["5xx", "slow"], enable: true, rollback };
  const world = await serving({ ...blueGreen, alarms });
  world.alarms.add("slow");
  await deploy(world);
  await world.clock.advance(minute);
  expect((await rollouts(world))[0]).toMatchObject({
    lifecycleStage: "BAKE_TIME",
    alarms: { status: "MONITORING", alarmNames: ["5xx", "slow"], triggeredAlarmNames: [] },
  });
  world.alarms.add("5xx");
  await world.clock.advance(minute);
  expect((await rollouts(world))[0]).toMatchObject({
    status,
    alarms: { status: "TRIGGERED", triggeredAlarmNames: ["5xx"] },
  });
  expect(weights(world, world.productionRule)).toEqual(production);
});

test("a deployment that overtakes one in its bake first takes the traffic back, then uses the same target group anew", async () => {
  const world = await serving(blueGreen);
  await deploy(world);
  await world.clock.advance(minute);
  expect(weights(world, world.productionRule)).toEqual([0, 100]);
  await deploy(world);
  await world.clock.advance(1);
  expect([await stage(world), weights(world, world.productionRule)]).toEqual(["RECONCILE_SERVICE", [100, 0]]);
  expect((await rollouts(world)).map(({ status }) => status)).toEqual(["IN_PROGRESS", "STOPPED", "SUCCESSFUL"]);
  await world.clock.advance(20_000);
  expect([await stage(world), weights(world, world.productionRule)]).toEqual(["BAKE_TIME", [0, 100]]);
  expect([...world.alternateTargets.values()]).toEqual(["healthy", "healthy"]);
});

test("scaling reaches both revisions while they stand side by side", async () => {
  const world = await serving(blueGreen);
  await deploy(world);
  await world.clock.advance(minute);
  await update(world, { desiredCount: 3 });
  await world.clock.advance(minute);
  expect(await counts(world)).toEqual([3, 3]);
  await update(world, { desiredCount: 1 });
  await world.clock.advance(minute);
  expect(await counts(world)).toEqual([1, 1]);
});

test("drydock may die in every stage: the deployment goes on, and back, from where it stood", async () => {
  const stages = ["PRE_SCALE_UP", "POST_SCALE_UP", "POST_TEST_TRAFFIC_SHIFT", "PRE_PRODUCTION_TRAFFIC_SHIFT"];
  for (const at of stages) {
    const world = await serving(blueGreen);
    await update(world, { deploymentConfiguration: paused(at) });
    await deploy(world);
    await world.clock.advance(minute);
    await world.restart(true);
    await world.clock.advance(minute);
    expect(await stage(world)).toBe(at);
    await answer(world, "CONTINUE");
    await world.clock.advance(minute);
    expect(await stage(world)).toBe("BAKE_TIME");
    await world.restart(true);
    await stop(world);
    await world.restart(true);
    await world.clock.advance(minute);
    expect((await rollouts(world))[0]).toMatchObject({ status: "ROLLBACK_SUCCESSFUL" });
    expect(weights(world, world.productionRule)).toEqual([100, 0]);
  }
});

test("a rolling service becomes a blue/green one, and one again that rolls in the group where it is", async () => {
  const world = await worldWithCluster();
  await register(world, "web:1", {});
  await createService(world, { loadBalancers: loadBalancers(world) });
  await world.clock.advance(10_000);
  await register(world, "web:2", {});
  const shifted = { loadBalancers: shiftedLoadBalancers(world), deploymentConfiguration: blueGreen };
  await update(world, { taskDefinition: "web", ...shifted });
  await world.clock.advance(1_000);
  expect(weights(world, world.productionRule)).toEqual([100, 0]);
  await world.clock.advance(10 * minute);
  expect(weights(world, world.productionRule)).toEqual([0, 100]);
  await update(world, { deploymentConfiguration: { strategy: "ROLLING" } });
  await deploy(world);
  await world.clock.advance(minute);
  expect((await rollouts(world))[0]).toMatchObject({ status: "SUCCESSFUL" });
  expect([[...world.targets.values()], [...world.alternateTargets.values()]]).toEqual([[], ["healthy", "healthy"]]);
  expect(weights(world, world.productionRule)).toEqual([0, 100]);
});

test("a service goes back to rolling between deployments only", async () => {
  const world = await serving(blueGreen);
  await deploy(world);
  await world.clock.advance(minute);
  expect(await stage(world)).toBe("BAKE_TIME");
  const rolling = { deploymentConfiguration: { strategy: "ROLLING" as const } };
  await expect(update(world, rolling)).rejects.toThrow(
    "The deployment strategy of the service web can't be changed from BLUE_GREEN to ROLLING while a deployment is in progress.",
  );
  await world.clock.advance(10 * minute);
  await update(world, rolling);
  expect(await service(world)).toMatchObject({ deploymentConfiguration: { strategy: "ROLLING" } });
});

test("a rolling update pauses before its first task and after its last", async () => {
  const world = await worldWithCluster();
  await register(world, "web:1", {});
  await createService(world, { loadBalancers: loadBalancers(world) });
  await world.clock.advance(10_000);
  const hook = { targetType: "PAUSE", lifecycleStages: ["PRE_SCALE_UP", "POST_SCALE_UP"] };
  await update(world, { deploymentConfiguration: { lifecycleHooks: [hook] } });
  await deploy(world);
  await world.clock.advance(minute);
  expect([await stage(world), await counts(world)]).toEqual(["PRE_SCALE_UP", [0, 2]]);
  await answer(world, "CONTINUE");
  await world.clock.advance(minute);
  expect([await stage(world), await counts(world)]).toEqual(["POST_SCALE_UP", [2]]);
  expect((await rollouts(world))[0]?.status).toBe("IN_PROGRESS");
  await answer(world, "CONTINUE");
  await world.clock.advance(1);
  expect((await rollouts(world))[0]?.status).toBe("SUCCESSFUL");
});

test("a service without load balancer has its bake, and nothing is shifted", async () => {
  const world = await worldWithCluster();
  await register(world, "web:1", {});
  await createService(world, { deploymentConfiguration: { strategy: "BLUE_GREEN", bakeTimeInMinutes: 5 } });
  await world.clock.advance(minute);
  await deploy(world);
  await world.clock.advance(2 * minute);
  expect([await stage(world), await counts(world)]).toEqual(["BAKE_TIME", [2, 2]]);
  await world.clock.advance(5 * minute);
  expect((await rollouts(world))[0]?.status).toBe("SUCCESSFUL");
});

test("a rule that is gone holds the traffic where it is, says so, and is tried again", async () => {
  const world = await serving(blueGreen);
  const action = world.rules.get(world.productionRule);
  await deploy(world);
  world.rules.delete(world.productionRule);
  await world.clock.advance(minute);
  expect(await stage(world)).toBe("PRODUCTION_TRAFFIC_SHIFT");
  expect(messages(await service(world)).at(-1)).toBe(
    "(service web) failed to shift production traffic with (error One or more rules not found)",
  );
  if (action) world.rules.set(world.productionRule, action);
  await world.clock.advance(20_000);
  expect([await stage(world), weights(world, world.productionRule)]).toEqual(["BAKE_TIME", [0, 100]]);
});

test("nobody turns back what is being cleaned up, and a service is deleted in the middle of a deployment", async () => {
  const world = await serving({ ...blueGreen, bakeTimeInMinutes: 0 });
  await deploy(world);
  await world.clock.advance(7_000);
  expect(await stage(world)).toBe("CLEAN_UP");
  await expect(stop(world)).rejects.toThrow(/its lifecycle stage is CLEAN_UP/);
  await world.clock.advance(minute);
  await deploy(world);
  await world.clock.advance(3_000);
  await world.call.DeleteService({ cluster: "main", service: "web", force: true }, world.caller);
  await world.clock.advance(minute);
  expect((await service(world)).status).toBe("INACTIVE");
  expect([...world.targets, ...world.alternateTargets]).toEqual([]);
});

const [advanced] = shiftedLoadBalancers(await worldWithCluster()).map(
  ({ advancedConfiguration }) => advancedConfiguration,
);
const withRules = (changes: object) => (world: World) => ({
  deploymentConfiguration: blueGreen,
  loadBalancers: loadBalancers(world).map((loadBalancer) => ({
    ...loadBalancer,
    advancedConfiguration: { ...advanced, ...changes },
  })),
});
const configured = (deploymentConfiguration: object) => (world: World) => ({
  deploymentConfiguration,
  loadBalancers: shiftedLoadBalancers(world),
});

test.each<[string, (world: World) => object]>([
  [
    "advancedConfiguration is required for each load balancer of a BLUE_GREEN deployment.",
    (world) => ({ deploymentConfiguration: blueGreen, loadBalancers: loadBalancers(world) }),
  ],
  [
    "The deployment strategy CANARY requires a load balancer.",
    () => ({ deploymentConfiguration: { strategy: "CANARY" } }),
  ],
  ["advancedConfiguration must specify an alternateTargetGroupArn.", withRules({ alternateTargetGroupArn: undefined })],
  ["advancedConfiguration must specify a productionListenerRule.", withRules({ productionListenerRule: undefined })],
  ["advancedConfiguration must specify a roleArn.", withRules({ roleArn: undefined })],
  [
    "The productionListenerRule and the testListenerRule must be different.",
    withRules({ testListenerRule: advanced?.productionListenerRule }),
  ],
  [
    "Unable to assume role and validate the specified testListenerRule: One or more rules not found",
    withRules({ testListenerRule: `${advanced?.testListenerRule}0` }),
  ],
  [
    "linearConfiguration is only valid when the deployment strategy is LINEAR.",
    configured({ ...blueGreen, linearConfiguration: {} }),
  ],
  [
    "stepPercent must be a multiple of 0.1 from 3.0 to 100.0.",
    configured({ strategy: "LINEAR", linearConfiguration: { stepPercent: 2.5 } }),
  ],
  [
    "canaryPercent must be a multiple of 0.1 from 0.1 to 100.0.",
    configured({ strategy: "CANARY", canaryConfiguration: { canaryPercent: 0.25 } }),
  ],
  [
    "bakeTimeInMinutes must be between 0 and 1440 minutes.",
    configured({ strategy: "BLUE_GREEN", bakeTimeInMinutes: 1441 }),
  ],
  [
    "drydock has no Lambda: a lifecycleHook of targetType AWS_LAMBDA can't run. Use targetType PAUSE, and answer it with " +
      "ContinueServiceDeployment.",
    configured({ ...blueGreen, lifecycleHooks: [{ lifecycleStages: ["PRE_SCALE_UP"] }] }),
  ],
  [
    "PAUSE hooks cannot be configured at the PRODUCTION_TRAFFIC_SHIFT stage.",
    configured(paused("PRODUCTION_TRAFFIC_SHIFT")),
  ],
  [
    "drydock pauses a ROLLING deployment at PRE_SCALE_UP and POST_SCALE_UP only: it has no stage POST_TEST_TRAFFIC_SHIFT.",
    configured({ lifecycleHooks: paused("POST_TEST_TRAFFIC_SHIFT").lifecycleHooks }),
  ],
  [
    "earlySuccessCriteria is only valid when the deployment strategy is ROLLING.",
    configured({ ...blueGreen, earlySuccessCriteria: { enable: true } }),
  ],
])("refused: %s", async (message, settings) => {
  const world = await worldWithCluster();
  await register(world, "web:1", {});
  await expect(createService(world, settings(world))).rejects.toThrow(message);
});
