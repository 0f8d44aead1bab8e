import type { Service as EcsService } from "@aws-sdk/client-ecs";
import { FardelError } from "../../errors.ts";
import { describeEcsServices } from "../current.ts";
import type { Run } from "../run.ts";
import { tasksOfService } from "../tasks/tasks.ts";
import { sleep } from "../time.ts";
import { primaryOf } from "./services.ts";

/** A service whose old tasks have to be gone before the release goes on. */
export interface ReplacedService {
  service: string;
  ecsName: string;
  /** Id of the deployment that has replaced them; unless given, the one that is PRIMARY. */
  deployment?: string;
}

const pollMs = { first: 200, last: (local: boolean) => (local ? 300 : 2000) };
/** Draining and stopping take at most an hour and two minutes; what takes longer is held, as by scale-in protection. */
const patienceMs = 65 * 60_000;

/**
 * Waits until no task of an earlier revision of these services is left, those that drain or are being stopped included. That a
 * service deployment is SUCCESSFUL doesn't say it: with early success criteria old tasks outlive it.
 *
 * @returns the services that somebody else has deployed in the meantime; they aren't waited for.
 * @throws FardelError `OLD_TASKS` when they don't go.
 */
export async function untilOldTasksAreGone(run: Run, services: readonly ReplacedService[]): Promise<string[]> {
  const { aws, descriptor, time } = run;
  const deadline = time.now() + patienceMs;
  const found = await describeEcsServices(
    aws,
    descriptor.cluster,
    services.map(({ ecsName }) => ecsName),
  );
  const overtaken = services.filter((each) => isOvertaken(each, found)).map(({ service }) => service);
  const waiting = services.filter(({ service }) => !overtaken.includes(service));
  const old = await Promise.all(waiting.map(async (each) => ({ ...each, tasks: await oldTasks(run, each, found) })));
  let left = old.filter(({ tasks }) => tasks.length > 0);
  if (left.length > 0) run.emit({ type: "release.notice", message: `Waiting for ${told(left)} to stop.` });
  const { first, last } = pollMs;
  for (let delay = first; left.length > 0; delay = Math.min(delay * 1.3, last(aws.target.endpoint !== undefined))) {
    if (time.now() > deadline) throw held(left, descriptor.cluster);
    await sleep(time, delay, run.signal);
    const remaining = await Promise.all(
      left.map(async (each) => ({ ...each, tasks: await stillThere(run, each.tasks) })),
    );
    left = remaining.filter(({ tasks }) => tasks.length > 0);
  }
  return overtaken;
}

interface OldTasks extends ReplacedService {
  /** ARNs. */
  tasks: string[];
}

function isOvertaken({ ecsName, deployment }: ReplacedService, found: readonly EcsService[]): boolean {
  const primary = primaryOf(found.find(({ serviceName }) => serviceName === ecsName));
  return deployment !== undefined && primary !== undefined && primary.id !== deployment;
}

async function oldTasks(run: Run, { ecsName }: ReplacedService, found: readonly EcsService[]): Promise<string[]> {
  const primary = primaryOf(found.find(({ serviceName }) => serviceName === ecsName));
  if (primary === undefined) return [];
  const tasks = await tasksOfService(run, ecsName);
  return tasks.flatMap(({ taskArn, startedBy }) => (taskArn !== undefined && startedBy !== primary.id ? taskArn : []));
}

/** "You can specify up to 100 task IDs": a task that ECS has forgotten is gone, too. */
async function stillThere({ aws, descriptor: { cluster } }: Run, arns: readonly string[]): Promise<string[]> {
  const batches = Array.from({ length: Math.ceil(arns.length / 100) }, (_, at) => arns.slice(at * 100, at * 100 + 100));
  const answers = await Promise.all(batches.map((tasks) => aws.ecs.describeTasks({ cluster, tasks })));
  return answers
    .flatMap(({ tasks = [] }) => tasks)
    .flatMap(({ taskArn, lastStatus }) => (taskArn !== undefined && lastStatus !== "STOPPED" ? taskArn : []));
}

function told(left: readonly OldTasks[]): string {
  const count = left.reduce((sum, { tasks }) => sum + tasks.length, 0);
  return `${count} old ${count === 1 ? "task" : "tasks"} of ${left.map(({ service }) => service).join(", ")}`;
}

function held(left: readonly OldTasks[], cluster: string): FardelError {
  const minutes = patienceMs / 60_000;
  return new FardelError("OLD_TASKS", `Within ${minutes} minutes, ${told(left)} didn't stop`, {
    where: `cluster ${cluster}`,
    why: left.flatMap(({ tasks }) => tasks).join("\n"),
    fix: "See what holds them: `aws ecs get-task-protection` tells whether they are protected from scaling in.",
  });
}
