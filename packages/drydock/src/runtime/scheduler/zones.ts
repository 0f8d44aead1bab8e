import { resolve, say } from "./conditions.ts";
import { primaryOf } from "./deployments.ts";
import { isAlive, isHealthy } from "./health.ts";
import { taskLimits } from "./limits.ts";
import { events, stopReasons } from "./messages.ts";
import { leastUseful } from "./ranking.ts";
import type { Look } from "./schedule.ts";
import type { ServiceTask } from "./state.ts";
import { heldUntil } from "./throttle.ts";

/**
 * Spreads the tasks of a service at rest over its zones again, after one was lost and came back: first it starts tasks where there
 * are few, as far as maximumPercent allows; `finishRebalancing` then stops as many where there are most ("Balancing an Amazon ECS
 * service across Availability Zones", ECS developer guide).
 */
export function beginRebalancing(look: Look): void {
  const { service, now, actions } = look;
  if (!service.zoneRebalancing || !isAtRest(look)) {
    resolve(look, "unbalanced");
    return;
  }
  const primary = primaryOf(service);
  const alive = service.tasks.filter(isAlive);
  const isComplete = alive.length === service.desiredCount && alive.every((task) => isHealthy(task, now));
  if (!isComplete || service.rebalancing !== undefined) return;
  const counts = countByZone(service.zones[primary.id] ?? [], alive);
  const moves = movesToBalance([...counts.values()]);
  if (moves === 0) {
    if (service.said.unbalanced !== undefined) {
      actions.push({ type: "event", message: events.balanced(service.name, counts) });
    }
    resolve(look, "unbalanced");
    return;
  }
  const room = taskLimits(service).maximum - alive.length;
  if (room <= 0 || heldUntil(primary) > now) return;
  say(look, "unbalanced", events.unbalanced(service.name, counts));
  service.rebalancing = Math.min(moves, room);
  actions.push({ type: "startTasks", deployment: primary.id, count: service.rebalancing, rebalancing: true });
}

/** Once all are healthy the crowded zones give up as many; if one didn't make it, everything is looked at anew. */
export function finishRebalancing(look: Look): void {
  const { service, now } = look;
  if (service.rebalancing === undefined) return;
  const alive = service.tasks.filter(isAlive);
  const wanted = service.desiredCount + service.rebalancing;
  const waiting = alive.length >= wanted && !alive.every((task) => isHealthy(task, now));
  if (waiting && isAtRest(look)) return;
  if (alive.length === wanted && isAtRest(look)) {
    for (const task of leastUseful(alive, service.rebalancing, () => 0)) {
      task.retirement = { reason: stopReasons.scaling(primaryOf(service).id), signalled: false, rebalancing: true };
    }
  }
  delete service.rebalancing;
}

/** No deployment is under way. */
function isAtRest({ service }: Look): boolean {
  const { deployments, draining } = service;
  return !draining && deployments.length === 1 && primaryOf(service).rolloutState === "COMPLETED";
}

function countByZone(zones: string[], tasks: ServiceTask[]): Map<string, number> {
  return new Map(zones.map((zone) => [zone, tasks.filter((task) => task.zone === zone).length]));
}

/** How many tasks have to change their zone until no zone has more than one task more than another. */
export function movesToBalance(counts: number[]): number {
  const fullestFirst = counts.toSorted((a, b) => b - a);
  const total = counts.reduce((sum, count) => sum + count, 0);
  const share = Math.floor(total / counts.length);
  // What can't be divided the fullest zones may keep, one each.
  const goals = fullestFirst.map((_count, index) => (index < total % counts.length ? share + 1 : share));
  return fullestFirst.reduce((moves, count, index) => moves + Math.max(0, count - (goals[index] ?? 0)), 0);
}
