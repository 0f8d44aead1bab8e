import type { Task } from "../../config/app.ts";
import { FardelError } from "../../errors.ts";
import type { Diagnosis } from "../diagnosis/diagnosis.ts";
import { ecsServiceName } from "../names.ts";
import { untilOldTasksAreGone } from "../rollout/old-tasks.ts";
import type { Run } from "../run.ts";
import { runReleaseTasks } from "./release-tasks.ts";

export interface AfterTasks {
  tasks: readonly Task[];
  /** ARN by task. */
  definitions: ReadonlyMap<string, string>;
  /** Services of the release, whose old tasks have to be gone. */
  services: readonly string[];
  release: number;
}

/** Why a release that serves isn't finished. */
export interface Unfinished {
  failure: string;
  diagnoses: Diagnosis[];
}

/**
 * Runs the after-tasks once every old task has stopped. One that fails doesn't take the release back: what may only run
 * when the old version is gone, such as dropping the column that only it has used, is what the old version may not survive;
 * and by then its tasks are gone, while the new ones serve.
 */
export async function finish(
  run: Run,
  { tasks, definitions, services, release }: AfterTasks,
): Promise<Unfinished | undefined> {
  try {
    const replaced = services.map((service) => ({ service, ecsName: ecsServiceName(run.descriptor.app, service) }));
    await untilOldTasksAreGone(run, replaced);
    const failed = await runReleaseTasks(run, tasks, definitions, release);
    return failed && { failure: notFinished(failed.what), diagnoses: [failed.diagnosis] };
  } catch (error) {
    if (!(error instanceof FardelError) || run.signal.aborted) throw error;
    return { failure: notFinished([error.message, error.why].filter(Boolean).join(": ")), diagnoses: [] };
  }
}

/** What it comes to that something has kept the after-tasks from a good end. */
export function notFinished(what: string): string {
  const end = what.replace(/\.$/, "");
  return `${end}; the services stay as they are, and the next release runs the after-tasks again.`;
}
