import type { Task } from "../../config/app.ts";
import { diagnoseTask } from "../diagnosis/diagnose.ts";
import type { Diagnosis } from "../diagnosis/diagnosis.ts";
import { shortTaskId, startedByFardel } from "../names.ts";
import type { ReleaseRecord } from "../records/record.ts";
import { capacityOf } from "../rollout/capacity.ts";
import type { Run } from "../run.ts";
import { followTask, runOnce } from "./run-once.ts";
import { tasksStartedBy } from "./tasks.ts";

export interface FailedReleaseTask {
  /** `The task migrate failed with exit code 1`. */
  what: string;
  diagnosis: Diagnosis;
}

/**
 * Runs the tasks that come before the services change, or after, one after the other, up to the first that fails.
 *
 * @param definitions ARN by task.
 */
export async function runReleaseTasks(
  run: Run,
  tasks: readonly Task[],
  definitions: ReadonlyMap<string, string>,
  release: number,
): Promise<FailedReleaseTask | undefined> {
  for (const task of tasks) {
    const ended = await runOnce(run, {
      workload: task.name,
      taskDefinition: definitions.get(task.name) ?? "",
      capacity: capacityOf(task),
      purpose: purposeOf(release),
    });
    if (ended.exitCode === 0) continue;
    const how = ended.exitCode === undefined ? "couldn't start" : `failed with exit code ${ended.exitCode}`;
    return { what: `The task ${task.name} ${how}`, diagnosis: await diagnoseTask(run, task, ended.task) };
  }
  return undefined;
}

/**
 * Waits for the tasks that a release has left running whose process ended before them: ECS carries them on, and two
 * migrations at a time is what nobody writes a migration for.
 */
export async function awaitLeftoverTasks(run: Run, { number, configuration }: ReleaseRecord): Promise<void> {
  const { before, after } = configuration.release;
  const startedBy = startedByFardel(run.descriptor, purposeOf(number));
  for (const { taskArn = "", containers = [] } of await tasksStartedBy(run, startedBy)) {
    const workload = [...before, ...after].find((task) => containers.some(({ name }) => name === task));
    if (workload === undefined) continue;
    const message = `The task ${workload} of release ${number} still runs (${shortTaskId(taskArn)}): waiting for its end.`;
    run.emit({ type: "release.notice", message });
    await followTask(run, workload, taskArn, run.signal);
  }
}

function purposeOf(release: number): string {
  return `release-${release}`;
}
