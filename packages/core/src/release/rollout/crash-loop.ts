import type { Service as EcsService, ServiceDeployment, Task } from "@aws-sdk/client-ecs";
import type { Run } from "../run.ts";
import { stoppedTasks, tasksStartedBy } from "../tasks/tasks.ts";
import type { StartedRollout } from "./services.ts";

type Reader = Pick<Run, "aws" | "descriptor">;

/** Fewer ends may be chance. */
const crashes = 2;
/** So many times as long as the ended tasks those that run must have run to have got past what ended them. */
const outlives = 2;

/** How many tasks a service has started since then, as its events tell: asking for the tasks themselves costs calls. */
export function startedSince({ events = [] }: EcsService, since: number): number {
  const told = events.filter(({ createdAt }) => (createdAt?.getTime() ?? 0) >= since);
  return told.reduce((sum, { message }) => sum + Number(/ has started (\d+) tasks/.exec(message ?? "")?.[1] ?? 0), 0);
}

/**
 * The tasks of a deployment that have ended by themselves: not those that a person, the scheduler or Spot has stopped. None where
 * there are too few to tell that it doesn't stay up.
 */
export async function crashedTasks(reader: Reader, ecsName: string, deployment: string, since = 0): Promise<Task[]> {
  const ended = (await stoppedTasks(reader, ecsName)).filter(
    ({ startedBy, stopCode, stoppedAt }) =>
      startedBy === deployment && stopCode === "EssentialContainerExited" && (stoppedAt?.getTime() ?? 0) >= since,
  );
  return ended.length < crashes ? [] : ended;
}

/**
 * Why a deployment that ECS has completed doesn't serve, where its tasks don't stay up: ECS completes it at a moment in which all of
 * them are healthy, however often they have ended before ("Once a service deployment has one or more successfully
 * running tasks, the failed task count resets to zero and stops being evaluated"). Looked into only where more tasks were
 * started than it takes. What goes back has served before, and there is nothing to go back to from it.
 *
 * @param service as it was when the deployment was seen to be complete.
 */
export async function troubleStayingUp(
  { aws, descriptor, time }: Run,
  { ecsName, deployment: id, returns, startedAt }: StartedRollout,
  service: EcsService,
  deployment: ServiceDeployment,
): Promise<string | undefined> {
  const reader = { aws, descriptor };
  // By the clock of AWS, where it tells.
  const since = deployment.createdAt?.getTime() ?? startedAt;
  if (returns || startedSince(service, since) <= (service.desiredCount ?? 0)) return undefined;
  const ended = await crashedTasks(reader, ecsName, id);
  const completedAt = deployment.finishedAt ?? new Date(time.now());
  if (ended.length === 0 || (await haveOutlived(reader, id, ended, completedAt))) return undefined;
  return `It doesn't stay up: ${ended.length} of its tasks ended since the rollout began.`;
}

/**
 * Whether the tasks that run have got past what others of their deployment ended of, such as a database that wasn't there yet when the
 * first ones started.
 */
async function haveOutlived(reader: Reader, deployment: string, ended: readonly Task[], at: Date): Promise<boolean> {
  const longest = Math.max(...ended.map((task) => lifeOf(task, task.executionStoppedAt ?? task.stoppedAt)));
  const running = await tasksStartedBy(reader, deployment);
  return running.length > 0 && running.every((task) => lifeOf(task, at) > outlives * longest);
}

/** In milliseconds; 0 of one that never ran. */
function lifeOf({ startedAt }: Task, end: Date | undefined): number {
  return startedAt && end ? end.getTime() - startedAt.getTime() : 0;
}
