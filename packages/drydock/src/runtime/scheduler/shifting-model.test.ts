import fc from "fast-check";
import { expect, test, vi } from "vitest";
import { isOngoing } from "./rollout.ts";
import { watchShifts } from "./shifting-invariants.fixture.ts";
import { type Behaviour, Simulation } from "./simulation.fixture.ts";
import type { DeploymentPlan } from "./state.ts";

// Seconds on a machine that has time; a busy one needs more.
vi.setConfig({ testTimeout: 60_000 });

const hour = 3_600_000;
const start = fc.integer({ min: 0, max: 30_000 });
const target = (state: "healthy" | "unhealthy") =>
  fc.record({ after: fc.integer({ min: 4_000, max: 60_000 }), state: fc.constant(state) });
const works: fc.Arbitrary<Behaviour> = fc.record({ start, target: target("healthy") });
const fails: fc.Arbitrary<Behaviour> = fc.oneof(
  fc.record({ start, failsToStart: fc.constant(true) }),
  fc.record({ start, crashesAfter: fc.integer({ min: 0, max: 39_000 }) }),
  fc.record({ start, target: target("unhealthy") }),
);

const bake = fc.integer({ min: 0, max: 600_000 });
const last = { percent: 100, bake: 0 };
const steps: fc.Arbitrary<DeploymentPlan["steps"]> = fc.oneof(
  fc.constant<DeploymentPlan["steps"]>([last]),
  fc.record({ percent: fc.integer({ min: 1, max: 99 }), bake }).map((step) => [step, last]),
  bake.map((bake) => [...[25, 50, 75].map((percent) => ({ percent, bake })), last]),
);
const hookStages = [
  "RECONCILE_SERVICE",
  "PRE_SCALE_UP",
  "POST_SCALE_UP",
  "POST_TEST_TRAFFIC_SHIFT",
  "PRE_PRODUCTION_TRAFFIC_SHIFT",
  "POST_PRODUCTION_TRAFFIC_SHIFT",
] as const;
const hook = fc.record({
  stages: fc.subarray([...hookStages], { minLength: 1 }),
  timeout: fc.integer({ min: 60_000, max: 600_000 }),
  timeoutAction: fc.constantFrom("CONTINUE" as const, "ROLLBACK" as const),
});
const alarms = fc.option(fc.record({ names: fc.constant<string[]>(["5xx"]), rollback: fc.boolean() }), {
  nil: undefined,
});
const withAlarms = (plan: Omit<DeploymentPlan, "alarms">, alarms: DeploymentPlan["alarms"]): DeploymentPlan =>
  alarms ? { ...plan, alarms } : plan;
const shifting: fc.Arbitrary<DeploymentPlan> = fc
  .tuple(
    fc.record({
      strategy: fc.constant("CANARY" as const),
      steps,
      bakeTime: bake,
      hooks: fc.array(hook, { maxLength: 2 }),
    }),
    alarms,
  )
  .map(([plan, alarms]) => withAlarms(plan, alarms));
const rolling: fc.Arbitrary<DeploymentPlan> = fc
  .tuple(
    fc.array(
      hook.map((hook) => ({ ...hook, stages: ["PRE_SCALE_UP" as const, "POST_SCALE_UP" as const] })),
      { maxLength: 1 },
    ),
    alarms,
  )
  .map(([hooks, alarms]) => withAlarms({ strategy: "ROLLING", steps: [], bakeTime: 0, hooks }, alarms));

const anySettings = fc.record({
  desiredCount: fc.integer({ min: 1, max: 4 }),
  healthCheckGracePeriod: fc.integer({ min: 0, max: 30_000 }),
  deregistrationDelay: fc.integer({ min: 0, max: 120_000 }),
  circuitBreaker: fc.record({ rollback: fc.boolean() }),
});

