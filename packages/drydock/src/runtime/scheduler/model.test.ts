import fc from "fast-check";
import { expect, test } from "vitest";
import { isAlive, isHealthy } from "./health.ts";
import { taskLimits } from "./limits.ts";
import { isOngoing } from "./rollout.ts";
import { type Behaviour, Simulation } from "./simulation.fixture.ts";
import type { ServiceState } from "./state.ts";

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
const settings = fc
  .record({
    desiredCount: fc.integer({ min: 0, max: 7 }),
    minimumHealthyPercent: fc.integer({ min: 0, max: 100 }),
    maximumPercent: fc.integer({ min: 100, max: 300 }),
    healthCheckGracePeriod: fc.integer({ min: 0, max: 60_000 }),
    deregistrationDelay: fc.integer({ min: 0, max: 300_000 }),
    stopTime: fc.integer({ min: 0, max: 30_000 }),
    circuitBreaker: fc.record({
      rollback: fc.boolean(),
      resetOnHealthyTask: fc.boolean(),
      threshold: fc.record({
        type: fc.constantFrom("COUNT" as const, "BOUNDED_PERCENT" as const, "UNBOUNDED_PERCENT" as const),
        value: fc.integer({ min: 1, max: 20 }),
      }),
    }),
  })
  .filter(({ desiredCount, minimumHealthyPercent, maximumPercent }) => {
    const lower = Math.ceil((desiredCount * minimumHealthyPercent) / 100);
    return desiredCount === 0 || Math.floor((desiredCount * maximumPercent) / 100) > lower;
  });
const disturbances = fc.array(
  fc.oneof(
    fc.record({ after: fc.integer({ min: 0, max: 120_000 }), kill: fc.nat(20) }),
    fc.record({ after: fc.integer({ min: 0, max: 120_000 }), scale: fc.integer({ min: 1, max: 8 }) }),
  ),
  { maxLength: 5 },
);

function watch(simulation: Simulation): void {
  const healthyIn = (service: ServiceState) => service.tasks.filter((task) => isHealthy(task, simulation.now)).length;
  simulation.onLook = (before, after) => {
    const { minimum, maximum } = taskLimits(after);
    expect(after.tasks.filter(isAlive).length).toBeLessThanOrEqual(maximum);
    expect(healthyIn(after)).toBeGreaterThanOrEqual(Math.min(healthyIn(before), minimum));
  };
}

test("never more tasks than maximumPercent, never a stop below minimumHealthyPercent, and every deployment ends", () => {
  fc.assert(
    fc.property(
      settings,
      works,
      fc.array(fc.oneof(works, fails), { minLength: 1, maxLength: 3 }),
      disturbances,
      (settings, first, deployments, disturbances) => {
        const simulation = new Simulation(settings, first);
        watch(simulation);
        simulation.run(() => !isOngoing(simulation.service.rollout));
        expect(simulation.service.rollout.status).toBe("SUCCESSFUL");
        for (const behaviour of deployments) {
          simulation.deploy(behaviour);
          for (const disturbance of disturbances) {
            simulation.run(undefined, disturbance.after);
            if ("kill" in disturbance) simulation.kill(disturbance.kill);
            else if (movable(simulation.service, disturbance.scale)) simulation.scale(disturbance.scale);
          }
        }
        simulation.run(() => !isOngoing(simulation.service.rollout));
        expect(isOngoing(simulation.service.rollout)).toBe(false);
      },
    ),
    { numRuns: 300 },
  );
});

test("a deployment that works ends with exactly its own tasks, healthy", () => {
  fc.assert(
    fc.property(settings, works, works, disturbances, (settings, first, second, disturbances) => {
      const simulation = new Simulation(settings, first);
      watch(simulation);
      simulation.run();
      const id = simulation.deploy(second);
      for (const { after } of disturbances) simulation.run(undefined, after);
      simulation.run();
      expect(simulation.service.rollout.status).toBe("SUCCESSFUL");
      expect(simulation.alive(id)).toHaveLength(settings.desiredCount);
      expect(simulation.alive()).toHaveLength(settings.desiredCount);
      expect(simulation.healthy()).toBe(settings.desiredCount);
    }),
    { numRuns: 200 },
  );
});

test("a deployment that fails leaves the service as it was, when rollback is on", () => {
  fc.assert(
    fc.property(settings, works, fails, (settings, first, second) => {
      fc.pre(settings.desiredCount > 0);
      const breaker = { ...settings.circuitBreaker, rollback: true };
      const simulation = new Simulation({ ...settings, circuitBreaker: breaker }, first);
      watch(simulation);
      simulation.run();
      const before = simulation.alive().length;
      simulation.deploy(second);
      simulation.run();
      expect(simulation.service.rollout.status).toBe("ROLLBACK_SUCCESSFUL");
      expect(simulation.alive("ecs-svc/1")).toHaveLength(before);
      expect(simulation.alive()).toHaveLength(before);
    }),
    { numRuns: 200 },
  );
});

function movable(service: ServiceState, desiredCount: number): boolean {
  const { minimum, maximum } = taskLimits({ ...service, desiredCount });
  return maximum > minimum;
}
