import { nearest } from "../../config/nearest.ts";

/** A key that RegisterTaskDefinition doesn't have. */
export interface UnknownKey {
  /** Such as `containerDefinitions.0.ulimit`. */
  path: string;
  meant: string | undefined;
}

/**
 * The keys that an SDK would leave out without a word, found by the schema it serialises with. A schema of the SDK is a
 * list: a structure is [3, namespace, name, traits, members, schemas], a list [1, …, item], a map [2, …, key, value]; other
 * kinds have no keys. https://www.npmjs.com/package/@smithy/core (schema)
 */
export async function unknownDefinitionKeys(definition: unknown): Promise<UnknownKey[]> {
  const { RegisterTaskDefinitionRequest$: schema } = await import("@aws-sdk/client-ecs");
  return unknownKeys(schema, definition, []);
}

function unknownKeys(reference: unknown, value: unknown, path: readonly string[]): UnknownKey[] {
  const schema = settled(reference);
  if (!Array.isArray(schema)) return [];
  const [kind, , , , first, second] = schema;
  if (kind === 1 && Array.isArray(value))
    return value.flatMap((each, at) => unknownKeys(first, each, [...path, String(at)]));
  if (typeof value !== "object" || value === null || Array.isArray(value)) return [];
  const entries = Object.entries(value);
  if (kind === 2) return entries.flatMap(([key, each]) => unknownKeys(second, each, [...path, key]));
  if (kind !== 3 || !Array.isArray(first)) return [];
  return entries.flatMap(([key, each]): UnknownKey[] => {
    const at = first.indexOf(key);
    if (at < 0) return [{ path: [...path, key].join("."), meant: nearest(key, first) }];
    return unknownKeys(second[at], each, [...path, key]);
  });
}

/** Schemas refer to each other by functions, and carry traits of a member as [schema, traits]. */
function settled(reference: unknown): unknown {
  if (typeof reference === "function") return settled(reference());
  if (Array.isArray(reference) && reference.length === 2) return settled(reference[0]);
  return reference;
}
