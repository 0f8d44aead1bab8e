import assert from "node:assert/strict";
import { failedCheck, isAlive, isHealthy } from "./health.ts";
import { type HoldLook, watch } from "./invariants.fixture.ts";
import type { Simulation } from "./simulation.fixture.ts";
import type { Action, ServiceState, ServiceTask } from "./state.ts";

/** As `watch`, for a service whose deployments shift traffic between revisions that stand side by side. */
export function watchShifts(simulation: Simulation, options: { deregistrationDelay: number }): { changed: () => void } {
  const watched = watch(simulation, { ...options, hold: holdRevisions });
  const before = simulation.onAction;
  simulation.onAction = (action) => {
    before(action);
    if (action.type === "shiftTraffic") holdShift(simulation, action);
  };
  return watched;
}

/** Weights are percentages, and nobody who has no healthy task is given more traffic while somebody else has one. */
function holdShift(simulation: Simulation, { rule, weights }: Extract<Action, { type: "shiftTraffic" }>): void {
  const { service, now, rules } = simulation;
  const total = Object.values(weights).reduce((sum, percent) => sum + percent, 0);
  assert.equal(total, 100, `weights that sum up to ${total}`);
  if (service.rollout.plan.strategy === "ROLLING" || service.desiredCount === 0) return;
  const healthy = service.tasks.filter((task) => isHealthy(task, now));
  if (healthy.length === 0) return;
  for (const [deployment, percent] of Object.entries(weights)) {
    const able =
      percent <= rules[rule][simulation.groupOf(deployment)] || healthy.some((task) => task.deployment === deployment);
    assert.ok(able, `${deployment} is given ${percent} % of the traffic, and has no healthy task`);
  }
}

/** No revision has more tasks than desired, and until CLEAN_UP the one that serves isn't made to give up any that work. */
const holdRevisions: HoldLook = (now, before, after, actions) => {
  const { rollout, desiredCount, draining } = after;
  if (rollout.plan.strategy === "ROLLING" || draining || rollout.status !== "IN_PROGRESS") return;
  for (const { id } of after.deployments) {
    const starting = actions.reduce(
      (sum, action) => sum + (action.type === "startTasks" && action.deployment === id ? action.count : 0),
      0,
    );
    const present = working(after, id, now).length;
    assert.ok(starting === 0 || present + starting <= desiredCount, `${present} + ${starting} tasks of ${id}`);
  }
  if (rollout.lifecycle?.stage === "CLEAN_UP" || rollout.source === undefined) return;
  const healthy = ({ tasks }: ServiceState) => tasks.filter((task) => isHealthy(task, now)).length;
  assert.ok(healthy(after) >= Math.min(healthy(before), desiredCount), `only ${healthy(after)} healthy tasks are left`);
  const had = working(before, rollout.source, now);
  const has = working(after, rollout.source, now);
  assert.ok(has.length >= Math.min(had.length, desiredCount), `${rollout.source} lost tasks that worked`);
};

function working(service: ServiceState, deployment: string, now: number): ServiceTask[] {
  return service.tasks.filter(
    (task) =>
      task.deployment === deployment && isAlive(task) && !failedCheck(task, service.healthCheckGracePeriod, now),
  );
}
