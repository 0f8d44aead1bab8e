import { rollbackReasons, rolloutReasons, statusReasons } from "./messages.ts";
import {
  endRollout,
  isOngoing,
  newRollout,
  requestRollback,
  requestStop,
  startRollout,
  stopRollout,
} from "./rollout.ts";
import { closeHooks } from "./stages.ts";
import type { Deployment, Rollout, ServiceState, Traffic } from "./state.ts";
import { noThrottle } from "./throttle.ts";
import { chooseSource, trafficAtEnd, trafficAtStart } from "./traffic.ts";

/** The PRIMARY deployment. */
export function primaryOf(service: ServiceState): Deployment {
  const [primary] = service.deployments;
  if (!primary) throw new Error(`Service ${service.name} has no deployment.`);
  return primary;
}

/** A service at its birth, with its first deployment. */
export function newService(
  settings: Omit<
    ServiceState,
    | "draining"
    | "deployments"
    | "rollout"
    | "zones"
    | "said"
    | "rebalancing"
    | "tasks"
    | "lastCompleted"
    | "traffic"
    | "alarmsRaised"
  >,
  deployment: string,
  now: number,
): ServiceState {
  const service: ServiceState = {
    ...settings,
    draining: false,
    deployments: [newDeployment(settings.desiredCount, deployment, now)],
    rollout: newRollout(settings, deployment, [], now),
    zones: {},
    said: {},
    tasks: [],
  };
  return withTraffic(service, trafficAtStart(service, undefined));
}

/**
 * A new PRIMARY deployment; the one before gives way. A rollout that was under way is `superseded`: its stop is requested. "If
 * you update your service to use a new task definition, your service returns to a normal, non-throttled state" (ECS developer
 * guide, service throttle logic): with the same one the waits go on.
 */
export function beginDeployment(
  service: ServiceState,
  deployment: string,
  now: number,
  { sameTaskDefinition }: { sameTaskDefinition: boolean },
): { service: ServiceState; superseded?: Rollout } {
  const before = service.rollout;
  const sources = service.deployments.map((source) => source.id);
  const { throttled } = service.said;
  const { throttle } = primaryOf(service);
  const primary = newDeployment(service.desiredCount, deployment, now);
  const source = chooseSource(service, sources);
  const begun: ServiceState = {
    ...service,
    deployments: [sameTaskDefinition ? { ...primary, throttle } : primary, ...service.deployments],
    rollout: { ...newRollout(service, deployment, sources, now), ...(source ? { source } : {}) },
    said: sameTaskDefinition && throttled !== undefined ? { throttled } : {},
  };
  return {
    service: withTraffic(begun, trafficAtStart(begun, source)),
    ...(isOngoing(before) ? { superseded: requestStop(before, statusReasons.superseded, now) } : {}),
  };
}

/**
 * Changes how many tasks a service keeps. While a deployment is under way a growing service grows in both revisions
 * (as ECS does since November 2025); the replaced one shrinks again as the new one becomes healthy.
 */
export function scaleService(service: ServiceState, desiredCount: number): ServiceState {
  const growth = desiredCount - service.desiredCount;
  const deployments = service.deployments.map((deployment, index) => {
    if (index === 0) return { ...deployment, desiredCount };
    const grows = index === 1 && growth > 0 && deployment.desiredCount > 0;
    return grows ? { ...deployment, desiredCount: deployment.desiredCount + growth } : deployment;
  });
  const { steady: _said, ...said } = service.said;
  return { ...service, desiredCount, deployments, said };
}

/** Lets a deleted service run down: nothing is wanted any more, and a rollout under way is to end. */
export function drainService(service: ServiceState, now: number): ServiceState {
  const { rollout } = service;
  return {
    ...scaleService(service, 0),
    draining: true,
    rollout: isOngoing(rollout) ? requestStop(rollout, statusReasons.serviceDeleted, now) : rollout,
  };
}

/** StopServiceDeployment: the next look ends the deployment under way and returns to the last completed one. */
export function rollBackByRequest(service: ServiceState, now: number): ServiceState {
  return { ...service, rollout: requestRollback(service.rollout, statusReasons.rollbackRequested, now) };
}

/** What was asked of a rollout since the last look: to start, to stop, or to return to the last completed deployment. */
export function takeUpRequest(service: ServiceState, now: number): ServiceState {
  const { rollout } = service;
  if (rollout.status === "PENDING") {
    // An alarm that was raised before says nothing about this deployment.
    const alarms = { ...rollout.alarms, ignored: service.alarmsRaised ?? [] };
    return { ...service, rollout: { ...startRollout(rollout, now), alarms } };
  }
  if (rollout.status === "STOP_REQUESTED") return { ...service, rollout: stopRollout(rollout, now) };
  if (rollout.status !== "ROLLBACK_REQUESTED") return service;
  const rejected = rollout.statusReason === statusReasons.hookRejected;
  return rollBack(service, rejected ? "hook" : "user", now);
}

