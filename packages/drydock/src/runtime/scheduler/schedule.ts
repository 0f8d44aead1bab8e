import { watchAlarms } from "./alarms.ts";
import { keepRevisions, standsSideBySide } from "./blue-green.ts";
import { failureThreshold } from "./circuit-breaker.ts";
import { nextReminders, resolve, say } from "./conditions.ts";
import { completeDeployment, failDeployment, primaryOf, takeUpRequest } from "./deployments.ts";
import { countFailures } from "./failures.ts";
import { nextHealthChanges } from "./health.ts";
import { advanceStages, isCleaningUp, nextStageMoments } from "./lifecycle.ts";
import { events } from "./messages.ts";
import { retireNeverHealthy } from "./retirement.ts";
import { rollTasks } from "./rolling.ts";
import type { Action, ServiceState } from "./state.ts";
import { isSteady, succeedsEarly } from "./steadiness.ts";
import { moveTargets } from "./targets.ts";
import { heldUntil } from "./throttle.ts";
import { announceTraffic, returnTraffic } from "./traffic.ts";
import { beginRebalancing, finishRebalancing } from "./zones.ts";

export interface Decision {
  /** The service as it is from now on; its tasks carry what the scheduler wants remembered of them. */
  service: ServiceState;
  /** In the order in which they are to be done. */
  actions: Action[];
  /** When to look again if nothing happens before. */
  next?: number;
}

/** One look at a service, under way: a copy of its state, changed step by step, and what came of it so far. */
export interface Look {
  service: ServiceState;
  now: number;
  actions: Action[];
}

/**
 * Decides what a service needs now. Pure: the same state at the same time has the same answer, and looking again
 * without a change in between answers nothing.
 */
export function schedule(service: ServiceState, now: number): Decision {
  const look: Look = { service: structuredClone(service), now, actions: [] };
  look.service = takeUpRequest(look.service, now);
  countFailures(look);
  retireNeverHealthy(look);
  breakCircuit(look);
  watchAlarms(look);
  advanceStages(look);
  returnTraffic(look);
  finishRebalancing(look);
  if (standsSideBySide(look.service)) keepRevisions(look);
  else rollTasks(look);
  announceTraffic(look);
  moveTargets(look);
  dropEmptyDeployments(look);
  settle(look);
  beginRebalancing(look);
  const next = nextMoment(look);
  return { service: look.service, actions: look.actions, ...(next === undefined ? {} : { next }) };
}

function breakCircuit(look: Look): void {
  const { service, now } = look;
  const { circuitBreaker, desiredCount, name } = service;
  const primary = primaryOf(service);
  if (!circuitBreaker.enable || service.draining || primary.rolloutState !== "IN_PROGRESS") return;
  if (isCleaningUp(service)) return;
  if (primary.failedTasks < failureThreshold(circuitBreaker.threshold, desiredCount)) return;
  look.service = failDeployment(service, now);
  look.actions.push({ type: "event", message: events.failed(name, primary.id) });
  const restored = primaryOf(look.service);
  if (restored.id !== primary.id) {
    look.actions.push({ type: "event", message: events.rollingBack(name, restored.id) });
  }
}

/** A replaced deployment is listed as long as tasks of it are there or wanted. */
function dropEmptyDeployments({ service }: Look): void {
  const present = new Set(service.tasks.filter((task) => task.phase !== "stopped").map((task) => task.deployment));
  service.deployments = service.deployments.filter(
    (deployment, index) => index === 0 || deployment.desiredCount > 0 || present.has(deployment.id),
  );
}

/** Completes the deployment under way once it has what it needs, and says when the service has come to rest. */
function settle(look: Look): void {
  const { service, now } = look;
  const primary = primaryOf(service);
  const steady = isSteady(look);
  if (!service.draining && primary.rolloutState === "IN_PROGRESS" && hasArrived(look)) {
    look.service = completeDeployment(service, now);
    look.actions.push({ type: "event", message: events.completed(service.name, primary.id) });
  }
  if (steady) say(look, "steady", events.steady(service.name));
  else resolve(look, "steady");
}

/** The deployment under way has what it needs. One that goes by stages has to have come to the last of them. */
function hasArrived(look: Look): boolean {
  const { service } = look;
  const { rollout, deployments } = service;
  if (!rollout.lifecycle || rollout.status !== "IN_PROGRESS") return isSteady(look) || succeedsEarly(look);
  return isCleaningUp(service) && (rollout.plan.strategy === "ROLLING" || deployments.length === 1);
}

function nextMoment({ service, now }: Look): number | undefined {
  const moments = [
    ...service.deployments.map(heldUntil),
    ...nextHealthChanges(service, now),
    ...nextReminders(service),
    ...nextStageMoments(service),
  ];
  const ahead = moments.filter((moment) => moment > now);
  return ahead.length > 0 ? Math.min(...ahead) : undefined;
}
