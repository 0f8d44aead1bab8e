import { isHealthy } from "./health.ts";
import type { Look } from "./schedule.ts";
import type { Deployment, Route, ServiceState, Traffic } from "./state.ts";

const untouched: Route = { weights: {}, applied: true };

/** The deployment that serves until the one under way does. */
export function sourceOf({ deployments, rollout }: ServiceState): Deployment | undefined {
  return rollout.rollback ? undefined : deployments.slice(1).find(({ id }) => id === rollout.source);
}

/**
 * Which of `sources`, newest first, is the one that serves: the last completed one, or else the one with production traffic, or
 * else the newest where it needed no rule to have any.
 */
export function chooseSource(service: ServiceState, sources: string[]): string | undefined {
  const { lastCompleted, traffic } = service;
  if (lastCompleted !== undefined && sources.includes(lastCompleted)) return lastCompleted;
  const shifts = service.rollout.plan.strategy !== "ROLLING";
  return sources.find((id) => (traffic?.production.weights[id] ?? 0) > 0) ?? (shifts ? undefined : sources[0]);
}

/**
 * A service's traffic when a deployment begins. A rolling update has no stages in which to take back what an overtaken deployment
 * had been given, so it does that at once.
 */
export function trafficAtStart(
  { traffic, plan }: Pick<ServiceState, "traffic" | "plan">,
  source: string | undefined,
): Traffic | undefined {
  if (plan.strategy !== "ROLLING") return traffic ?? { production: untouched, test: untouched };
  if (!traffic || source === undefined) return traffic;
  return { production: moveWritten(traffic.production, source), test: moveWritten(traffic.test, source) };
}

/** What is left of a service's traffic when `deployment` is the only one. */
export function trafficAtEnd({ traffic }: ServiceState, deployment: string): Pick<ServiceState, "traffic"> {
  if (!traffic) return {};
  const own = (route: Route) => (isUntouched(route) ? route : { ...route, weights: { [deployment]: 100 } });
  return { traffic: { production: own(traffic.production), test: own(traffic.test) } };
}

/** Asks for the weights, once the new revision is there completely, and answers whether the load balancer has them. */
export function shift(look: Look, rule: keyof Traffic, weights: Route["weights"]): boolean {
  const { traffic } = look.service;
  if (!traffic) return true;
  if (!isSame(traffic[rule].weights, weights)) {
    if (!isComplete(look)) return false;
    traffic[rule] = { weights, applied: false };
  }
  return traffic[rule].applied;
}

/** Weights that give the newest deployment its share, and the rest to the one that has served so far. */
export function share(service: ServiceState, percent: number): Route["weights"] {
  const primary = service.deployments[0]?.id ?? "";
  const source = sourceOf(service);
  return source && percent < 100 ? { [primary]: percent, [source.id]: 100 - percent } : { [primary]: 100 };
}

/**
 * Gives all traffic to one revision, unless only others have healthy tasks to take it; answers whether the load balancer has it so.
 * The production rule is written even where it said nothing else before: from then on it knows both target groups, without
 * which the new tasks would have no health checks.
 */
export function giveAllTo({ service, now }: Look, deployment: string | undefined): boolean {
  const { traffic, tasks } = service;
  if (!traffic || deployment === undefined) return true;
  const healthy = tasks.filter((task) => isHealthy(task, now));
  if (healthy.length === 0 || healthy.some((task) => task.deployment === deployment)) {
    traffic.production = reroute(traffic.production, { [deployment]: 100 });
    traffic.test = moveWritten(traffic.test, deployment);
  }
  return isApplied(service) && isSame(traffic.production.weights, { [deployment]: 100 });
}

/** A deployment that turns back returns the traffic first; the tasks of the failed revision go when it is back. */
export function returnTraffic(look: Look): void {
  const { rollout, deployments } = look.service;
  if (rollout.status !== "ROLLBACK_IN_PROGRESS" || !giveAllTo(look, deployments[0]?.id)) return;
  const { lifecycle } = rollout;
  if (lifecycle && lifecycle.stage !== "CLEAN_UP") {
    rollout.lifecycle = { ...lifecycle, stage: "CLEAN_UP", since: look.now };
  }
}

/** Has the load balancer told what it doesn't have yet. */
export function announceTraffic({ service, actions }: Look): void {
  const { traffic } = service;
  if (!traffic) return;
  for (const rule of ["production", "test"] as const) {
    const { weights, applied } = traffic[rule];
    if (!applied) actions.push({ type: "shiftTraffic", rule, weights });
  }
}

/** The load balancer has these weights: unless others have been asked for since, the rule says what it should. */
export function confirmTraffic(service: ServiceState, rule: keyof Traffic, weights: Route["weights"]): ServiceState {
  const { traffic } = service;
  if (!traffic || !isSame(traffic[rule].weights, weights)) return service;
  return { ...service, traffic: { ...traffic, [rule]: { weights, applied: true } } };
}

export function isApplied({ traffic }: ServiceState): boolean {
  return !traffic || (traffic.production.applied && traffic.test.applied);
}

/** The newest revision has all of its tasks, healthy. */
export function isComplete({ service, now }: Look): boolean {
  return healthyOf(service, service.deployments[0]?.id, now) >= service.desiredCount;
}

export function healthyOf({ tasks }: ServiceState, deployment: string | undefined, now: number): number {
  return tasks.filter((task) => task.deployment === deployment && isHealthy(task, now)).length;
}

function isUntouched({ weights }: Route): boolean {
  return Object.keys(weights).length === 0;
}

function moveWritten(route: Route, deployment: string): Route {
  return isUntouched(route) ? route : reroute(route, { [deployment]: 100 });
}

function reroute(route: Route, weights: Route["weights"]): Route {
  return isSame(route.weights, weights) ? route : { weights, applied: false };
}

function isSame(a: Route["weights"], b: Route["weights"]): boolean {
  const ids = Object.keys(a);
  return ids.length === Object.keys(b).length && ids.every((id) => a[id] === b[id]);
}
