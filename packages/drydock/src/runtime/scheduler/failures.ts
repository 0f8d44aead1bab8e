import { resolve, say } from "./conditions.ts";
import { primaryOf } from "./deployments.ts";
import { isHealthy } from "./health.ts";
import { events } from "./messages.ts";
import type { Look } from "./schedule.ts";
import type { Deployment, ServiceTask } from "./state.ts";
import { noThrottle, paceAfterExit, throttleAfterFailure } from "./throttle.ts";

/**
 * Notes which tasks have become healthy and which have ended, and counts failures as the circuit breaker does: tasks that
 * didn't reach RUNNING, and tasks that ended by themselves before they were ever healthy. Tasks that fail a
 * health check are counted when they are retired for it.
 */
export function countFailures(look: Look): void {
  const { service, now } = look;
  for (const task of service.tasks) {
    const deployment = service.deployments.find(({ id }) => id === task.deployment);
    if (!task.wasHealthy && isHealthy(task, now)) {
      task.wasHealthy = true;
      if (deployment) deployment.pace = noThrottle;
      if (deployment && service.circuitBreaker.resetOnHealthyTask) deployment.failedTasks = 0;
    }
    if (deployment && (task.runningSince ?? 0) > deployment.throttle.lastFailureAt) deployment.throttle = noThrottle;
    if (task.phase === "stopped" && !task.settled) {
      task.settled = true;
      if (deployment && failedByItself(task)) countEnd(look, deployment, task);
    }
  }
  const { throttle, rolloutState } = primaryOf(service);
  if (throttle.until > 0 && rolloutState !== "FAILED") {
    say(look, "throttled", events.throttled(service.name));
  } else {
    resolve(look, "throttled");
  }
}

/** Counts a failed task of the deployment under way. */
export function countFailedTask(look: Look, deployment: Deployment): void {
  if (deployment === primaryOf(look.service) && deployment.rolloutState === "IN_PROGRESS") deployment.failedTasks++;
}

/** Not stopped by a user, the scheduler, or what happened to its machine. */
function failedByItself({ retirement, stopCode }: ServiceTask): boolean {
  return !retirement && (stopCode === "TaskFailedToStart" || stopCode === "EssentialContainerExited");
}

function countEnd(look: Look, deployment: Deployment, task: ServiceTask): void {
  if (!task.wasHealthy) countFailedTask(look, deployment);
  if (task.runningSince !== undefined) {
    if (!task.wasHealthy) deployment.pace = paceAfterExit(deployment.pace, task.createdAt, look.now);
    return;
  }
  deployment.throttle = throttleAfterFailure(deployment.throttle, task.createdAt, look.now);
}
