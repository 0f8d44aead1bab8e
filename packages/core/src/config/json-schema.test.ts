import { expect, test } from "vitest";
import { parse } from "yaml";
import { z } from "zod";
import { referenceManifest } from "./fixture.ts";
import { type JsonSchema, jsonSchema } from "./json-schema.ts";
import { manifestSchema } from "./schema/manifest.ts";

const schema = jsonSchema();

/** Every schema inside, with its path; alternatives stand at the path of their value. */
function* parts(part: unknown, path = ""): Generator<[path: string, schema: JsonSchema]> {
  if (typeof part !== "object" || part === null) return;
  const each = part as JsonSchema;
  yield [path, each];
  for (const [key, child] of Object.entries(each.properties ?? {})) yield* parts(child, `${path}.${key}`);
  yield* parts(each.additionalProperties, `${path}.*`);
  yield* parts(each.items, `${path}[]`);
  for (const alternative of each.anyOf ?? []) yield* parts(alternative, path);
}

test("draft 2020-12 with a title", () => {
  expect(schema).toMatchObject({
    $schema: "https://json-schema.org/draft/2020-12/schema",
    title: "fardel manifest",
    type: "object",
    required: ["app"],
    additionalProperties: false,
  });
});

test("every key is described", () => {
  const described = new Set(
    [...parts(schema)].filter(([, part]) => part.description !== undefined).map(([path]) => path),
  );
  const named = [...new Set([...parts(schema)].map(([path]) => path))].filter((path) => /\.\w+$/.test(path));
  expect(named.length).toBeGreaterThan(100);
  expect(named.filter((path) => !described.has(path))).toEqual([]);
});

test("no map with fixed keys takes others", () => {
  const open = [...parts(schema)].filter(
    ([, part]) => part.properties !== undefined && part.additionalProperties !== false,
  );
  expect(open.map(([path]) => path)).toEqual([]);
});

test("every example and default is one the manifest takes", () => {
  const wrong = [...walk(manifestSchema)].flatMap(([path, part]) => {
    const examples: unknown = z.globalRegistry.get(part)?.examples ?? [];
    const defaults = part instanceof z.ZodPrefault ? [part.def.defaultValue] : [];
    return [...(Array.isArray(examples) ? examples : [examples]), ...defaults]
      .filter((example) => !z.safeParse(part, example).success)
      .map((example) => `${path}: ${JSON.stringify(example)}`);
  });
  expect(wrong).toEqual([]);
});

test("an environment may override every section, removing with null, and nothing in it is required", () => {
  const environment = [...parts(schema)].filter(([path]) => path.startsWith(".environments.*"));
  expect(environment.flatMap(([, part]) => part.required ?? [])).toEqual([]);
  expect(environment.find(([path]) => path === ".environments.*.services.*.image")?.[1].anyOf).toContainEqual({
    type: "null",
  });
  expect(environment.map(([path]) => path)).not.toContain(".environments.*.app");
});

test("the reference manifest uses known keys only, of the right types", () => {
  expect(mismatches(parse(referenceManifest), schema, "")).toEqual([]);
  expect(mismatches({ ...parse(referenceManifest), service: {} }, schema, "")).toEqual([".service"]);
  expect(mismatches({ app: "shop", services: { web: { image: 5 } } }, schema, "")).toEqual([".services.web.image"]);
});

/** A small validator for the keywords the schema uses. */
function mismatches(value: unknown, part: JsonSchema, path: string): string[] {
  if (part.anyOf) {
    const results = part.anyOf.map((alternative) => mismatches(value, alternative as JsonSchema, path));
    return results.find((result) => result.length === 0) ?? [path];
  }
  const types = [part.type ?? []].flat() as string[];
  if (types.length > 0 && !types.includes(typeOf(value)) && !(types.includes("number") && typeOf(value) === "integer"))
    return [path];
  if (part.enum && !part.enum.includes(value as string)) return [path];
  if (part.pattern !== undefined && !new RegExp(part.pattern, "u").test(String(value))) return [path];
  if (Array.isArray(value))
    return value.flatMap((item, index) => mismatches(item, part.items as JsonSchema, `${path}[${index}]`));
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([key, child]) => {
    const below = part.properties?.[key] ?? part.additionalProperties;
    return typeof below === "object"
      ? mismatches(child, below, `${path}.${key}`)
      : below === false
        ? [`${path}.${key}`]
        : [];
  });
}

function typeOf(value: unknown): string {
  if (value === null) return "null";
  if (Array.isArray(value)) return "array";
  return Number.isInteger(value) ? "integer" : typeof value;
}

/** Every zod schema inside, wrappers included. */
function* walk(part: z.core.$ZodType, path = ""): Generator<[path: string, schema: z.core.$ZodType]> {
  yield [path, part];
  if (part instanceof z.ZodObject)
    for (const [key, child] of Object.entries(part.shape)) yield* walk(child, `${path}.${key}`);
  if (part instanceof z.ZodRecord) yield* walk(part.valueType, `${path}.*`);
  if (part instanceof z.ZodArray) yield* walk(part.element, `${path}[]`);
  if (part instanceof z.ZodUnion) for (const option of part.options) yield* walk(option, path);
  if (part instanceof z.ZodOptional || part instanceof z.ZodPrefault) yield* walk(part.unwrap(), path);
}
