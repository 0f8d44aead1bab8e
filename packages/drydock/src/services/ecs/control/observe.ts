import type { ServiceTask } from "../../../runtime/scheduler/state.ts";
import type { TaskRecord } from "../records.ts";
import type { TargetHealth } from "./target-health.ts";

/** A service's tasks as the scheduler sees them: what the runner last reported, joined with the targets' health. */
export function observeTasks(tasks: TaskRecord[], health: TargetHealth): ServiceTask[] {
  return tasks.flatMap((task) => {
    const { state, service } = task;
    if (!service) return [];
    return [
      {
        id: task.id,
        deployment: service.deployment,
        zone: task.network.availabilityZone,
        phase: phaseOf(task),
        createdAt: task.createdAt.getTime(),
        ...(state.startedAt ? { runningSince: state.startedAt.getTime() } : {}),
        ...(state.stopCode ? { stopCode: state.stopCode } : {}),
        containerHealth: service.hasHealthCheck ? healthOf(state.healthStatus) : "none",
        targets: service.targets.map(({ targetGroupArn, port }) => ({
          targetGroupArn,
          port,
          ...health.of(targetGroupArn, task.network.address, port),
        })),
        ...(service.retirement ? { retirement: service.retirement } : {}),
        wasHealthy: service.wasHealthy,
        settled: service.settled,
      },
    ];
  });
}

export function phaseOf({ state }: TaskRecord): ServiceTask["phase"] {
  if (state.lastStatus === "STOPPED") return "stopped";
  if (state.desiredStatus === "STOPPED") return "stopping";
  if (["PROVISIONING", "PENDING", "ACTIVATING"].includes(state.lastStatus)) return "starting";
  return state.lastStatus === "RUNNING" ? "running" : "stopping";
}

function healthOf(status: TaskRecord["state"]["healthStatus"]): "healthy" | "unhealthy" | "unknown" {
  if (status === "HEALTHY") return "healthy";
  return status === "UNHEALTHY" ? "unhealthy" : "unknown";
}
