import type { ContainerDefinition, RegisterTaskDefinitionRequest } from "@aws-sdk/client-ecs";
import type { TaskDefinitionInput } from "./task-definitions.ts";

/** A task definition somebody wrote, that fardel's own is merged over. */
export interface BaseDefinition {
  definition: Partial<RegisterTaskDefinitionRequest>;
  /**
   * What the manifest says in so many words, so that it wins over the file; defaults don't. `essential` names the containers
   * for which it does.
   */
  written: { cpu: boolean; memory: boolean; stop: boolean; essential: readonly string[] };
  /** Whether fardel builds one of the images, whose architecture then is the task's. */
  builds: boolean;
}

/**
 * fardel's definition over one from a file: containers of the same name are merged, the file's others stay as they are, and
 * so does everything fardel has nothing to say about. The file's task role stays, as it is what the app's own calls need; the
 * execution role is fardel's, which may read the image, the secrets and write the log.
 */
export function overBase(
  own: TaskDefinitionInput,
  { definition, written, builds }: BaseDefinition,
): TaskDefinitionInput {
  const theirs = definition.containerDefinitions ?? [];
  const others = theirs.filter(({ name }) => !own.containerDefinitions.some((each) => each.name === name));
  const merged = own.containerDefinitions.map((container) => {
    const base = theirs.find(({ name }) => name === container.name);
    return base === undefined ? container : containerOverBase(container, base, written);
  });
  return {
    ...definition,
    ...own,
    cpu: (written.cpu ? undefined : definition.cpu) ?? own.cpu,
    memory: (written.memory ? undefined : definition.memory) ?? own.memory,
    runtimePlatform: (builds ? undefined : definition.runtimePlatform) ?? own.runtimePlatform,
    taskRoleArn: definition.taskRoleArn ?? own.taskRoleArn,
    containerDefinitions: [...merged, ...others],
  };
}

function containerOverBase(
  own: ContainerDefinition,
  base: ContainerDefinition,
  written: BaseDefinition["written"],
): ContainerDefinition {
  const ownNames = new Set([...(own.environment ?? []), ...(own.secrets ?? [])].map(({ name }) => name));
  const rest = <Entry extends { name?: string | undefined }>(entries: Entry[] = []) =>
    entries.filter(({ name }) => !ownNames.has(name));
  return {
    ...base,
    ...own,
    essential: (written.essential.includes(own.name ?? "") ? undefined : base.essential) ?? own.essential,
    stopTimeout: (written.stop ? undefined : base.stopTimeout) ?? own.stopTimeout,
    environment: [...(own.environment ?? []), ...rest(base.environment)],
    secrets: [...(own.secrets ?? []), ...rest(base.secrets)],
  };
}

type Json = { [key: string]: unknown };

/**
 * A definition with what a person has written merged over it: objects member by member, lists of things with a name
 * (containers, variables, secrets, volumes) by that name, every other list as a whole; null takes a member out.
 */
export function patched(own: TaskDefinitionInput, patch: Json): TaskDefinitionInput {
  return merge(own as unknown as Json, patch) as unknown as TaskDefinitionInput;
}

function merge(before: unknown, after: unknown): unknown {
  if (isObject(before) && isObject(after)) {
    const merged: Json = { ...before };
    for (const [key, value] of Object.entries(after)) {
      if (value === null) delete merged[key];
      else merged[key] = merge(before[key], value);
    }
    return merged;
  }
  if (isNamed(before) && isNamed(after)) {
    const names = new Set(before.map(({ name }) => name));
    return [
      ...before.map((each) => merge(each, after.find(({ name }) => name === each.name) ?? {})),
      ...after.filter(({ name }) => !names.has(name)),
    ];
  }
  return after;
}

function isObject(value: unknown): value is Json {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isNamed(value: unknown): value is { name: string }[] {
  return Array.isArray(value) && value.every((each) => isObject(each) && typeof each.name === "string");
}
