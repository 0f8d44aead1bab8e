import type { Task } from "../config/app.ts";
import { diagnoseTask } from "./diagnose.ts";
import type { Diagnosis } from "./diagnosis.ts";
import type { Run } from "./run.ts";
import { runOnce } from "./run-once.ts";

export interface FailedBeforeTask {
  /** One sentence. */
  failure: string;
  diagnosis: Diagnosis;
}

/**
 * Runs the tasks that come before the services change, one after the other, up to the first that fails.
 *
 * @param definitions ARN by task.
 */
export async function runBeforeTasks(
  run: Run,
  tasks: readonly Task[],
  definitions: ReadonlyMap<string, string>,
  release: number,
): Promise<FailedBeforeTask | undefined> {
  for (const task of tasks) {
    const taskDefinition = definitions.get(task.name) ?? "";
    const ended = await runOnce(run, { workload: task.name, taskDefinition, startedBy: `fardel release ${release}` });
    if (ended.exitCode === 0) continue;
    const how = ended.exitCode === undefined ? "couldn't start" : `failed with exit code ${ended.exitCode}`;
    const diagnosis = await diagnoseTask(run, task, ended.task);
    return { failure: `The task ${task.name} ${how}; no service was touched.`, diagnosis };
  }
  return undefined;
}
