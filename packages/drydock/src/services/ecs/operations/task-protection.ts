import type { Failure, ProtectedTask } from "@aws-sdk/client-ecs";
import { activeCluster } from "../clusters.ts";
import type { Ecs } from "../ecs.ts";
import { invalidParameter, unsupported } from "../errors.ts";
import { lastSegment } from "../names.ts";
import type { EcsOperations } from "../operations.ts";

/** Nothing is protected in drydock: asking says so truthfully, and protecting is refused rather than pretended. */
export function taskProtectionOperations(ecs: Ecs) {
  const { records, names } = ecs;
  return {
    GetTaskProtection: ({ cluster, tasks: references }) => {
      const { clusterName } = activeCluster(ecs, cluster);
      const tasks =
        references ?? records.tasks.list(`${clusterName}/`).flatMap((task) => (task.service ? [task.id] : []));
      const protectedTasks: ProtectedTask[] = [];
      const failures: Failure[] = [];
      for (const id of tasks.map(lastSegment)) {
        const arn = names.task(clusterName, id);
        const record = records.tasks.get(`${clusterName}/${id}`);
        if (!record) failures.push({ arn, reason: "MISSING" });
        else if (!record.service) failures.push({ arn, reason: "TASK_NOT_VALID" });
        else protectedTasks.push({ taskArn: arn, protectionEnabled: false });
      }
      return { protectedTasks, failures };
    },

    UpdateTaskProtection: ({ cluster, protectionEnabled }) => {
      activeCluster(ecs, cluster);
      if (protectionEnabled === undefined) throw invalidParameter("protectionEnabled must be set.");
      throw unsupported("drydock doesn't build task scale-in protection yet.");
    },
  } satisfies EcsOperations;
}
