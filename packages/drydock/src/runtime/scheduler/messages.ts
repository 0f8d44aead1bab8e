import type { Target } from "./state.ts";

/**
 * What ECS writes into a service's events and a deployment's reasons, word for word: tools search for these sentences.
 * https://docs.aws.amazon.com/AmazonECS/latest/developerguide/service-event-messages-list.html and
 * service-rebalancing-event-messages-list.html
 */
export const events = {
  started: (service: string, tasks: string[]) =>
    `(service ${service}) has started ${tasks.length} tasks: ${taskList(tasks)}.`,
  stopped: (service: string, tasks: string[]) =>
    `(service ${service}) has stopped ${tasks.length} running tasks: ${taskList(tasks)}.`,
  registered: (service: string, count: number, targetGroupArn: string) =>
    `(service ${service}) registered ${count} targets in (target-group ${targetGroupArn})`,
  deregistered: (service: string, count: number, targetGroupArn: string) =>
    `(service ${service}) deregistered ${count} targets in (target-group ${targetGroupArn})`,
  draining: (service: string, count: number) =>
    `(service ${service}) has begun draining connections on ${count} tasks.`,
  unhealthyTarget: (service: string, task: string, target: Target) =>
    `(service ${service}) (task ${task}) (port ${target.port}) is unhealthy in (target-group ${target.targetGroupArn}) ` +
    `due to (reason ${target.description ?? "Health checks failed"}).`,
  unhealthyContainers: (service: string, task: string) =>
    `(service ${service}) (task ${task}) failed container health checks.`,
  completed: (service: string, deployment: string) =>
    `(service ${service}) (deployment ${deployment}) deployment completed.`,
  failed: (service: string, deployment: string) =>
    `(service ${service}) (deployment ${deployment}) deployment failed: tasks failed to start.`,
  rollingBack: (service: string, deployment: string) =>
    `(service ${service}) rolling back to deployment ${deployment}.`,
  steady: (service: string) => `(service ${service}) has reached a steady state.`,
  unplaceable: (service: string) =>
    `(service ${service}) was unable to place a task. Reason: Capacity is unavailable at this time. Please try again ` +
    "later or in a different availability zone.",
  unbalanced: (service: string, counts: ReadonlyMap<string, number>) =>
    `service (${service}) is not AZ balanced with ${zoneList(counts)}. AZ Rebalancing in progress.`,
  balanced: (service: string, counts: ReadonlyMap<string, number>) =>
    `service (${service}) is AZ balanced with ${zoneList(counts)}.`,
  startedToRebalance: (service: string, zone: string, tasks: string[]) =>
    `${service} has started ${tasks.length} tasks in ${zone} to AZ Rebalance: ${tasks.join(", ")}.`,
  stoppedToRebalance: (service: string, zone: string, tasks: string[]) =>
    `${service} has stopped ${tasks.length} running tasks in ${zone} due to AZ rebalancing: ${tasks.join(", ")}.`,
  throttled: (service: string) => `(service ${service}) is unable to consistently start tasks successfully.`,
  stuck: (service: string) =>
    `(service ${service}) was unable to stop or start tasks during a deployment because of the service deployment ` +
    "configuration. Update the minimumHealthyPercent or maximumPercent value and try again.",
};

const causes = {
  user: "stopped by the user",
  hook: "stopped by a lifecycle hook",
  hookTimeout: "stopped: a lifecycle hook timed out",
  alarms: "failed: an alarm is in state ALARM",
  stageTimeout: "failed: a lifecycle stage took longer than 24 hours",
};

/** Why a deployment turns back, other than for its tasks. */
type Cause = keyof typeof causes;

export const rolloutReasons = {
  inProgress: (deployment: string) => `ECS deployment ${deployment} in progress.`,
  completed: (deployment: string) => `ECS deployment ${deployment} completed.`,
  failed: () => "ECS deployment circuit breaker: tasks failed to start.",
  rollingBack: (deployment: string) => `ECS deployment circuit breaker: rolling back to deploymentId ${deployment}.`,
  rolledBack: (cause: Cause) => (deployment: string) =>
    `${cause === "alarms" ? "ECS deployment alarms" : "ECS deployment stopped"}: rolling back to deploymentId ${deployment}.`,
  stopped: (cause: Cause) => `ECS deployment ${causes[cause]}.`,
};

export const stopReasons = {
  scaling: (deployment: string) => `Scaling activity initiated by (deployment ${deployment})`,
  unhealthyTarget: (target: Target) => `Task failed ELB health checks in (target-group ${target.targetGroupArn})`,
  unhealthyContainers: () => "Task failed container health checks",
};

export const rollbackReasons = {
  circuitBreaker: "Service deployment rolled back because the circuit breaker threshold was exceeded.",
  user: "Service deployment rolled back because the user stopped it.",
  hook: "Service deployment rolled back because a lifecycle hook was answered with ROLLBACK.",
  hookTimeout: "Service deployment rolled back because a lifecycle hook timed out.",
  alarms: "Service deployment rolled back because an alarm is in state ALARM.",
  stageTimeout: "Service deployment rolled back because a lifecycle stage took longer than 24 hours.",
};

export const statusReasons = {
  hookRejected: "Service deployment rollback requested by the answer to a lifecycle hook.",
  alarms: "Service deployment stopped because an alarm is in state ALARM.",
  rollbackRequested: "Service deployment rollback requested by the user.",
  superseded: "Service deployment stopped because a newer service deployment started.",
  serviceDeleted: "Service deployment stopped because the service was deleted.",
  circuitBreaker: "Service deployment stopped because the circuit breaker threshold was exceeded.",
  nothingToReturnTo: "Service deployment could not roll back: no earlier deployment of the service completed.",
  rollbackFailed: "Service deployment could not roll back: the tasks of the earlier service revision failed.",
};

function taskList(tasks: string[]): string {
  return tasks.map((task) => `(task ${task})`).join(" ");
}

/** `2 tasks in eu-west-1a, 0 tasks in eu-west-1b, and 1 tasks in eu-west-1c`. */
function zoneList(counts: ReadonlyMap<string, number>): string {
  const zones = [...counts].map(([zone, count]) => `${count} tasks in ${zone}`);
  return zones.length > 1 ? `${zones.slice(0, -1).join(", ")}, and ${zones.at(-1)}` : zones.join();
}