type Step = (simulation: Simulation) => void;
const index = fc.nat(20);
const anyStep = (strategies: fc.Arbitrary<DeploymentPlan>): fc.Arbitrary<{ name: string; run: Step }> =>
  fc.oneof(
    fc.tuple(strategies, fc.oneof({ weight: 3, arbitrary: works }, fails)).map(([plan, behaviour]) => ({
      name: `deploy ${JSON.stringify(behaviour)} by ${JSON.stringify(plan)}`,
      run: (simulation: Simulation) => {
        simulation.plan(plan);
        simulation.deploy(simulation.service.desiredCount === 0 ? { start: 0 } : behaviour);
      },
    })),
    index.map((index) => ({ name: `kill ${index}`, run: (simulation: Simulation) => simulation.kill(index) })),
    index.map((index) => ({
      name: `interrupt ${index}`,
      run: (simulation: Simulation) => simulation.interrupt(index),
    })),
    index.map((index) => ({ name: `sicken ${index}`, run: (simulation: Simulation) => sicken(simulation, index) })),
    fc.integer({ min: 1, max: 5 }).map((count) => ({
      name: `scale to ${count}`,
      run: (simulation: Simulation) => simulation.scale(count),
    })),
    fc.constantFrom("CONTINUE" as const, "ROLLBACK" as const).map((action) => ({
      name: `answer ${action}`,
      run: (simulation: Simulation) => simulation.answer(action),
    })),
    fc.boolean().map((raised) => ({
      name: raised ? "raise the alarm" : "clear the alarm",
      run: (simulation: Simulation) => simulation.alarm(...(raised ? ["5xx"] : [])),
    })),
    fc.constant({ name: "lose the zone", run: (simulation: Simulation) => simulation.loseZone("a") }),
    fc.constant({ name: "regain the zone", run: (simulation: Simulation) => simulation.regainZone("a") }),
    fc.constant({ name: "stop the deployment", run: stopRollout }),
  );
const story = (strategies: fc.Arbitrary<DeploymentPlan>) =>
  fc.array(fc.tuple(fc.integer({ min: 0, max: 300_000 }), anyStep(strategies)), { maxLength: 10 });

test.each([
  ["strategies that shift traffic", shifting],
  ["all strategies, one after the other", fc.oneof(shifting, rolling)],
])(
  "whatever happens, the traffic goes to tasks that can take it, and every deployment ends: %s",
  (_which, strategies) => {
    fc.assert(
      fc.property(anySettings, shifting, works, story(strategies), (settings, plan, first, story) => {
        const simulation = new Simulation({ ...settings, plan: { ...plan, hooks: [] } }, first);
        const { changed } = watchShifts(simulation, settings);
        simulation.run();
        expect(simulation.service.rollout.status).toBe("SUCCESSFUL");
        for (const [after, { run }] of story) {
          simulation.run(undefined, after);
          changed();
          run(simulation);
        }
        simulation.regainZone("a");
        simulation.run(() => !isOngoing(simulation.service.rollout), 96 * hour);
        simulation.run(undefined, hour);
        endsWell(simulation);
      }),
      { numRuns: 300 },
    );
  },
);

function sicken(simulation: Simulation, index: number): void {
  const healthy = simulation.alive().filter((task) => task.targets.some(({ state }) => state === "healthy"));
  const task = healthy[index % Math.max(healthy.length, 1)];
  if (task) simulation.setTarget(task.id, "unhealthy");
}

function stopRollout(simulation: Simulation): void {
  const { status, lifecycle } = simulation.service.rollout;
  const stoppable = status === "PENDING" || (status === "IN_PROGRESS" && lifecycle?.stage !== "CLEAN_UP");
  if (stoppable) simulation.stopRollout();
}

/** Every deployment has ended; one that went well, or back, has left one revision with all of the traffic. */
function endsWell(simulation: Simulation): void {
  const { rollout, deployments, lastCompleted, desiredCount } = simulation.service;
  expect(isOngoing(rollout)).toBe(false);
  if (rollout.status !== "SUCCESSFUL" && rollout.status !== "ROLLBACK_SUCCESSFUL") return;
  const [primary, ...others] = deployments;
  expect(others).toEqual([]);
  expect(primary).toMatchObject({ rolloutState: "COMPLETED", id: lastCompleted });
  expect(simulation.healthy(primary?.id)).toBe(desiredCount);
  expect(simulation.alive()).toHaveLength(desiredCount);
  const group = simulation.groupOf(primary?.id ?? "");
  expect(simulation.rules.production).toEqual({ first: 0, alternate: 0, [group]: 100 });
}
