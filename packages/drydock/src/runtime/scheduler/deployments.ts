import { rollbackReasons, rolloutReasons, statusReasons } from "./messages.ts";
import type { Deployment, Rollout, ServiceState } from "./state.ts";
import { noThrottle } from "./throttle.ts";

/** Service deployment states in which the deployment still does something. */
const ongoing = new Set(["PENDING", "IN_PROGRESS", "STOP_REQUESTED", "ROLLBACK_REQUESTED", "ROLLBACK_IN_PROGRESS"]);

export function isOngoing(rollout: Rollout): boolean {
  return ongoing.has(rollout.status);
}

/** The PRIMARY deployment. */
export function primaryOf(service: ServiceState): Deployment {
  const [primary] = service.deployments;
  if (!primary) throw new Error(`Service ${service.name} has no deployment.`);
  return primary;
}

/** A service at its birth, with its first deployment. */
export function newService(
  settings: Omit<ServiceState, "draining" | "deployments" | "rollout" | "steady" | "stuck" | "tasks" | "lastCompleted">,
  deployment: string,
  now: number,
): ServiceState {
  return {
    ...settings,
    draining: false,
    deployments: [newDeployment(settings.desiredCount, deployment, now)],
    rollout: newRollout(settings.circuitBreaker.enable, deployment, [], now),
    steady: false,
    stuck: false,
    tasks: [],
  };
}

/** A new PRIMARY deployment; the one before gives way. A rollout that was under way ends as `superseded`. */
export function beginDeployment(
  service: ServiceState,
  deployment: string,
  now: number,
): { service: ServiceState; superseded?: Rollout } {
  const before = service.rollout;
  const sources = service.deployments.map((source) => source.id);
  return {
    service: {
      ...service,
      deployments: [newDeployment(service.desiredCount, deployment, now), ...service.deployments],
      rollout: newRollout(service.circuitBreaker.enable, deployment, sources, now),
      steady: false,
      stuck: false,
    },
    ...(isOngoing(before) ? { superseded: stopRollout(before, statusReasons.superseded, now) } : {}),
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
  return { ...service, desiredCount, deployments, steady: false };
}

/** Lets a deleted service run down: nothing is wanted any more, and a rollout under way ends. */
export function drainService(service: ServiceState, now: number): ServiceState {
  const { rollout } = service;
  return {
    ...scaleService(service, 0),
    draining: true,
    rollout: isOngoing(rollout) ? stopRollout(rollout, statusReasons.serviceDeleted, now) : rollout,
  };
}

/** Ends the deployment under way for a reason from outside (StopServiceDeployment) and returns to the last completed one. */
export function rollBackByRequest(service: ServiceState, now: number): ServiceState {
  const failed = setPrimary(
    service,
    { rolloutState: "FAILED", rolloutStateReason: rolloutReasons.stoppedByUser() },
    now,
  );
  return returnToLastCompleted(failed, rollbackReasons.user, rolloutReasons.rolledBackByUser, now);
}

/** What the circuit breaker does once too many tasks failed: give up, or return to the last completed deployment. */
export function failDeployment(service: ServiceState, now: number): ServiceState {
  const failed = setPrimary(service, { rolloutState: "FAILED", rolloutStateReason: rolloutReasons.failed() }, now);
  const { rollout } = failed;
  const triggered = { status: "TRIGGERED" as const, failureCount: primaryOf(service).failedTasks };
  if (rollout.rollback) {
    return { ...failed, rollout: end(rollout, "ROLLBACK_FAILED", statusReasons.rollbackFailed, now) };
  }
  const counted = { ...failed, rollout: { ...rollout, circuitBreaker: triggered } };
  if (!service.circuitBreaker.rollback) {
    return { ...counted, rollout: stopRollout(counted.rollout, statusReasons.circuitBreaker, now) };
  }
  return returnToLastCompleted(counted, rollbackReasons.circuitBreaker, rolloutReasons.rollingBack, now);
}

/** The PRIMARY deployment has all of its tasks, healthy, and no other deployment has any left. */
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
    lastCompleted: primary.id,
    rollout: isOngoing(rollout)
      ? end({ ...rollout, circuitBreaker: watched }, status, rollout.statusReason, now)
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

function newRollout(breaker: boolean, deployment: string, sources: string[], now: number): Rollout {
  return {
    deployment,
    sources,
    status: "IN_PROGRESS",
    circuitBreaker: { status: breaker ? "MONITORING" : "DISABLED", failureCount: 0 },
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
    return { ...service, rollout: end(service.rollout, "ROLLBACK_FAILED", statusReasons.nothingToReturnTo, now) };
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
    rollout: {
      ...service.rollout,
      status: "ROLLBACK_IN_PROGRESS",
      statusReason: reason,
      rollback: { deployment: target, reason, startedAt: now },
      updatedAt: now,
    },
  };
}

function setPrimary(service: ServiceState, changes: Partial<Deployment>, now: number): ServiceState {
  const [primary, ...others] = [primaryOf(service), ...service.deployments.slice(1)];
  return { ...service, deployments: [{ ...primary, ...changes, updatedAt: now }, ...others] };
}

function stopRollout(rollout: Rollout, reason: string, now: number): Rollout {
  return { ...end(rollout, "STOPPED", reason, now), stoppedAt: now };
}

function end(rollout: Rollout, status: Rollout["status"], statusReason: string | undefined, now: number): Rollout {
  return { ...rollout, status, ...(statusReason ? { statusReason } : {}), finishedAt: now, updatedAt: now };
}
