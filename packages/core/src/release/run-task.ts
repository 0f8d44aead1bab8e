import { verifyAccount } from "../aws/account.ts";
import { FardelError } from "../errors.ts";
import { describeServices } from "./current.ts";
import { diagnoseTask } from "./diagnosis/diagnose.ts";
import type { Diagnosis } from "./diagnosis/diagnosis.ts";
import { latestSuccessful } from "./records/record.ts";
import { stateBucket } from "./records/state-bucket.ts";
import type { ChangeRequest } from "./request.ts";
import { capacityOf } from "./rollout/capacity.ts";
import type { Run } from "./run.ts";
import { runOnce } from "./tasks/run-once.ts";
import { systemTime } from "./time.ts";

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
 * task, waits for its end, and throws the signal's reason.
 *
 * @throws FardelError `RUN_UNKNOWN` when no release has such a task or service, `AWS_WRONG_ACCOUNT`.
 */
export async function runTask(request: RunRequest): Promise<RunOutcome> {
  const { aws, descriptor, workload, command, actor, emit, time = systemTime } = request;
  await verifyAccount(aws);
  const bucket = stateBucket(aws, descriptor.stateBucket);
  const serving = await latestSuccessful(bucket, descriptor);
  const configuration = serving?.configuration.services[workload] ?? serving?.configuration.tasks[workload];
  const released = serving?.services[workload] ?? serving?.tasks[workload];
  if (!serving || !configuration || !released) {
    const known = [...Object.keys(serving?.services ?? {}), ...Object.keys(serving?.tasks ?? {})];
    const { app, environment } = descriptor;
    throw new FardelError("RUN_UNKNOWN", `No release of ${app} in ${environment} has a task or service ${workload}.`, {
      fix: known.length > 0 ? `There is ${known.join(", ")}.` : `Run \`fardel up ${environment}\` first.`,
    });
  }
  const signal = request.signal ?? new AbortController().signal;
  const run: Run = { aws, descriptor, emit, time, signal, check: () => signal.throwIfAborted() };
  const current = (await describeServices(aws, descriptor, [workload])).get(workload)?.definition?.taskDefinitionArn;
  const taskDefinition = current ?? released.taskDefinition;
  const purpose = `run-by-${actor}`;
  const capacity = capacityOf(configuration);
  const ended = await runOnce(run, { workload, taskDefinition, capacity, purpose, ...(command && { command }) });
  const exitCode = ended.exitCode ?? 1;
  return {
    taskArn: ended.task.taskArn ?? "",
    exitCode,
    durationMs: ended.durationMs,
    ...(exitCode !== 0 && { diagnosis: await diagnoseTask(run, configuration, ended.task, { byHand: true }) }),
  };
}
