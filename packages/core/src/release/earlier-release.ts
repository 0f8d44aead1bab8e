import type { BuiltFrom } from "../images/tags.ts";
import type { EnvironmentDescriptor } from "../infra/descriptor.ts";
import { type Changes, changesFor, type DefinitionChoice, isNothing } from "./changes.ts";
import type { CurrentState } from "./current.ts";
import { isHalfMade, type ReleaseRecord } from "./records/record.ts";

/** What it takes for an environment to be as a release has left it. */
export function changesTo(to: ReleaseRecord, current: CurrentState, descriptor: EnvironmentDescriptor): Changes {
  const target = { configuration: to.configuration, names: namesOf(to), definitions: definitionsOf(to), whole: true };
  return changesFor(target, current, descriptor);
}

/** Whether a release that was interrupted has left an environment in between, so that it can't stay as it was found. */
export function isHalfDone(current: CurrentState, descriptor: EnvironmentDescriptor): boolean {
  const { newest, serving, services, rules } = current;
  if (newest === undefined || !isHalfMade(newest)) return false;
  if (serving === undefined) return services.size > 0 || rules.own.size > 0;
  return !isNothing(changesTo(serving, current, descriptor), serving);
}

/** Services and tasks. */
export function namesOf({ services, tasks }: ReleaseRecord): Set<string> {
  return new Set([...Object.keys(services), ...Object.keys(tasks)]);
}

/** What each of its services and tasks runs. */
export function definitionsOf({
  services,
  tasks,
}: Pick<ReleaseRecord, "services" | "tasks">): Map<string, DefinitionChoice> {
  const workloads = [...Object.entries(services), ...Object.entries(tasks)];
  return new Map(
    workloads.map(([name, { taskDefinition, image }]) => [name, { kind: "registered", arn: taskDefinition, image }]),
  );
}

/** What the images of a release were built from. */
export function builtFrom(record: ReleaseRecord): BuiltFrom {
  return record.builtFrom ?? commitOf(record);
}

/** The commit of a release, and how it was called. */
export function commitOf({ commit, dirty, branch, tag, pr }: ReleaseRecord): BuiltFrom {
  return {
    ...(commit && { commit }),
    ...(dirty && { dirty }),
    ...(branch && { branch }),
    ...(tag && { tag }),
    ...(pr && { pr }),
  };
}
