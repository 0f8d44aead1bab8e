import { FardelError } from "../errors.ts";
import type { Diagnosis } from "./diagnosis.ts";
import type { ChangeRequest } from "./request.ts";

export interface RunRequest extends Omit<ChangeRequest, "origin"> {
  /** Task or service of the release that serves. */
  workload: string;
  /** Replaces the command of its container. */
  command?: readonly string[];
  /** Who runs it, for `aws ecs list-tasks`. */
  actor: string;
}

export interface RunOutcome {
  taskArn: string;
  /** Of the workload's own container; 1 when the task never got that far. */
  exitCode: number;
  durationMs: number;
  /** Set when the exit code isn't 0. */
  diagnosis?: Diagnosis;
}

/**
 * Runs one task as the serving release defines it and follows its output (`task.log` events). Aborting the signal stops the
 * task and waits for its end.
 *
 * @throws FardelError `RUN_UNKNOWN` when no release has such a task or service.
 */
export async function runTask(request: RunRequest): Promise<RunOutcome> {
  throw new FardelError("UNFINISHED", `run of ${request.workload} is not built yet`);
}
