import type { Service, Task } from "../../config/app.ts";
import { serviceAddresses } from "../routing/addresses.ts";
import type { Run } from "../run.ts";
import { runOnce } from "../tasks/run-once.ts";
import { capacityOf } from "./capacity.ts";
import { answersAt } from "./test-request.ts";

/** What the checks of a release may run. */
export interface CheckTasks {
  tasks: Readonly<Record<string, Task>>;
  /** ARN by task. */
  definitions: ReadonlyMap<string, string>;
}

/**
 * Asks for the path of a service's `check`, or runs its task, which finds the service's address in TEST_URL.
 *
 * @param base where the revision in question answers; undefined where nothing routes to it.
 * @returns why the revision isn't taken; undefined when it is, or when nothing is to be checked.
 */
export async function checkRevision(
  run: Run,
  service: Service,
  base: string | undefined,
  { tasks, definitions }: CheckTasks,
): Promise<string | undefined> {
  const { name, route, rollout } = service;
  const { check } = rollout;
  if (check === undefined) return undefined;
  if (check.kind === "path")
    return base === undefined ? "there is no address to ask" : answersAt(run, base, route?.host, check.path);
  const task = tasks[check.task];
  const taskDefinition = definitions.get(check.task);
  if (task === undefined || taskDefinition === undefined) return `the task ${check.task} is no part of this release`;
  const address = serviceAddresses({ [name]: service }, base)[name]?.url;
  const { exitCode } = await runOnce(run, {
    workload: check.task,
    taskDefinition,
    capacity: capacityOf(task),
    purpose: `check-${check.task}`,
    ...(address !== undefined && { environment: { TEST_URL: address } }),
  });
  if (exitCode === 0) return undefined;
  return exitCode === undefined
    ? `the task ${check.task} couldn't start`
    : `the task ${check.task} ended with exit code ${exitCode}`;
}
