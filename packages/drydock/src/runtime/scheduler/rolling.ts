import { takeCensus, worth } from "./census.ts";
import { resolve, say } from "./conditions.ts";
import { primaryOf } from "./deployments.ts";
import { taskLimits } from "./limits.ts";
import { events, stopReasons } from "./messages.ts";
import { leastUseful } from "./ranking.ts";
import { retire, retireFailing } from "./retirement.ts";
import type { Look } from "./schedule.ts";
import { startTasks } from "./start-tasks.ts";

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
  const kept = sum(replacedDeployments.map(({ desiredCount }) => desiredCount));
  const areReplaced = replacedDeployments.some(({ id }) => id === service.lastCompleted);
  const working = replaced.filter((task) => !failing.has(task)).length;
  const allowed = Math.min(needed, areReplaced ? kept : Math.min(kept, working));

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
  const { service } = look;
  const limits = taskLimits(service);
  const [primary, ...replaced] = [primaryOf(service), ...service.deployments.slice(1)];
  // Failures of the replaced revision come first, except where they would leave the new one no room for ever.
  const order = limits.maximum > limits.minimum ? [...replaced, primary] : [primary, ...replaced];
  const orders = order.map((deployment) => ({ deployment, wanted: deployment.desiredCount }));
  return startTasks(look, orders, limits.maximum - takeCensus(look).alive.length);
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

function sum(numbers: number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