/** Fails the deployment under way for one of the reasons that aren't the circuit breaker's, and returns to the last completed one. */
export function rollBack(
  service: ServiceState,
  cause: Exclude<keyof typeof rollbackReasons, "circuitBreaker">,
  now: number,
): ServiceState {
  const failed = setPrimary(
    service,
    { rolloutState: "FAILED", rolloutStateReason: rolloutReasons.stopped(cause) },
    now,
  );
  return returnToLastCompleted(failed, rollbackReasons[cause], rolloutReasons.rolledBack(cause), now);
}

/** An alarm has been raised during the deployment, and its service doesn't want to return: everything stays as it stands. */
export function giveUp(service: ServiceState, now: number): ServiceState {
  const failed = setPrimary(
    service,
    { rolloutState: "FAILED", rolloutStateReason: rolloutReasons.stopped("alarms") },
    now,
  );
  return { ...failed, rollout: stopRollout(failed.rollout, now, statusReasons.alarms) };
}

/** What the circuit breaker does once too many tasks failed: give up, or return to the last completed deployment. */
export function failDeployment(service: ServiceState, now: number): ServiceState {
  const failed = setPrimary(service, { rolloutState: "FAILED", rolloutStateReason: rolloutReasons.failed() }, now);
  const { rollout } = failed;
  const triggered = { status: "TRIGGERED" as const, failureCount: primaryOf(service).failedTasks };
  if (rollout.rollback) {
    return { ...failed, rollout: endRollout(rollout, "ROLLBACK_FAILED", statusReasons.rollbackFailed, now) };
  }
  const counted = { ...failed, rollout: { ...rollout, circuitBreaker: triggered } };
  if (!service.circuitBreaker.rollback) {
    return { ...counted, rollout: stopRollout(counted.rollout, now, statusReasons.circuitBreaker) };
  }
  return returnToLastCompleted(counted, rollbackReasons.circuitBreaker, rolloutReasons.rollingBack, now);
}

/** The PRIMARY deployment has what it needs: at first all of its tasks, healthy, or as much as earlySuccess asks for. */
export function completeDeployment(service: ServiceState, now: number): ServiceState {
  const primary = primaryOf(service);
  const completed = setPrimary(
    service,
    { rolloutState: "COMPLETED", rolloutStateReason: rolloutReasons.completed(primary.id) },
    now,
  );
  const { rollout } = completed;
  const breaker = rollout.circuitBreaker;
  const watched = breaker.status === "MONITORING" ? { ...breaker, status: "MONITORING_COMPLETE" as const } : breaker;
  const status = rollout.rollback ? "ROLLBACK_SUCCESSFUL" : "SUCCESSFUL";
  return {
    ...completed,
    ...trafficAtEnd(completed, primary.id),
    lastCompleted: primary.id,
    rollout: isOngoing(rollout)
      ? endRollout({ ...rollout, circuitBreaker: watched }, status, rollout.statusReason, now)
      : rollout,
  };
}

function newDeployment(desiredCount: number, id: string, now: number): Deployment {
  return {
    id,
    desiredCount,
    rolloutState: "IN_PROGRESS",
    rolloutStateReason: rolloutReasons.inProgress(id),
    failedTasks: 0,
    throttle: noThrottle,
    pace: noThrottle,
    createdAt: now,
    updatedAt: now,
  };
}

function returnToLastCompleted(
  service: ServiceState,
  reason: string,
  deploymentReason: (id: string) => string,
  now: number,
): ServiceState {
  const target = service.lastCompleted;
  if (target === undefined) {
    return {
      ...service,
      rollout: endRollout(service.rollout, "ROLLBACK_FAILED", statusReasons.nothingToReturnTo, now),
    };
  }
  const restored: Deployment = {
    ...(service.deployments.find(({ id }) => id === target) ?? newDeployment(0, target, now)),
    desiredCount: service.desiredCount,
    rolloutState: "IN_PROGRESS",
    rolloutStateReason: deploymentReason(target),
    failedTasks: 0,
    throttle: noThrottle,
    pace: noThrottle,
    updatedAt: now,
  };
  return {
    ...service,
    deployments: [restored, ...service.deployments.filter(({ id }) => id !== target)],
    said: {},
    rollout: {
      ...turnBack(service.rollout, now),
      status: "ROLLBACK_IN_PROGRESS",
      statusReason: reason,
      rollback: { deployment: target, reason, startedAt: now },
      updatedAt: now,
    },
  };
}

/** The way back has two stages that can be seen: traffic returns, then the tasks of the failed revision go. */
function turnBack(rollout: Rollout, now: number): Rollout {
  const closed = closeHooks(rollout);
  const { lifecycle } = closed;
  if (!lifecycle) return closed;
  const { bakesUntil: _over, ...rest } = lifecycle;
  return { ...closed, lifecycle: { ...rest, stage: "PRODUCTION_TRAFFIC_SHIFT", since: now } };
}

function withTraffic(service: ServiceState, traffic: Traffic | undefined): ServiceState {
  return { ...service, ...(traffic ? { traffic } : {}) };
}

function setPrimary(service: ServiceState, changes: Partial<Deployment>, now: number): ServiceState {
  const [primary, ...others] = [primaryOf(service), ...service.deployments.slice(1)];
  return { ...service, deployments: [{ ...primary, ...changes, updatedAt: now }, ...others] };
}
