import { AdminError } from "../admin/admin-error.ts";
import { AwsError } from "../errors.ts";
import type { Region } from "../region.ts";
import { ecsOf } from "../services/ecs/ecs.ts";
import { taskFaultsOf } from "../services/ecs/faults.ts";
import { drawn } from "./chance.ts";
import { faultsOf, type KeptFault } from "./fault-book.ts";
import type { Fault, TaskCrash } from "./rule.ts";

/** What has come of a fault at once: the ARNs of the tasks it took, and the fault itself when it lasts. */
export interface Happened {
  fault?: KeptFault;
  tasks: string[];
}

/** @throws AdminError 400 where this region can't have it */
export function happen(region: Region, fault: Fault): Happened {
  const { crashTask, interruptSpotTasks, loseZone } = taskFaultsOf(region);
  switch (fault.kind) {
    case "task-crash": {
      const tasks = crashing(region, fault);
      for (const task of tasks) crashTask(task);
      return { tasks };
    }
    case "spot-interruption":
      return { tasks: interruptSpotTasks(fault) };
    case "zone-loss": {
      const tasks = asked(() => loseZone(fault.zone));
      return { fault: faultsOf(region).add(fault), tasks };
    }
    case "broken-task":
      if (region.runtime === "simulated") return { fault: faultsOf(region).add(fault), tasks: [] };
      throw new AdminError(400, "RuntimeMismatch", "Only simulated tasks can be made to break by themselves.", {
        path: "kind",
        expected: "a region started with the runtime `simulated`; real images that are broken do the same anywhere",
      });
    default:
      return { fault: faultsOf(region).add(fault), tasks: [] };
  }
}

/** Undoes a lasting fault. False when there is none with this id. */
export function end(region: Region, id: number): boolean {
  const fault = faultsOf(region).remove(id);
  // The same zone may have been lost twice; it is back when the last of these faults is gone.
  if (
    fault?.kind === "zone-loss" &&
    !faultsOf(region)
      .list()
      .some((other) => isLossOf(other, fault.zone))
  ) {
    taskFaultsOf(region).regainZone(fault.zone);
  }
  return fault !== undefined;
}

function isLossOf(fault: KeptFault, zone: string): boolean {
  return fault.kind === "zone-loss" && fault.zone === zone;
}

/** The ARNs of the tasks that a crash takes, drawn from those that run. */
function crashing(region: Region, { cluster, service, count = 1, seed }: TaskCrash): string[] {
  const running = ecsOf(region)
    .records.tasks.list()
    .filter(({ state }) => state.lastStatus === "RUNNING")
    .filter((task) => cluster === undefined || task.clusterName === cluster)
    .filter((task) => service === undefined || task.service?.name === service)
    .sort((a, b) => a.createdAt.getTime() - b.createdAt.getTime());
  return running
    .map(({ arn }, index) => ({ arn, order: drawn(seed, index) }))
    .sort((a, b) => a.order - b.order)
    .slice(0, count)
    .map(({ arn }) => arn);
}

function asked<T>(work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (!(error instanceof AwsError)) throw error;
    throw new AdminError(400, "InvalidFault", error.message);
  }
}
