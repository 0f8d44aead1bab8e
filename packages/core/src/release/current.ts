import type { Service as EcsService, TaskDefinition } from "@aws-sdk/client-ecs";
import type { Aws } from "../aws/clients.ts";
import type { EnvironmentDescriptor } from "../infra/descriptor.ts";
import { ecsServiceName, isOurs } from "./names.ts";
import { cameToServe } from "./outcome.ts";
import { type ReleaseRecord, readRelease, releaseNumbers } from "./records/record.ts";
import type { StateBucket } from "./records/state-bucket.ts";
import { type ListenerRules, readListenerRules } from "./routing/listener-rules.ts";
import { type CurrentScaling, readScaling } from "./scaling/scaling.ts";
import { type CurrentSchedules, readSchedules } from "./tasks/scheduled-tasks.ts";

/** What there is of an app in an environment, as one look found it. */
export interface CurrentState {
  /** ECS services that exist, by the manifest's names: those asked for and those of the releases before. */
  services: ReadonlyMap<string, CurrentService>;
  /** Task definition of the release that serves, by task. */
  tasks: ReadonlyMap<string, TaskDefinition>;
  rules: ListenerRules;
  /** By service; of those that don't scale there is none. */
  scaling: ReadonlyMap<string, CurrentScaling>;
  schedules: CurrentSchedules;
  /** The newest release, however it ended. */
  newest: ReleaseRecord | undefined;
  /** The newest release that came to serve; undefined also when all of its services have been taken down. */
  serving: ReleaseRecord | undefined;
}

export interface CurrentService {
  ecs: EcsService;
  /** What the PRIMARY deployment runs. */
  definition: TaskDefinition | undefined;
  /** False for a service of that name that fardel didn't make for this app and environment. */
  ours: boolean;
}

/**
 * Looks at services, task definitions, listener rules and releases.
 *
 * @param services names in the manifest.
 */
export async function readCurrentState(
  aws: Aws,
  descriptor: EnvironmentDescriptor,
  bucket: StateBucket,
  services: readonly string[],
): Promise<CurrentState> {
  const [rules, { serving, later }] = await Promise.all([
    readListenerRules(aws, descriptor),
    readReleases(bucket, descriptor),
  ]);
  const newest = later[0] ?? serving;
  // One that was interrupted has written no more than what it was about to make.
  const begun = later.flatMap(({ configuration }) => Object.keys(configuration.services));
  const names = [...new Set([...services, ...begun, ...servicesOf(serving), ...rules.own.keys()])];
  const tasks = Object.entries(serving?.tasks ?? {});
  const [described, definitions, scaling, schedules] = await Promise.all([
    describeServices(aws, descriptor, names),
    Promise.all(tasks.map(async ([name, task]) => [name, await describeDefinition(aws, task.taskDefinition)] as const)),
    readScaling(aws, descriptor, names),
    readSchedules(aws, descriptor),
  ]);
  return {
    services: described,
    tasks: new Map(definitions.flatMap(([name, found]) => (found ? [[name, found]] : []))),
    rules,
    scaling,
    schedules,
    newest,
    serving: isTakenDown(serving, described) ? undefined : serving,
  };
}

/** The newest release that came to serve, and those after it, newest first. */
async function readReleases(bucket: StateBucket, descriptor: EnvironmentDescriptor) {
  const later: ReleaseRecord[] = [];
  for (const number of (await releaseNumbers(bucket, descriptor)).reverse()) {
    const record = await readRelease(bucket, descriptor, number);
    if (cameToServe(record.outcome)) return { serving: record, later };
    later.push(record);
  }
  return { serving: undefined, later };
}

function isTakenDown(serving: ReleaseRecord | undefined, services: ReadonlyMap<string, CurrentService>): boolean {
  const names = servicesOf(serving);
  return names.length > 0 && !names.some((name) => services.get(name)?.ecs.status === "ACTIVE");
}

function servicesOf(record: ReleaseRecord | undefined): string[] {
  return Object.keys(record?.services ?? {});
}

/** The services that exist (ACTIVE or DRAINING), by the manifest's names, with their definitions. */
export async function describeServices(
  aws: Aws,
  descriptor: EnvironmentDescriptor,
  names: readonly string[],
): Promise<Map<string, CurrentService>> {
  const byEcsName = new Map(names.map((name) => [ecsServiceName(descriptor.app, name), name]));
  const found = await describeEcsServices(aws, descriptor.cluster, [...byEcsName.keys()]);
  const current = await Promise.all(
    found.map(async (ecs): Promise<[string, CurrentService]> => {
      const primary = ecs.deployments?.find(({ status }) => status === "PRIMARY")?.taskDefinition;
      const definition = await describeDefinition(aws, primary ?? ecs.taskDefinition ?? "");
      return [byEcsName.get(ecs.serviceName ?? "") ?? "", { ecs, definition, ours: isOurs(ecs.tags, descriptor) }];
    }),
  );
  return new Map(current);
}

/** By their ECS names; those that don't exist or are gone are left out. "You may specify up to 10 services." */
export async function describeEcsServices(aws: Aws, cluster: string, names: readonly string[]): Promise<EcsService[]> {
  const batches = Array.from({ length: Math.ceil(names.length / 10) }, (_, at) => names.slice(at * 10, at * 10 + 10));
  const answers = await Promise.all(
    batches.map((services) => aws.ecs.describeServices({ cluster, services, include: ["TAGS"] })),
  );
  return answers.flatMap(({ services = [] }) => services).filter(({ status }) => status !== "INACTIVE");
}

async function describeDefinition(aws: Aws, arn: string): Promise<TaskDefinition | undefined> {
  if (arn === "") return undefined;
  const { taskDefinition } = await aws.ecs.describeTaskDefinition({ taskDefinition: arn });
  return taskDefinition;
}
