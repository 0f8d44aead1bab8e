import { primaryOf } from "./deployments.ts";
import { countFailedTask } from "./failures.ts";
import { failedCheck, isAlive, isHealthy } from "./health.ts";
import { events, stopReasons } from "./messages.ts";
import type { Look } from "./schedule.ts";
import type { ServiceState, ServiceTask } from "./state.ts";
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
}

/** "Rounded down" for the upper limit, "rounded up" for the lower one (DeploymentConfiguration, ECS API reference). */
export function taskLimits(service: ServiceState): { minimum: number; maximum: number } {
  return {
    minimum: Math.ceil((service.desiredCount * service.minimumHealthyPercent) / 100),
    maximum: Math.floor((service.desiredCount * service.maximumPercent) / 100),
  };
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

  const ranked = rank(look, replaced, { failing, healthy });
  const kept = ranked.slice(0, allowed);
  for (const task of ranked.slice(allowed)) {
    if (!failing.has(task) || healthy.size >= minimum) retire(task, stopReasons.scaling(primaryOf(service).id));
  }
  const good = kept.filter((task) => !failing.has(task));
  for (const deployment of replacedDeployments) {
    const own = good.filter((task) => task.deployment === deployment.id).length;
    const missing = deployment.id === service.lastCompleted ? allowed - good.length : 0;
    deployment.desiredCount = own + missing;
  }
}

/** More tasks than desired, or than maximumPercent allows after the service was scaled in: the least useful ones go. */
function retireSurplus(look: Look): void {
  const { service } = look;
  const census = takeCensus(look);
  const reason = stopReasons.scaling(primaryOf(service).id);
  const good = rank(look, census.primary, census).filter((task) => !census.failing.has(task));
  for (const task of good.slice(service.desiredCount)) retire(task, reason);
  const alive = rank(look, service.tasks.filter(isAlive), census);
  for (const task of alive.slice(taskLimits(service).maximum)) retire(task, reason);
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
  for (const deployment of order) {
    if (deployment.rolloutState === "FAILED") continue;
    const present = alive.filter((task) => task.deployment === deployment.id && !failing.has(task)).length;
    const wanted = Math.max(0, deployment.desiredCount - present);
    if (heldUntil(deployment) > now) continue;
    const count = Math.min(wanted, Math.max(0, room));
    if (count > 0) look.actions.push({ type: "startTasks", deployment: deployment.id, count });
    room -= count;
    missing += wanted - count;
  }
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
  if (moving || service.stuck) return;
  service.stuck = true;
  look.actions.push({ type: "event", message: events.stuck(service.name) });
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

/** The most useful first: healthy, not known yet, starting, failing; among equals the revision known to work, then the older. */
function rank(
  look: Look,
  tasks: ServiceTask[],
  { failing, healthy }: Pick<Census, "failing" | "healthy">,
): ServiceTask[] {
  const { lastCompleted } = look.service;
  const worth = (task: ServiceTask) =>
    (healthy.has(task) ? 8 : failing.has(task) ? 0 : task.phase === "running" ? 4 : 2) +
    (task.deployment === lastCompleted ? 1 : 0);
  return tasks.toSorted((a, b) => worth(b) - worth(a) || a.createdAt - b.createdAt);
}

function sum(numbers: number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
