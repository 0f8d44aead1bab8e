import { resolve, say } from "./conditions.ts";
import { primaryOf } from "./deployments.ts";
import { countFailedTask } from "./failures.ts";
import { failedCheck, isAlive, isHealthy } from "./health.ts";
import { taskLimits } from "./limits.ts";
import { events, stopReasons } from "./messages.ts";
import { leastUseful } from "./ranking.ts";
import type { Look } from "./schedule.ts";
import type { ServiceTask } from "./state.ts";
import { heldUntil } from "./throttle.ts";

/** A service's alive tasks at one moment, sorted into what the rolling update asks about them. */
interface Census {
  alive: ServiceTask[];
  primary: ServiceTask[];
  replaced: ServiceTask[];
  failing: Set<ServiceTask>;
  healthy: Set<ServiceTask>;
}

/**
 * The rolling update, which is also what keeps a service without a deployment under way at its desired count:
 * stops and starts tasks so that RUNNING and PENDING ones stay within maximumPercent and no stop takes the healthy
 * ones below minimumHealthyPercent.
 */
export function rollTasks(look: Look): void {
  retireReplaced(look);
  retireSurplus(look);
  retireRelieved(look);
  const missing = startMissing(look);
  if (missing > 0) makeRoom(look);
  else resolve(look, "stuck");
}

function takeCensus({ service, now }: Look): Census {
  const alive = service.tasks.filter(isAlive);
  const primary = primaryOf(service).id;
  return {
    alive,
    primary: alive.filter((task) => task.deployment === primary),
    replaced: alive.filter((task) => task.deployment !== primary),
    failing: new Set(alive.filter((task) => failedCheck(task, service.healthCheckGracePeriod, now))),
    healthy: new Set(alive.filter((task) => isHealthy(task, now))),
  };
}

/** A task that failed its checks before it ever served holds nothing up: it goes at once, and a new one is tried. */
export function retireNeverHealthy(look: Look): void {
  for (const task of takeCensus(look).failing) if (!task.wasHealthy) retireFailing(look, task);
}

/**
 * Lowers what replaced deployments may keep to what minimumHealthyPercent still needs beside the new tasks, and retires
 * the rest. What they may keep never grows here, but a task of theirs that fails is replaced within it, by one of the
 * revision that is known to work.
 */
function retireReplaced(look: Look): void {
  const { service } = look;
  const replacedDeployments = service.deployments.slice(1);
  if (replacedDeployments.length === 0) return;
  const { primary, replaced, failing, healthy } = takeCensus(look);
  const gaveUp = primaryOf(service).rolloutState === "FAILED" && service.desiredCount > 0;
  const { minimum } = taskLimits(service);
  const healthyPrimary = primary.filter((task) => healthy.has(task)).length;
  const needed = gaveUp ? service.desiredCount : Math.max(0, minimum - healthyPrimary);
  const allowed = Math.min(needed, sum(replacedDeployments.map(({ desiredCount }) => desiredCount)));

  const surplus = leastUseful(replaced, replaced.length - allowed, worth(look, { failing, healthy }));
  for (const task of surplus) {
    if (!failing.has(task) || healthy.size >= minimum) retire(task, stopReasons.scaling(primaryOf(service).id));
  }
  const good = replaced.filter((task) => !surplus.includes(task) && !failing.has(task));
  for (const deployment of replacedDeployments) {
    const own = good.filter((task) => task.deployment === deployment.id).length;
    const missing = deployment.id === service.lastCompleted ? allowed - good.length : 0;
    deployment.desiredCount = own + missing;
  }
}

/** More tasks than wanted, or than maximumPercent allows after the service was scaled in: the least useful ones go. */
function retireSurplus(look: Look): void {
  const { service } = look;
  const census = takeCensus(look);
  const worthOf = worth(look, census);
  const wanted = service.desiredCount + (service.rebalancing ?? 0);
  const good = census.primary.filter((task) => !census.failing.has(task));
  const surplus = leastUseful(good, good.length - wanted, worthOf);
  const others = census.alive.filter((task) => !surplus.includes(task));
  const excess = leastUseful(others, others.length - taskLimits(service).maximum, worthOf);
  for (const task of [...surplus, ...excess]) retire(task, stopReasons.scaling(primaryOf(service).id));
}

