import { primaryOf } from "./deployments.ts";
import { isAlive, isHealthy } from "./health.ts";
import type { Look } from "./schedule.ts";

/** Exactly the desired tasks are there, all of the PRIMARY deployment, all healthy. */
export function isSteady({ service, now }: Look): boolean {
  const present = service.tasks.filter((task) => task.phase !== "stopped");
  return (
    !service.draining &&
    service.deployments.length === 1 &&
    present.length === service.desiredCount &&
    present.every((task) => isAlive(task) && isHealthy(task, now))
  );
}

/**
 * "Amazon ECS declares a deployment successful once a target percentage of tasks are healthy, instead of waiting for the service to
 * fully stabilize" (DeploymentConfiguration.earlySuccessCriteria).
 */
export function succeedsEarly({ service, now }: Look): boolean {
  const { earlySuccess, desiredCount, tasks } = service;
  if (!earlySuccess) return false;
  const { id } = primaryOf(service);
  const healthy = tasks.filter((task) => task.deployment === id && isHealthy(task, now)).length;
  const othersAreGone = tasks.every((task) => task.deployment === id || task.phase === "stopped");
  const enough = healthy >= Math.ceil((desiredCount * earlySuccess.healthyPercent) / 100);
  return enough && (earlySuccess.cleanup === "DEFERRED" || othersAreGone);
}
