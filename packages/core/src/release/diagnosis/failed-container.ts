import type { FailedTask } from "./diagnosis.ts";

/** Of a container that was stopped by SIGKILL or SIGTERM: it need not have failed. */
const stopped = [137, 143];

type Container = FailedTask["containers"][number];

/**
 * Name of the container that a task's failure is about. When an essential container ends, ECS stops the others, and doesn't
 * tell which was first: so the one that has failed is looked for, the most certain sign first. Unless there is one, it is the
 * workload's own.
 *
 * @param own name of the workload's own container.
 * @param essential names of the containers that the task ends with.
 */
export function failedContainer(
  { containers, stopCode }: FailedTask,
  own: string,
  essential: ReadonlySet<string>,
): string {
  // Else all were stopped, each in its own way.
  const ended = stopCode === "EssentialContainerExited";
  const [mine, ...others] = containers
    .filter(({ name }) => name === own || essential.has(name))
    .sort((a, b) => Number(b.name === own) - Number(a.name === own));
  const both = [...(mine ? [mine] : []), ...others];
  const failed = both.find(hasReason) ?? both.find(ended ? exitedInError : isUnhealthy);
  if (failed) return failed.name;
  const endedFirst = ended && mine && wasStopped(mine) ? others.find(({ exitCode }) => exitCode === 0) : undefined;
  return endedFirst?.name ?? own;
}

/** Such as OutOfMemoryError or CannotPullContainerError. */
function hasReason({ reason }: Container): boolean {
  return reason !== undefined;
}

function exitedInError(container: Container): boolean {
  return container.exitCode !== undefined && container.exitCode !== 0 && !wasStopped(container);
}

function wasStopped({ exitCode }: Container): boolean {
  return exitCode !== undefined && stopped.includes(exitCode);
}

function isUnhealthy({ healthStatus }: Container): boolean {
  return healthStatus === "UNHEALTHY";
}
