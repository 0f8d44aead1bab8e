import type { ServiceState, ServiceTask, Target } from "./state.ts";

/**
 * "If a task has no essential containers with a health check defined, the service scheduler will wait for 40 seconds
 * after a task reaches a RUNNING state before the task is counted" (DeploymentConfiguration, ECS API reference).
 */
const waitWithoutHealthCheck = 40_000;

/** Counts towards maximumPercent: RUNNING or PENDING, and not on its way out. */
export function isAlive(task: ServiceTask): boolean {
  return (task.phase === "starting" || task.phase === "running") && task.retirement === undefined;
}

/** Counts towards minimumHealthyPercent: every check there is has passed; without any, it has run for 40 s. */
export function isHealthy(task: ServiceTask, now: number): boolean {
  if (task.phase !== "running" || task.runningSince === undefined || task.retirement) return false;
  if (task.targets.length === 0 && task.containerHealth === "none") {
    return now - task.runningSince >= waitWithoutHealthCheck;
  }
  if (task.containerHealth !== "none" && task.containerHealth !== "healthy") return false;
  return task.targets.every((target) => target.state === "healthy");
}

/** The check a task has failed, once its grace period is over; undefined while it hasn't failed any. */
export function failedCheck(
  task: ServiceTask,
  gracePeriod: number,
  now: number,
): { target: Target } | { containers: true } | undefined {
  if (!isAlive(task) || task.phase !== "running") return undefined;
  if (now < (task.runningSince ?? now) + gracePeriod) return undefined;
  const target = task.targets.find((candidate) => candidate.state === "unhealthy");
  if (target) return { target };
  return task.containerHealth === "unhealthy" ? { containers: true } : undefined;
}

/** When time alone may change what a service's tasks count as. */
export function nextHealthChanges(service: ServiceState, now: number): number[] {
  return service.tasks
    .filter((task) => isAlive(task) && task.runningSince !== undefined)
    .map((task) => {
      const checked = task.targets.length > 0 || task.containerHealth !== "none";
      return (task.runningSince ?? now) + (checked ? service.healthCheckGracePeriod : waitWithoutHealthCheck);
    });
}
