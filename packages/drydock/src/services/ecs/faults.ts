import type { Region } from "../../region.ts";
import { zonesOf } from "../ec2/zones.ts";
import { type Ecs, ecsOf, wakeServices } from "./ecs.ts";
import { invalidParameter } from "./errors.ts";
import { pathOf } from "./names.ts";
import type { TaskRecord } from "./records.ts";

/** Which tasks an interruption takes; every task on FARGATE_SPOT where nothing is said. */
export interface SpotSelection {
  cluster?: string;
  service?: string;
  /** At most so many, the oldest first. */
  count?: number;
}

/** What befalls tasks from outside, on demand. Everything answers at once; ECS then does what it does. */
export interface TaskFaults {
  /**
   * AWS takes Spot capacity back: each task gets its SIGTERM as the two-minute warning, SIGKILL after its stopTimeout (at most
   * those two minutes), and leaves its target groups. Answers the tasks' ARNs.
   */
  interruptSpotTasks(selection?: SpotSelection): string[];
  /**
   * An Availability Zone fails: its tasks are gone without a signal, and none can be placed there. Answers their ARNs. Throws
   * InvalidParameterException for a zone that the region doesn't have.
   */
  loseZone(zone: string): string[];
  /** The zone is back: tasks can be placed there again, and services with rebalancing spread out again. */
  regainZone(zone: string): void;
  /** The task's processes die (SIGKILL). Throws InvalidParameterException for a task that isn't running. */
  crashTask(taskArn: string): void;
}

export function taskFaultsOf(region: Region): TaskFaults {
  return taskFaults(ecsOf(region));
}

export function taskFaults(ecs: Ecs): TaskFaults {
  const { records, runner, region } = ecs;
  const checkZone = (zone: string) => {
    const names = zonesOf(region).map(({ name }) => name);
    if (!names.includes(zone)) {
      throw invalidParameter(`${region.name} has no Availability Zone ${zone}, only ${names.join(", ")}.`);
    }
  };
  return {
    interruptSpotTasks({ cluster, service, count } = {}) {
      const interrupted = records.tasks
        .list()
        .filter((task) => isUp(task) && task.capacityProviderName === "FARGATE_SPOT")
        .filter((task) => cluster === undefined || task.clusterName === cluster)
        .filter((task) => service === undefined || task.service?.name === service)
        .sort((a, b) => a.createdAt.getTime() - b.createdAt.getTime())
        .slice(0, count);
      for (const { arn } of interrupted) {
        runner.stop(arn, { stopCode: "SpotInterruption", reason: "Your Spot Task was interrupted." });
      }
      return interrupted.map(({ arn }) => arn);
    },

    loseZone(zone) {
      checkZone(zone);
      records.lostZones.put(zone, true);
      const lost = records.tasks
        .list()
        .filter((task) => task.network.availabilityZone === zone && task.state.lastStatus !== "STOPPED");
      const reason = `The infrastructure of the task in Availability Zone ${zone} failed.`;
      for (const { arn } of lost) runner.kill(arn, { stopCode: "InfrastructureHealth", reason });
      wakeServices(ecs);
      return lost.map(({ arn }) => arn);
    },

    regainZone(zone) {
      checkZone(zone);
      records.lostZones.delete(zone);
      wakeServices(ecs);
    },

    crashTask(taskArn) {
      const task = records.tasks.get(pathOf(taskArn));
      if (task?.state.lastStatus !== "RUNNING") {
        throw invalidParameter(`No task ${taskArn} is running: only a running task can crash.`);
      }
      runner.kill(taskArn);
    },
  };
}

function isUp({ state }: TaskRecord): boolean {
  return state.lastStatus !== "STOPPED" && state.desiredStatus === "RUNNING";
}
