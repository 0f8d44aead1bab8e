import type { TaskDefinition } from "@aws-sdk/client-ecs";
import type { Service, Task } from "../config/app.ts";
import type { EnvironmentDescriptor } from "../infra/descriptor.ts";
import type { CurrentService, CurrentState } from "./current.ts";
import { type Difference, definitionDifferences } from "./definitions/difference.ts";
import { type DefinitionContext, type TaskDefinitionInput, taskDefinition } from "./definitions/task-definitions.ts";
import type { ReleasedConfiguration, ReleaseRecord } from "./records/record.ts";
import {
  alternateOf,
  changedCount,
  initialCount,
  type ServiceSettings,
  serviceSettings,
  settingsDifferences,
} from "./rollout/service-settings.ts";
import { type DesiredRule, desiredRules, type ExistingRule, isAsDesired } from "./routing/listener-rules.ts";
import { deletion, type ScalingChange, scalingChange } from "./scaling/scaling.ts";
import { type ScheduleChange, scheduleChange, scheduleRemoval } from "./tasks/scheduled-tasks.ts";

/** What a workload is to run: a definition that is registered already, or one that has to be. */
export type DefinitionChoice =
  | { kind: "registered"; arn: string; image: string }
  | { kind: "new"; input: TaskDefinitionInput };

/** What a release makes of a service. Pure data; `services.ts` carries it out. */
export interface ServiceChange {
  name: string;
  service: Service;
  action: "create" | "update" | "none";
  definition: DefinitionChoice;
  settings: ServiceSettings;
  /** Tasks to ask for; undefined leaves the number as it is. */
  desiredCount: number | undefined;
  differences: Difference[];
  current: CurrentService | undefined;
  /** Whether its tasks are to be replaced though nothing is different. */
  force?: true;
}

export interface TaskChange {
  name: string;
  action: "create" | "update" | "none";
  definition: DefinitionChoice;
  differences: Difference[];
}

export interface RuleChange {
  service: string;
  action: "create" | "update" | "delete";
  existing?: ExistingRule;
  desired?: DesiredRule;
}

/** All that a release would do. */
export interface Changes {
  services: ServiceChange[];
  tasks: TaskChange[];
  rules: RuleChange[];
  /** Services that are no longer wanted. */
  removed: { name: string; current: CurrentService }[];
  /** How services scale, once they serve. */
  scaling: ScalingChange[];
  /** When tasks run, once the release serves. */
  schedules: ScheduleChange[];
}

/** What a release is to bring about: a configuration, and what each of its workloads runs. */
export interface Target {
  configuration: ReleasedConfiguration;
  /** Services and tasks that the release is made of; the rest stays as it is. */
  names: ReadonlySet<string>;
  /** By service or task. */
  definitions: ReadonlyMap<string, DefinitionChoice>;
  /** Only where the release is of the whole app are those removed that it doesn't have. */
  whole: boolean;
}

/** Compares what is wanted with what is there. */
export function changesFor(target: Target, current: CurrentState, descriptor: EnvironmentDescriptor): Changes {
  const { configuration, names, whole } = target;
  const services = Object.values(configuration.services).filter(({ name }) => names.has(name));
  const tasks = Object.values(configuration.tasks).filter(({ name }) => names.has(name));
  const taskChanges = tasks.map((task) => taskChange(task, target, current));
  const removed = whole ? removedServices(configuration, current) : [];
  return {
    services: services.map((service) => serviceChange(service, target, current, descriptor)),
    tasks: taskChanges,
    rules: ruleChanges(services, current, descriptor, whole),
    removed,
    scaling: [
      ...services.flatMap((service) => scalingOf(service, current, descriptor)),
      ...removed.flatMap(({ name }) => {
        const scaling = current.scaling.get(name);
        return scaling === undefined ? [] : [deletion(name, scaling)];
      }),
    ],
    schedules: scheduleChanges(tasks, taskChanges, target, current, descriptor),
  };
}

/** The task definitions of the services and tasks that a release is made of. */
export function newDefinitions(
  { services, tasks }: Pick<ReleasedConfiguration, "services" | "tasks">,
  names: ReadonlySet<string>,
  context: DefinitionContext,
): Map<string, DefinitionChoice> {
  const workloads = [...Object.values(services), ...Object.values(tasks)].filter(({ name }) => names.has(name));
  return new Map(
    workloads.map((workload) => [workload.name, { kind: "new", input: taskDefinition(workload, context) }]),
  );
}

/** Whether a release already is what is wanted: nothing differs, and what runs is what that release says. */
export function isNothing(changes: Changes, serving: ReleaseRecord): boolean {
  const { services, tasks, rules, removed, scaling, schedules } = changes;
  const workloads = [...services, ...tasks];
  const released = { ...serving.services, ...serving.tasks };
  const served = workloads.every(
    ({ name, action, definition }) =>
      action === "none" && definition.kind === "registered" && definition.arn === released[name]?.taskDefinition,
  );
  return served && [rules, removed, scaling, schedules].every((list) => list.length === 0);
}

