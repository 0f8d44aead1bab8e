import { takeCensus } from "./census.ts";
import { countFailedTask } from "./failures.ts";
import { failedCheck } from "./health.ts";
import { events, stopReasons } from "./messages.ts";
import type { Look } from "./schedule.ts";
import type { ServiceTask } from "./state.ts";

/** The scheduler wants the task gone: its targets drain, then it is signalled. */
export function retire(task: ServiceTask, reason: string): void {
  task.retirement = { reason, signalled: false };
}

/** Retires a task for the check it fails; one that fails none stays. */
export function retireFailing(look: Look, task: ServiceTask): void {
  const { service, now } = look;
  const failed = failedCheck(task, service.healthCheckGracePeriod, now);
  if (!failed) return;
  const [message, reason] =
    "target" in failed
      ? [events.unhealthyTarget(service.name, task.id, failed.target), stopReasons.unhealthyTarget(failed.target)]
      : [events.unhealthyContainers(service.name, task.id), stopReasons.unhealthyContainers()];
  look.actions.push({ type: "event", message });
  const deployment = service.deployments.find(({ id }) => id === task.deployment);
  if (deployment) countFailedTask(look, deployment);
  retire(task, reason);
}

/** A task that failed its checks before it ever served holds nothing up: it goes at once, and a new one is tried. */
export function retireNeverHealthy(look: Look): void {
  for (const task of takeCensus(look).failing) if (!task.wasHealthy) retireFailing(look, task);
}
