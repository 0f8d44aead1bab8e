import { isAlive } from "./health.ts";
import { events } from "./messages.ts";
import type { Look } from "./schedule.ts";
import type { ServiceTask, Target } from "./state.ts";

const registered = new Set<Target["state"]>(["initial", "healthy", "unhealthy"]);

/**
 * Brings tasks and their targets together: a running task is registered; one that is to go is deregistered and, once its
 * last target has become `unused` after the full deregistration delay, signalled.
 */
export function moveTargets(look: Look): void {
  const draining = new Set<string>();
  const signalled: ServiceTask[] = [];
  for (const task of look.service.tasks) {
    for (const target of task.targets) {
      const action = { task: task.id, targetGroupArn: target.targetGroupArn, port: target.port };
      if (task.phase === "running" && isAlive(task) && target.state === "unused") {
        look.actions.push({ type: "registerTarget", ...action });
        target.state = "initial";
      } else if (!isAlive(task) && registered.has(target.state)) {
        look.actions.push({ type: "deregisterTarget", ...action });
        if (task.phase === "running") draining.add(task.id);
        target.state = "draining";
      }
    }
    if (signalDrained(look, task)) signalled.push(task);
  }
  const { name } = look.service;
  const messages = [
    ...(draining.size > 0 ? [events.draining(name, draining.size)] : []),
    ...stopMessages(name, signalled),
  ];
  look.actions.push(...messages.map((message) => ({ type: "event", message }) as const));
}

function stopMessages(service: string, tasks: ServiceTask[]): string[] {
  const rebalanced = Map.groupBy(tasks, ({ retirement, zone }) => (retirement?.rebalancing ? zone : undefined));
  return [...rebalanced].map(([zone, group]) => {
    const ids = group.map(({ id }) => id);
    return zone === undefined ? events.stopped(service, ids) : events.stoppedToRebalance(service, zone, ids);
  });
}

function signalDrained(look: Look, task: ServiceTask): boolean {
  const { retirement } = task;
  if (!retirement || retirement.signalled || task.targets.some((target) => target.state !== "unused")) return false;
  retirement.signalled = true;
  if (task.phase !== "starting" && task.phase !== "running") return false;
  look.actions.push({
    type: "stopTask",
    task: task.id,
    reason: retirement.reason,
    stopCode: "ServiceSchedulerInitiated",
  });
  return true;
}
