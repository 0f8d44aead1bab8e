import type { TaskDefinition } from "@aws-sdk/client-ecs";
import type { Ecs } from "../ecs.ts";
import { clientException } from "../errors.ts";
import { taskDefinitionKeyOf } from "../tasks/view.ts";

/** `family`, `family:revision` or an ARN; a family alone means its latest ACTIVE revision. */
export function findTaskDefinition(ecs: Ecs, reference: string): TaskDefinition | undefined {
  const name = reference.slice(reference.lastIndexOf("/") + 1);
  if (name.includes(":")) return ecs.records.taskDefinitions.get(taskDefinitionKeyOf(name));
  return ecs.records.taskDefinitions
    .list(`${name}:`)
    .filter((definition) => definition.status === "ACTIVE")
    .at(-1);
}

/** One that new tasks may be started from. Throws ClientException for one that is missing or not ACTIVE. */
export function activeTaskDefinition(ecs: Ecs, reference: string): TaskDefinition {
  const definition = findTaskDefinition(ecs, reference);
  if (!definition) throw clientException("TaskDefinition not found.");
  if (definition.status !== "ACTIVE") throw clientException("TaskDefinition is inactive");
  return definition;
}
