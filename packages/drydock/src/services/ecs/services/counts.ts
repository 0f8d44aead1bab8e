import type { Ecs } from "../ecs.ts";
import type { ServiceRecord } from "../records.ts";
import { lastStatus } from "../tasks/view.ts";

export interface TaskCounts {
  running: number;
  pending: number;
}

/** Tasks that are RUNNING, and those on their way there; of one deployment or of the whole service. */
export function countTasks(
  ecs: Ecs,
  service: Pick<ServiceRecord, "clusterName" | "name">,
  deployment?: string,
): TaskCounts {
  const statuses = ecs.records
    .serviceTasks(service)
    .filter((task) => deployment === undefined || task.service?.deployment === deployment)
    .filter((task) => task.state.desiredStatus === "RUNNING" && !task.service?.retirement)
    .map(lastStatus);
  return {
    running: statuses.filter((status) => status === "RUNNING").length,
    pending: statuses.filter((status) => ["PROVISIONING", "PENDING", "ACTIVATING"].includes(status)).length,
  };
}
