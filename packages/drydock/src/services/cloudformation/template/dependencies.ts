import { validationError } from "../errors.ts";
import { references } from "./references.ts";
import type { Template } from "./template.ts";

/** Logical id → the logical ids that have to be there first. */
export type Dependencies = Map<string, Set<string>>;

/**
 * Who needs whom among the template's resources: Ref, Fn::GetAtt, Fn::Sub and DependsOn.
 * @param isCreated answers a condition's value: resources switched off are left out, as are the branches not taken
 */
export function dependenciesOf(template: Template, isTrue?: (condition: string) => boolean): Dependencies {
  const created = Object.entries(template.resources).filter(
    ([, resource]) => !isTrue || resource.Condition === undefined || isTrue(resource.Condition),
  );
  const ids = new Set(created.map(([id]) => id));
  return new Map(
    created.map(([id, resource]) => {
      const needed = [...references(resource.Properties, isTrue)].map(({ name }) => name);
      return [id, new Set([...needed, ...resource.DependsOn].filter((name) => ids.has(name)))];
    }),
  );
}

/**
 * The ids so that each stands after all it needs.
 * @throws ValidationError "Circular dependency between resources: […]"
 */
export function inOrder(dependencies: Dependencies): string[] {
  const order: string[] = [];
  const placed = new Set<string>();
  let waiting = [...dependencies.keys()];
  while (waiting.length > 0) {
    const ready = waiting.filter((id) => [...(dependencies.get(id) ?? [])].every((needed) => placed.has(needed)));
    if (ready.length === 0) {
      throw validationError(`Circular dependency between resources: [${inCycle(waiting, dependencies).join(", ")}]`);
    }
    for (const id of ready) placed.add(id);
    order.push(...ready);
    waiting = waiting.filter((id) => !placed.has(id));
  }
  return order;
}

/** Of what can't be placed, only what others that can't be placed are waiting for. */
function inCycle(waiting: string[], dependencies: Dependencies): string[] {
  let left = waiting;
  for (;;) {
    const needed = new Set(left.flatMap((id) => [...(dependencies.get(id) ?? [])]));
    const next = left.filter((id) => needed.has(id));
    if (next.length === left.length) return left;
    left = next;
  }
}

/** The other way round: who has to go before each may go. Ids outside the map are left out. */
export function reversed(dependencies: Dependencies): Dependencies {
  const result: Dependencies = new Map([...dependencies.keys()].map((id) => [id, new Set<string>()]));
  for (const [id, needs] of dependencies) for (const needed of needs) result.get(needed)?.add(id);
  return result;
}
