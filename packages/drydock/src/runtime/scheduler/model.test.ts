import fc from "fast-check";
import { expect, test, vi } from "vitest";
import { watch } from "./invariants.fixture.ts";
import { taskLimits } from "./limits.ts";
import { isOngoing } from "./rollout.ts";
import { type Behaviour, type Settings, Simulation } from "./simulation.fixture.ts";
import type { ServiceState } from "./state.ts";

// Seconds on a machine that has time; a busy one needs more.
vi.setConfig({ testTimeout: 60_000 });

const start = fc.integer({ min: 0, max: 30_000 });
const works: fc.Arbitrary<Behaviour> = fc.oneof(
  fc.record({ start }),
  fc.record({
    start,
    target: fc.record({ after: fc.integer({ min: 1, max: 60_000 }), state: fc.constant("healthy" as const) }),
  }),
);
/** An unhealthy target is known after two checks; the shortest timeout is 2 s. */
const fails: fc.Arbitrary<Behaviour> = fc.oneof(
  fc.record({ start, failsToStart: fc.constant(true) }),
  fc.record({ start, crashesAfter: fc.integer({ min: 0, max: 39_000 }) }),
  fc.record({
    start,
    target: fc.record({ after: fc.integer({ min: 4_000, max: 60_000 }), state: fc.constant("unhealthy" as const) }),
  }),
);
const zones = ["a", "b", "c"];
const anySettings = fc.record({
  desiredCount: fc.integer({ min: 0, max: 7 }),
  minimumHealthyPercent: fc.integer({ min: 0, max: 100 }),
  maximumPercent: fc.integer({ min: 100, max: 300 }),
  healthCheckGracePeriod: fc.integer({ min: 0, max: 60_000 }),
  deregistrationDelay: fc.integer({ min: 0, max: 300_000 }),
  stopTime: fc.integer({ min: 0, max: 30_000 }),
  zones: fc.subarray(zones, { minLength: 1 }),
  circuitBreaker: fc.record({
    rollback: fc.boolean(),
    resetOnHealthyTask: fc.boolean(),
    threshold: fc.record({
      type: fc.constantFrom("COUNT" as const, "BOUNDED_PERCENT" as const, "UNBOUNDED_PERCENT" as const),
      value: fc.integer({ min: 1, max: 20 }),
    }),
  }),
  earlySuccess: fc.option(
    fc.record({
      healthyPercent: fc.integer({ min: 0, max: 100 }),
      cleanup: fc.constantFrom("BLOCKING" as const, "DEFERRED" as const),
    }),
    { nil: undefined, freq: 3 },
  ),
});
type AnySettings = typeof anySettings extends fc.Arbitrary<infer S> ? S : never;
const settings = anySettings.filter((settings) => canMove(settings, settings.desiredCount));

type Step =
  | { step: "deploy"; behaviour: Behaviour; fails: boolean; sameTaskDefinition: boolean }
  | { step: "kill" | "interrupt" | "sicken"; index: number }
  | { step: "scale"; desiredCount: number }
  | { step: "loseZone" | "regainZone"; zone: string }
  | { step: "stopRollout" };
const index = fc.nat(20);
const zone = fc.constantFrom(...zones);
const deploys = (behaviour: fc.Arbitrary<Behaviour>, fails: boolean) =>
  fc.record({
    step: fc.constant("deploy" as const),
    behaviour,
    fails: fc.constant(fails),
    sameTaskDefinition: fc.boolean(),
  });
const step: fc.Arbitrary<Step> = fc.oneof(
  deploys(works, false),
  deploys(fails, true),
  fc.record({ step: fc.constantFrom("kill" as const, "interrupt" as const, "sicken" as const), index }),
  fc.record({ step: fc.constant("scale" as const), desiredCount: fc.integer({ min: 1, max: 8 }) }),
  fc.record({ step: fc.constantFrom("loseZone" as const, "regainZone" as const), zone }),
  fc.record({ step: fc.constant("stopRollout" as const) }),
);
const story = fc.array(fc.record({ after: fc.integer({ min: 0, max: 120_000 }), happens: step }), { maxLength: 10 });

test("whatever happens the limits hold, targets go their way, nothing is said too often, and every deployment ends", () => {
  fc.assert(
    fc.property(settings, works, story, (settings, first, story) => {
      const simulation = new Simulation(settings, first);
      const { changed } = watch(simulation, settings);
      simulation.run();
      expect(simulation.service.rollout.status).toBe("SUCCESSFUL");
      for (const { after, happens } of story) {
        simulation.run(undefined, after);
        changed();
        carryOut(simulation, settings, happens);
      }
      for (const zone of zones) simulation.regainZone(zone);
      simulation.run(() => !isOngoing(simulation.service.rollout), 24 * 3_600_000);
      simulation.run(() => isAtRest(simulation.service), 900_000);
      endsWell(simulation, settings);
    }),
    { numRuns: 250 },
  );
});

test("settings under which nothing can move break no promise either, and the service says that it is stuck", () => {
  const stuck = anySettings.filter(({ desiredCount, ...settings }) => !canMove(settings, desiredCount));
  fc.assert(
    fc.property(stuck, works, works, (settings, first, second) => {
      const simulation = new Simulation(settings, first);
      watch(simulation, settings);
      simulation.run();
      const id = simulation.deploy(second);
      simulation.run(undefined, 3_600_000);
      expect(simulation.alive(id)).toEqual([]);
      const early = settings.earlySuccess?.cleanup === "DEFERRED" && settings.earlySuccess.healthyPercent === 0;
      expect(simulation.service.rollout.status).toBe(early ? "SUCCESSFUL" : "IN_PROGRESS");
      expect(simulation.events.filter((event) => event.includes("unable to stop or start"))).toHaveLength(1);
    }),
    { numRuns: 50 },
  );
});

