import { statusReasons } from "./messages.ts";
import type { Rollout } from "./state.ts";

/** Service deployment states in which the deployment still does something. */
const ongoing = new Set(["PENDING", "IN_PROGRESS", "STOP_REQUESTED", "ROLLBACK_REQUESTED", "ROLLBACK_IN_PROGRESS"]);

export function isOngoing(rollout: Rollout): boolean {
  return ongoing.has(rollout.status);
}

/** PENDING until the scheduler has looked at it. */
export function newRollout(breaker: boolean, deployment: string, sources: string[], now: number): Rollout {
  return {
    deployment,
    sources,
    status: "PENDING",
    circuitBreaker: { status: breaker ? "MONITORING" : "DISABLED", failureCount: 0 },
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

export function requestRollback(rollout: Rollout, now: number): Rollout {
  return { ...rollout, status: "ROLLBACK_REQUESTED", statusReason: statusReasons.rollbackRequested, updatedAt: now };
}

export function endRollout(
  rollout: Rollout,
  status: Rollout["status"],
  statusReason: string | undefined,
  now: number,
): Rollout {
  return { ...rollout, status, ...(statusReason ? { statusReason } : {}), finishedAt: now, updatedAt: now };
}
