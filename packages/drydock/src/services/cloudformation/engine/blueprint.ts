import { randomUUID } from "node:crypto";
import { type Dependencies, dependenciesOf } from "../template/dependencies.ts";
import { evaluate, isTrue, type Scope } from "../template/evaluate.ts";
import { parseTemplate } from "../template/parse.ts";
import { isObject, type Template } from "../template/template.ts";
import { loadTypes } from "./definition.ts";
import type { Environment } from "./environment.ts";
import type { Physical, StackDefinition } from "./records.ts";
import type { ResourceType } from "./resource-type.ts";
import { scopeOf } from "./scope.ts";
import { resourceTags } from "./tags.ts";

/** A template with everything worked out that is known before any resource is touched. */
export interface Blueprint {
  template: Template;
  scope: Scope;
  types: Map<string, ResourceType>;
  /** The resources that are to be there, by what they need. */
  dependencies: Dependencies;
}

/** Prepares a definition for a stack whose resources are looked up in the store at each use. */
export async function blueprintOf(
  environment: Environment,
  stack: { id: string; name: string },
  definition: StackDefinition,
  resource: Scope["resource"] = storedResource(environment, stack.id),
): Promise<Blueprint> {
  const template = parseTemplate(definition.body);
  const scope = await scopeOf(environment, stack, template, definition, resource);
  return {
    template,
    scope,
    types: await loadTypes(environment.types, template),
    dependencies: dependenciesOf(template, (condition) => isTrue(condition, scope)),
  };
}

function storedResource({ repository }: Environment, stackId: string): Scope["resource"] {
  return (logicalId) => {
    const physical = repository.resource(stackId, logicalId)?.physical;
    if (!physical)
      throw new Error(
        `Template format error: Unresolved resource dependencies [${logicalId}] in the Resources block of the template`,
      );
    return {
      ref: physical.physicalId,
      attribute: (name) => {
        const value = physical.attributes[name];
        if (value === undefined) throw new Error(`Attribute '${name}' of resource ${logicalId} does not exist`);
        return value;
      },
    };
  };
}

/** A resource as the template wants it, except for its physical id. */
export function wantedPhysical(
  blueprint: Blueprint,
  stack: { id: string; name: string },
  tags: StackDefinition["tags"],
  logicalId: string,
): Physical {
  const declaration = blueprint.template.resources[logicalId];
  const type = declaration && blueprint.types.get(declaration.Type);
  if (!declaration || !type) throw new Error(`Resource ${logicalId} is not in the template`);
  const properties = evaluate(declaration.Properties, blueprint.scope);
  const known = isObject(properties) ? properties : {};
  return {
    physicalId: "",
    type: declaration.Type,
    properties: known,
    tags: resourceTags(type, known.Tags, { ...stack, tags }, logicalId),
    attributes: {},
    token: randomUUID(),
    dependsOn: [...(blueprint.dependencies.get(logicalId) ?? [])],
    ...(declaration.DeletionPolicy && { deletionPolicy: declaration.DeletionPolicy }),
    ...(declaration.UpdateReplacePolicy && { updateReplacePolicy: declaration.UpdateReplacePolicy }),
    ...(declaration.Metadata !== undefined && { metadata: evaluate(declaration.Metadata, blueprint.scope) }),
  };
}