function serviceChange(
  service: Service,
  target: Target,
  state: CurrentState,
  descriptor: EnvironmentDescriptor,
): ServiceChange {
  const { name, scale } = service;
  const current = activeIn(state.services, name);
  const settings = serviceSettings(service, descriptor, { ecs: current?.ecs, rule: state.rules.own.get(name)?.arn });
  const { definition, differences } = choose(target, name, current?.definition);
  if (!current) {
    return {
      name,
      service,
      action: "create",
      definition,
      settings,
      desiredCount: initialCount(scale),
      differences,
      current: undefined,
    };
  }
  const before = state.serving?.configuration.services[name]?.scale;
  const desiredCount = changedCount(scale, before, current.ecs.desiredCount ?? 0);
  const all = [
    ...unfinished(current),
    ...differences,
    ...settingsDifferences(current.ecs, settings),
    ...(desiredCount === undefined
      ? []
      : [{ path: "service.desiredCount", before: current.ecs.desiredCount, after: desiredCount }]),
  ];
  const action = all.length > 0 ? "update" : "none";
  return { name, service, action, definition, settings, desiredCount, differences: all, current };
}

/** One that is being deleted can't be updated: it is waited for, and made anew. */
function activeIn(services: CurrentState["services"], name: string): CurrentService | undefined {
  const found = services.get(name);
  return found?.ecs.status === "ACTIVE" ? found : undefined;
}

/** A rollout that an interrupted release has left behind is this release's to bring to its end. */
function unfinished({ ecs }: CurrentService): Difference[] {
  const primary = ecs.deployments?.find(({ status }) => status === "PRIMARY");
  if (primary?.rolloutState === undefined || primary.rolloutState === "COMPLETED") return [];
  return [{ path: "service.rollout", before: primary.rolloutState, after: "COMPLETED" }];
}

function taskChange({ name }: Task, target: Target, { tasks }: CurrentState): TaskChange {
  const current = tasks.get(name);
  const { definition, differences } = choose(target, name, current);
  return { name, action: !current ? "create" : differences.length > 0 ? "update" : "none", definition, differences };
}

function scalingOf(service: Service, state: CurrentState, descriptor: EnvironmentDescriptor): ScalingChange[] {
  const { name } = service;
  const scaled = {
    service,
    before: state.serving?.configuration.services[name]?.scale,
    current: state.scaling.get(name),
    targetGroup: activeIn(state.services, name)?.ecs.loadBalancers?.[0]?.targetGroupArn,
  };
  return scalingChange(scaled, descriptor);
}

function scheduleChanges(
  tasks: readonly Task[],
  changes: readonly TaskChange[],
  { configuration, whole }: Target,
  { schedules }: CurrentState,
  descriptor: EnvironmentDescriptor,
): ScheduleChange[] {
  const changed = tasks.flatMap((task) => {
    const choice = changes.find(({ name }) => name === task.name)?.definition;
    const definition = choice?.kind === "registered" ? choice.arn : undefined;
    return scheduleChange(task, definition, schedules.get(task.name), descriptor);
  });
  const gone = [...schedules.keys()].filter((name) => whole && !Object.hasOwn(configuration.tasks, name));
  return [...changed, ...gone.map(scheduleRemoval)];
}

/** A definition equal to the current one isn't registered again: it would only make a copy, and a rollout of nothing. */
function choose(
  { definitions }: Target,
  name: string,
  current: TaskDefinition | undefined,
): { definition: DefinitionChoice; differences: Difference[] } {
  const wanted = definitions.get(name);
  if (wanted === undefined) throw new Error(`no task definition for ${name}`);
  if (wanted.kind === "registered") {
    const before = current?.taskDefinitionArn;
    const differences = before === wanted.arn ? [] : [{ path: "taskDefinition", before, after: wanted.arn }];
    return { definition: wanted, differences };
  }
  const differences = definitionDifferences(current, wanted.input);
  const { taskDefinitionArn: arn } = current ?? {};
  const image = wanted.input.containerDefinitions[0]?.image ?? "";
  // A service may go on with one that was deregistered; a new deployment can't have it.
  const usable = arn !== undefined && current?.status === "ACTIVE" && differences.length === 0;
  return { definition: usable ? { kind: "registered", arn, image } : wanted, differences };
}

/** What has to change of the listener's rules for these services; of `whole`, no others have one. */
export function ruleChanges(
  services: readonly Service[],
  { rules: { own }, services: there }: Pick<CurrentState, "rules" | "services">,
  descriptor: EnvironmentDescriptor,
  whole: boolean,
): RuleChange[] {
  const routes = new Map(services.flatMap(({ name, route }) => (route ? [[name, route] as const] : [])));
  const alternates = new Map(
    services.flatMap((service) => {
      const alternate = alternateOf(service, descriptor, activeIn(there, service.name)?.ecs);
      return alternate === undefined ? [] : [[service.name, alternate] as const];
    }),
  );
  const desired = desiredRules(routes, descriptor.targetGroups, alternates);
  const changed = desired.flatMap((rule): RuleChange[] => {
    const there = own.get(rule.service);
    if (there === undefined) return [{ service: rule.service, action: "create", desired: rule }];
    return isAsDesired(there, rule)
      ? []
      : [{ service: rule.service, action: "update", existing: there, desired: rule }];
  });
  const released = new Set(services.map(({ name }) => name));
  const unwanted = [...own].filter(([service]) => !routes.has(service) && (whole || released.has(service)));
  return [
    ...changed,
    ...unwanted.map(([service, there]): RuleChange => ({ service, action: "delete", existing: there })),
  ];
}

function removedServices({ services }: ReleasedConfiguration, current: CurrentState): Changes["removed"] {
  return [...current.services].flatMap(([name, found]) =>
    Object.hasOwn(services, name) || !found.ours ? [] : [{ name, current: found }],
  );
}
