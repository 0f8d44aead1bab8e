import type { Aws } from "../aws/clients.ts";
import { describeEcsServices } from "./current.ts";
import { familyName, isOurs, tagNames } from "./names.ts";
import { type LockedRun, underLock } from "./records/under-lock.ts";
import type { ChangeRequest } from "./request.ts";
import { removeService } from "./rollout/services.ts";
import { readListenerRules } from "./routing/listener-rules.ts";
import { endScaling, readScaling } from "./scaling/scaling.ts";
import { readSchedules, removeSchedule } from "./tasks/scheduled-tasks.ts";
import { familyTasks } from "./tasks/tasks.ts";
import { sleep } from "./time.ts";

/**
 * Takes all of an app out of an environment that releases have put there: schedules, scaling, listener rules, services,
 * tasks, task definitions. Ends when the last task is gone, so that the stacks can go. Release records stay.
 *
 * @throws FardelError `RELEASE_LOCKED` (exit code 5) while a release is under way.
 */
export async function takeDown(request: ChangeRequest): Promise<void> {
  await underLock(request, "down", async (run) => {
    const [services, families] = await Promise.all([ownServices(run), ownFamilies(run)]);
    // First what would start further tasks.
    await Promise.all([removeSchedules(run), removeScaling(run, services)]);
    await Promise.all([
      removeRules(run),
      stopTasks(run, families),
      ...services.map((name) => removeService(run, name)),
    ]);
    await deregisterDefinitions(run, families);
  });
}

/** By the manifest's names, from their tags: also of releases that nobody remembers. */
async function ownServices({ aws, descriptor }: LockedRun): Promise<string[]> {
  const arns: string[] = [];
  for await (const { serviceArns = [] } of servicePages(aws, descriptor.cluster)) arns.push(...serviceArns);
  const services = await describeEcsServices(aws, descriptor.cluster, arns);
  return services
    .filter(({ tags }) => isOurs(tags, descriptor))
    .flatMap(({ tags }) => tags?.find(({ key }) => key === tagNames.workload)?.value ?? []);
}

async function* servicePages(aws: Aws, cluster: string) {
  let token: string | undefined;
  do {
    const page = await aws.ecs.listServices({ cluster, maxResults: 100, ...(token && { nextToken: token }) });
    yield page;
    token = page.nextToken;
  } while (token);
}

async function removeSchedules(run: LockedRun): Promise<void> {
  const schedules = await readSchedules(run.aws, run.descriptor);
  await Promise.all([...schedules.keys()].map((name) => removeSchedule(run, name)));
}

async function removeScaling(run: LockedRun, services: readonly string[]): Promise<void> {
  const scaling = await readScaling(run.aws, run.descriptor, services);
  await Promise.all([...scaling.keys()].map((name) => endScaling(run, name)));
}

async function removeRules({ aws, descriptor, check }: LockedRun): Promise<void> {
  const { own } = await readListenerRules(aws, descriptor);
  check();
  await Promise.all([...own.values()].map(({ arn }) => aws.elbv2.deleteRule({ RuleArn: arn })));
}

/** Stops the tasks that were run once, and waits for their ends. Those of services go with their service. */
async function stopTasks(run: LockedRun, families: readonly string[]): Promise<void> {
  const { aws, descriptor, time, signal } = run;
  const { cluster } = descriptor;
  const tasks = await runningTasks(run, families);
  if (tasks.length === 0) return;
  run.check();
  await Promise.all(tasks.map((task) => aws.ecs.stopTask({ cluster, task, reason: "fardel down" })));
  for (let delay = 200; ; delay = Math.min(delay * 1.3, 2000)) {
    const described = await Promise.all(
      batches(tasks, 100).map((batch) => aws.ecs.describeTasks({ cluster, tasks: batch })),
    );
    const alive = described
      .flatMap((answer) => answer.tasks ?? [])
      .filter(({ lastStatus }) => lastStatus !== "STOPPED");
    if (alive.length === 0) return;
    await sleep(time, delay, signal);
  }
}

async function runningTasks(run: LockedRun, families: readonly string[]): Promise<string[]> {
  const tasks = await Promise.all(families.map((family) => familyTasks(run, family)));
  return tasks
    .flat()
    .filter(({ group }) => !group?.startsWith("service:"))
    .flatMap(({ taskArn }) => taskArn ?? []);
}

/** Found by the beginning of their names, which another environment's may share, and told apart by their tags. */
async function ownFamilies({ aws, descriptor }: LockedRun): Promise<string[]> {
  const families: string[] = [];
  let token: string | undefined;
  do {
    const page = await aws.ecs.listTaskDefinitionFamilies({
      familyPrefix: familyName(descriptor, ""),
      status: "ACTIVE",
      ...(token && { nextToken: token }),
    });
    families.push(...(page.families ?? []));
    token = page.nextToken;
  } while (token);
  const own = await Promise.all(
    families.map(async (taskDefinition) => {
      const { tags } = await aws.ecs.describeTaskDefinition({ taskDefinition, include: ["TAGS"] });
      return isOurs(tags, descriptor) ? [taskDefinition] : [];
    }),
  );
  return own.flat();
}

/** INACTIVE definitions cost nothing, and a record of a release still finds them. */
async function deregisterDefinitions(run: LockedRun, families: readonly string[]): Promise<void> {
  const { aws } = run;
  const lists = await Promise.all(families.map((family) => allDefinitions(aws, family)));
  // One after the other: changes of task definitions have one of ECS's smallest request rates, and there may be hundreds.
  for (const taskDefinition of lists.flat()) {
    run.check();
    await aws.ecs.deregisterTaskDefinition({ taskDefinition });
  }
}

/** Exactly of this family: ListTaskDefinitions takes the full name of one, not a prefix. */
async function allDefinitions(aws: Aws, familyPrefix: string): Promise<string[]> {
  const arns: string[] = [];
  let token: string | undefined;
  do {
    const page = await aws.ecs.listTaskDefinitions({
      familyPrefix,
      status: "ACTIVE",
      ...(token && { nextToken: token }),
    });
    arns.push(...(page.taskDefinitionArns ?? []));
    token = page.nextToken;
  } while (token);
  return arns;
}

function batches<Item>(items: readonly Item[], size: number): Item[][] {
  return Array.from({ length: Math.ceil(items.length / size) }, (_, at) => items.slice(at * size, at * size + size));
}