/** A task that served and now fails its checks goes when there are enough healthy ones without it. */
function retireRelieved(look: Look): void {
  const { failing, healthy } = takeCensus(look);
  if (healthy.size < look.service.desiredCount) return;
  for (const task of failing) retireFailing(look, task);
}

/** Starts what maximumPercent and throttling allow; answers how many tasks it didn't allow. */
function startMissing(look: Look): number {
  const { service, now } = look;
  const { alive, failing } = takeCensus(look);
  const limits = taskLimits(service);
  const [primary, ...replaced] = [primaryOf(service), ...service.deployments.slice(1)];
  // Failures of the replaced revision come first, except where they would leave the new one no room for ever.
  const order = limits.maximum > limits.minimum ? [...replaced, primary] : [primary, ...replaced];
  let room = limits.maximum - alive.length;
  let missing = 0;
  let unplaceable = false;
  for (const deployment of order) {
    if (deployment.rolloutState === "FAILED") continue;
    const present = alive.filter((task) => task.deployment === deployment.id && !failing.has(task)).length;
    const wanted = Math.max(0, deployment.desiredCount - present);
    if (heldUntil(deployment) > now) continue;
    if (wanted > 0 && !service.zones[deployment.id]?.length) {
      unplaceable = true;
      continue;
    }
    const count = Math.min(wanted, Math.max(0, room));
    if (count > 0) look.actions.push({ type: "startTasks", deployment: deployment.id, count });
    room -= count;
    missing += wanted - count;
  }
  if (unplaceable) say(look, "unplaceable", events.unplaceable(service.name));
  else resolve(look, "unplaceable");
  return missing;
}

/**
 * Tasks are missing and maximumPercent lets none start. "If any tasks are unhealthy and if maximumPercent doesn't allow
 * the Amazon ECS scheduler to start replacement tasks, the scheduler stops the unhealthy tasks one-by-one" (API reference);
 * the next one when the replacement of the last has shown what it is. With no unhealthy task nothing can move.
 */
function makeRoom(look: Look): void {
  const { service } = look;
  const { alive, failing, healthy } = takeCensus(look);
  const started = look.actions.some((action) => action.type === "startTasks");
  const undecided = alive.some((task) => !failing.has(task) && !healthy.has(task));
  if (started || undecided) return;
  const [failed] = failing;
  if (failed) {
    retireFailing(look, failed);
    startMissing(look);
    return;
  }
  const moving = service.tasks.some((task) => task.retirement && task.phase !== "stopped");
  if (!moving) say(look, "stuck", events.stuck(service.name));
}

function retireFailing(look: Look, task: ServiceTask): void {
  const { service, now } = look;
  const failed = failedCheck(task, service.healthCheckGracePeriod, now);
  if (!failed) return;
  const [message, reason] =
    "target" in failed
      ? [events.unhealthyTarget(service.name, task.id, failed.target), stopReasons.unhealthyTarget(failed.target)]
      : [events.unhealthyContainers(service.name, task.id), stopReasons.unhealthyContainers()];
  look.actions.push({ type: "event", message });
  const deployment = service.deployments.find(({ id }) => id === task.deployment);
  if (deployment) countFailedTask(look, deployment);
  retire(task, reason);
}

function retire(task: ServiceTask, reason: string): void {
  task.retirement = { reason, signalled: false };
}

/** Healthy before not known yet before starting before failing; among equals the revision known to work. */
function worth(look: Look, { failing, healthy }: Pick<Census, "failing" | "healthy">): (task: ServiceTask) => number {
  const { lastCompleted } = look.service;
  return (task) =>
    (healthy.has(task) ? 8 : failing.has(task) ? 0 : task.phase === "running" ? 4 : 2) +
    (task.deployment === lastCompleted ? 1 : 0);
}

function sum(numbers: number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
