import { beginLifecycle, closeHooks } from "./stages.ts";
import type { Rollout, ServiceState } from "./state.ts";

/** Service deployment states in which the deployment still does something. */
const ongoing = new Set(["PENDING", "IN_PROGRESS", "STOP_REQUESTED", "ROLLBACK_REQUESTED", "ROLLBACK_IN_PROGRESS"]);

export function isOngoing(rollout: Rollout): boolean {
  return ongoing.has(rollout.status);
}

/** PENDING until the scheduler has looked at it. */
export function newRollout(
  { circuitBreaker, plan }: Pick<ServiceState, "circuitBreaker" | "plan">,
  deployment: string,
  sources: string[],
  now: number,
): Rollout {
  // The first revision of a service has nothing to share its traffic with, and nothing to go back to.
  const own = sources.length > 0 ? plan : { ...plan, steps: plan.steps.slice(-1), bakeTime: 0 };
  const lifecycle = beginLifecycle(own, sources, now);
  return {
    deployment,
    sources,
    status: "PENDING",
    circuitBreaker: { status: circuitBreaker.enable ? "MONITORING" : "DISABLED", failureCount: 0 },
    plan: own,
    ...(lifecycle ? { lifecycle } : {}),
    alarms: { status: plan.alarms ? "MONITORING" : "DISABLED", ignored: [], triggered: [] },
    createdAt: now,
    updatedAt: now,
  };
}

export function startRollout(rollout: Rollout, now: number): Rollout {
  return { ...rollout, status: "IN_PROGRESS", startedAt: now, updatedAt: now };
}

export function requestStop(rollout: Rollout, statusReason: string, now: number): Rollout {
  return { ...rollout, status: "STOP_REQUESTED", statusReason, updatedAt: now };
}

/** For one whose stop was requested the reason given then stays. */
export function stopRollout(rollout: Rollout, now: number, statusReason = rollout.statusReason): Rollout {
  return { ...endRollout(rollout, "STOPPED", statusReason, now), stoppedAt: now };
}

export function requestRollback(rollout: Rollout, statusReason: string, now: number): Rollout {
  return { ...rollout, status: "ROLLBACK_REQUESTED", statusReason, updatedAt: now };
}

export function endRollout(
  rollout: Rollout,
  status: Rollout["status"],
  statusReason: string | undefined,
  now: number,
): Rollout {
  return {
    ...closeHooks(rollout),
    status,
    ...(statusReason ? { statusReason } : {}),
    alarms: {
      ...rollout.alarms,
      status: rollout.alarms.status === "MONITORING" ? "MONITORING_COMPLETE" : rollout.alarms.status,
    },
    finishedAt: now,
    updatedAt: now,
  };
}
