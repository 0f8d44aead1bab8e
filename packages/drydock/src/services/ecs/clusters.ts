import type { Cluster } from "@aws-sdk/client-ecs";
import type { Ecs } from "./ecs.ts";
import { clusterNotFound } from "./errors.ts";
import { clusterNameOf } from "./names.ts";

/** Throws ClusterNotFoundException for one that is missing or deleted. */
export function activeCluster({ records }: Ecs, reference: string | undefined): Cluster & { clusterName: string } {
  const clusterName = clusterNameOf(reference);
  const cluster = records.clusters.get(clusterName);
  if (cluster?.status !== "ACTIVE") throw clusterNotFound();
  return { ...cluster, clusterName };
}

/** A cluster with its counts as they are now. */
export function describeCluster({ records }: Ecs, cluster: Cluster): Cluster {
  const prefix = `${cluster.clusterName}/`;
  const statuses = records.tasks.list(prefix).map((task) => task.state.lastStatus);
  return {
    ...cluster,
    runningTasksCount: statuses.filter((status) => status === "RUNNING").length,
    pendingTasksCount: statuses.filter((status) => ["PROVISIONING", "PENDING", "ACTIVATING"].includes(status)).length,
    activeServicesCount: records.services.list(prefix).filter((service) => service.status === "ACTIVE").length,
  };
}
