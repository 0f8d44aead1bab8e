import { primaryOf } from "./deployments.ts";
import { failedCheck, isAlive, isHealthy } from "./health.ts";
import type { Look } from "./schedule.ts";
import type { ServiceTask } from "./state.ts";

/** A service's alive tasks at one moment, sorted into what the strategies ask about them. */
export interface Census {
  alive: ServiceTask[];
  primary: ServiceTask[];
  replaced: ServiceTask[];
  failing: Set<ServiceTask>;
  healthy: Set<ServiceTask>;
}

export function takeCensus({ service, now }: Look): Census {
  const alive = service.tasks.filter(isAlive);
  const primary = primaryOf(service).id;
  return {
    alive,
    primary: alive.filter((task) => task.deployment === primary),
    replaced: alive.filter((task) => task.deployment !== primary),
    failing: new Set(alive.filter((task) => failedCheck(task, service.healthCheckGracePeriod, now))),
    healthy: new Set(alive.filter((task) => isHealthy(task, now))),
  };
}

/** Healthy before not known yet before starting before failing; among equals the revision known to work. */
export function worth(
  look: Look,
  { failing, healthy }: Pick<Census, "failing" | "healthy">,
): (task: ServiceTask) => number {
  const { lastCompleted } = look.service;
  return (task) =>
    (healthy.has(task) ? 8 : failing.has(task) ? 0 : task.phase === "running" ? 4 : 2) +
    (task.deployment === lastCompleted ? 1 : 0);
}