test("a deployment that works ends with exactly its own tasks, healthy and spread over the zones", () => {
  fc.assert(
    fc.property(settings, works, works, (settings, first, second) => {
      const simulation = new Simulation(settings, first);
      watch(simulation, settings);
      simulation.run();
      const id = simulation.deploy(second);
      simulation.run();
      expect(simulation.service.rollout).toMatchObject({ deployment: id, status: "SUCCESSFUL" });
      expect(simulation.alive(id)).toHaveLength(settings.desiredCount);
      expect(simulation.alive()).toHaveLength(settings.desiredCount);
      expect(simulation.healthy()).toBe(settings.desiredCount);
    }),
    { numRuns: 60 },
  );
});

test("a deployment that fails leaves the service as it was, when rollback is on", () => {
  fc.assert(
    fc.property(settings, works, fails, (settings, first, second) => {
      fc.pre(settings.desiredCount > 0);
      const circuitBreaker = { ...settings.circuitBreaker, rollback: true };
      const simulation = new Simulation({ ...settings, circuitBreaker, earlySuccess: undefined }, first);
      watch(simulation, settings);
      simulation.run();
      simulation.deploy(second);
      simulation.run();
      expect(simulation.service.rollout.status).toBe("ROLLBACK_SUCCESSFUL");
      expect(simulation.alive("ecs-svc/1")).toHaveLength(settings.desiredCount);
      expect(simulation.alive()).toHaveLength(settings.desiredCount);
    }),
    { numRuns: 60 },
  );
});

test("without a breaker a failing deployment goes on for ever, ever more slowly where tasks don't reach RUNNING", () => {
  fc.assert(
    fc.property(settings, works, start, (settings, first, start) => {
      fc.pre(settings.desiredCount > 0 && !settings.earlySuccess);
      const simulation = new Simulation({ ...settings, circuitBreaker: { enable: false } }, first);
      watch(simulation, settings);
      simulation.run();
      const id = simulation.deploy({ start, failsToStart: true });
      simulation.run(undefined, 8 * 3_600_000);
      expect(simulation.service.rollout.status).toBe("IN_PROGRESS");
      const starts = simulation.service.tasks
        .filter(({ deployment }) => deployment === id)
        .map((task) => task.createdAt);
      const batches = [...new Set(starts)];
      const waits = batches.slice(1).map((time, index) => time - (batches[index] ?? 0));
      expect(Math.max(...waits)).toBeLessThanOrEqual(27 * 60_000 + start);
      expect(waits).toEqual(waits.toSorted((a, b) => a - b));
      expect(batches.length).toBeLessThan(30);
    }),
    { numRuns: 10 },
  );
});

/** Room for at least one task to stop or start. */
function canMove(
  settings: Pick<AnySettings, "minimumHealthyPercent" | "maximumPercent">,
  desiredCount: number,
): boolean {
  const minimum = Math.ceil((desiredCount * settings.minimumHealthyPercent) / 100);
  return desiredCount === 0 || Math.floor((desiredCount * settings.maximumPercent) / 100) > minimum;
}

/** Steady, and not about to balance its zones. */
function isAtRest({ said, rebalancing }: ServiceState): boolean {
  return said.steady !== undefined && said.unbalanced === undefined && rebalancing === undefined;
}

function carryOut(simulation: Simulation, settings: AnySettings, step: Step): void {
  if (step.step === "deploy") {
    // What succeeds before its tasks have been seen to fail would go on failing for ever.
    const unseen = settings.earlySuccess !== undefined || simulation.service.desiredCount === 0;
    simulation.deploy(unseen && step.fails ? { start: 0 } : step.behaviour, step);
  } else if (step.step === "scale") {
    if (canMove(settings, step.desiredCount)) simulation.scale(step.desiredCount);
  } else if (step.step === "stopRollout") {
    if (["PENDING", "IN_PROGRESS"].includes(simulation.service.rollout.status)) simulation.stopRollout();
  } else if ("zone" in step) {
    if (settings.zones.includes(step.zone)) simulation[step.step](step.zone);
  } else if (step.step === "sicken") {
    const healthy = simulation.alive().filter((task) => task.targets.some(({ state }) => state === "healthy"));
    const task = healthy[step.index % Math.max(healthy.length, 1)];
    if (task) simulation.setTarget(task.id, "unhealthy");
  } else simulation[step.step](step.index);
}

/** Every deployment has ended; one that went well, or back, has left the service at rest, balanced as far as there was room. */
function endsWell(simulation: Simulation, settings: Settings): void {
  const { service } = simulation;
  expect(isOngoing(service.rollout)).toBe(false);
  const [primary] = service.deployments;
  if (service.rollout.status === "SUCCESSFUL") expect(primary?.id).toBe(service.rollout.deployment);
  else if (service.rollout.status === "ROLLBACK_SUCCESSFUL")
    expect(primary?.id).toBe(service.rollout.rollback?.deployment);
  else return;
  expect(primary?.rolloutState).toBe("COMPLETED");
  expect(service.lastCompleted).toBe(primary?.id);
  if (!isAtRest(service)) return;
  expect(simulation.alive()).toHaveLength(service.desiredCount);
  expect(simulation.alive(primary?.id)).toHaveLength(service.desiredCount);
  if (taskLimits(service).maximum <= service.desiredCount) return;
  const crowds = (settings.zones ?? []).map((zone) => simulation.alive().filter((task) => task.zone === zone).length);
  expect(Math.max(...crowds) - Math.min(...crowds)).toBeLessThanOrEqual(1);
}
