import type { Task } from "@aws-sdk/client-ecs";
import { FardelError } from "../../errors.ts";
import { lastPart, shortTaskId, startedByFardel } from "../names.ts";
import type { Capacity } from "../rollout/capacity.ts";
import type { Run } from "../run.ts";
import { sleep, type Time } from "../time.ts";
import { type LogStream, logStreamOf, nextLines } from "./task-logs.ts";

export interface OnceRequest {
  /** Task or service; also the name of its container. */
  workload: string;
  /** ARN. */
  taskDefinition: string;
  command?: readonly string[];
  /** Further variables of its own container. */
  environment?: Readonly<Record<string, string>>;
  capacity: Capacity;
  /** What it is run for, by which it is found again. */
  purpose: string;
}

export interface EndedTask {
  task: Task;
  /** Of the workload's own container; undefined when it never ran. */
  exitCode: number | undefined;
  durationMs: number;
}

const pollMs = { first: 200, last: (local: boolean) => (local ? 300 : 2000) };
/** "Logs are delivered with a delay": a line may come after its task has stopped. */
const lateLinesMs = (local: boolean) => (local ? 0 : 5000);
/** A task that was asked for a moment ago may not show yet. */
const unseenMs = 60_000;

/**
 * Runs one task to its end, and emits what its own container writes. When the signal is aborted the task is stopped, its
 * end waited for, and the signal's reason thrown.
 *
 * @throws FardelError `TASK_NOT_PLACED`, `TASK_LOST` when ECS has forgotten the task before it was seen to end.
 */
export async function runOnce(run: Run, request: OnceRequest): Promise<EndedTask> {
  const { time, emit, signal } = run;
  const { workload } = request;
  const startedAt = time.now();
  const taskArn = await start(run, request);
  emit({ type: "task.started", task: workload, taskArn });
  const stop = () => void stopTask(run, taskArn).catch(() => {});
  // It may have been aborted while ECS was asked for the task.
  if (signal.aborted) stop();
  else signal.addEventListener("abort", stop, { once: true });
  try {
    const task = await followTask(run, workload, taskArn);
    const durationMs = time.now() - startedAt;
    const exitCode = task.containers?.find(({ name }) => name === workload)?.exitCode;
    emit({ type: "task.finished", task: workload, exitCode: exitCode ?? 1, durationMs });
    signal.throwIfAborted();
    return { task, exitCode, durationMs };
  } finally {
    signal.removeEventListener("abort", stop);
  }
}

async function start(
  run: Run,
  { workload, taskDefinition, command, environment, capacity, purpose }: OnceRequest,
): Promise<string> {
  const { aws, descriptor } = run;
  const { subnets, securityGroups, assignPublicIp } = descriptor.network;
  run.check();
  const { tasks = [], failures = [] } = await aws.ecs.runTask({
    cluster: descriptor.cluster,
    taskDefinition,
    ...capacity,
    count: 1,
    startedBy: startedByFardel(descriptor, purpose),
    propagateTags: "TASK_DEFINITION",
    enableECSManagedTags: true,
    networkConfiguration: {
      awsvpcConfiguration: { subnets, securityGroups, assignPublicIp: assignPublicIp ? "ENABLED" : "DISABLED" },
    },
    ...((command || environment) && {
      overrides: {
        containerOverrides: [
          {
            name: workload,
            ...(command && { command: [...command] }),
            ...(environment && {
              environment: Object.entries(environment).map(([name, value]) => ({ name, value })),
            }),
          },
        ],
      },
    }),
  });
  const arn = tasks[0]?.taskArn;
  if (arn !== undefined) return arn;
  throw new FardelError("TASK_NOT_PLACED", `ECS couldn't start the task ${workload}.`, {
    where: lastPart(taskDefinition),
    why: failures.map(({ reason, detail }) => [reason, detail].filter(Boolean).join(": ")).join("\n"),
    fix: "Run the command again; capacity may be short for a moment.",
  });
}

async function stopTask({ aws, descriptor: { cluster } }: Run, task: string): Promise<void> {
  await aws.ecs.stopTask({ cluster, task, reason: "Stopped by fardel: interrupted" });
}

/**
 * Follows a task and its output until it has stopped, and gives what ECS last says of it. With a signal it ends when that is
 * aborted, and throws its reason; without one an abort of the run makes no difference: the task is being stopped then.
 *
 * @throws FardelError `TASK_LOST` when ECS has forgotten the task before it was seen to end.
 */
export async function followTask(run: Run, workload: string, taskArn: string, signal?: AbortSignal): Promise<Task> {
  const { aws, descriptor, time } = run;
  const local = aws.target.endpoint !== undefined;
  const stream = logStreamOf(descriptor, workload, taskArn);
  const tail = outputOf(run, workload, stream);
  let seenAt = time.now();
  for (let delay = pollMs.first; ; delay = Math.min(delay * 1.3, pollMs.last(local))) {
    const { tasks = [] } = await aws.ecs.describeTasks({ cluster: descriptor.cluster, tasks: [taskArn] });
    await tail();
    const [task] = tasks;
    if (task?.lastStatus === "STOPPED") {
      await drain(tail, time, lateLinesMs(local));
      return task;
    }
    if (task !== undefined) seenAt = time.now();
    else if (time.now() - seenAt > unseenMs) throw taskLost(run, workload, taskArn);
    await sleep(time, delay, signal);
  }
}

function taskLost({ descriptor }: Run, workload: string, taskArn: string): FardelError {
  return new FardelError("TASK_LOST", `How the task ${workload} ended can't be found out.`, {
    where: `task ${shortTaskId(taskArn)} in cluster ${descriptor.cluster}`,
    why: "ECS doesn't show it any more: it keeps a stopped task for about an hour.",
    fix: `See what it has written: \`fardel logs ${workload} --environment ${descriptor.environment} --since 1d\`.`,
  });
}

/** Emits what has come since the last call, and tells whether anything has. */
function outputOf({ aws, emit }: Run, task: string, stream: LogStream | undefined): () => Promise<boolean> {
  let token: string | undefined;
  return async () => {
    if (stream === undefined) return false;
    const { events, token: next } = await nextLines(aws, stream, token);
    token = next ?? token;
    for (const line of events) emit({ type: "task.log", task, line });
    return events.length > 0;
  };
}

async function drain(tail: () => Promise<boolean>, time: Time, waitMs: number): Promise<void> {
  const end = time.now() + waitMs;
  do {
    if (waitMs > 0) await sleep(time, 500);
    while (await tail());
  } while (time.now() < end);
}
