import { z } from "zod";
import { manifestSchema } from "./schema/manifest.ts";

export type JsonSchema = z.core.JSONSchema.BaseSchema;

/**
 * The JSON Schema (draft 2020-12) of a `fardel.yaml`, for editors: what `fardel schema` prints. It knows the shape of the
 * file; what depends on more than one value (Fargate's pairs, names of images and tasks) only loading a manifest checks.
 */
export function jsonSchema(): JsonSchema {
  const schema = z.toJSONSchema(manifestSchema, { io: "input", target: "draft-2020-12" });
  const properties = record(schema.properties);
  const { app, environments, ...sections } = properties;
  const { region: _, ...overridable } = sections;
  const environment = environments?.additionalProperties;
  if (environment === undefined || typeof environment === "boolean") throw new TypeError("environments has no schema");
  const overrides = { ...record(environment.properties), ...mapValues(overridable, asOverride) };
  return {
    $schema: schema.$schema,
    title: "fardel manifest",
    description:
      "What fardel ships: the images, services, tasks and databases of one app, and the environments it runs in.",
    ...schema,
    properties: {
      ...(app === undefined ? {} : { app }),
      ...mapValues(sections, withReferences),
      environments: {
        ...environments,
        additionalProperties: {
          ...environment,
          // `local:` with nothing behind it is an environment too.
          type: ["object", "null"] as unknown as "object",
          properties: mapValues(overrides, withReferences),
          additionalProperties: false,
        },
      },
    },
  };
}

/** The same schema with null for removal. */
function asOverride(schema: JsonSchema): JsonSchema {
  return { description: schema.description, anyOf: [asPart({ ...schema, description: undefined }), { type: "null" }] };
}

/** The same schema with nothing required and no defaults: they belong to the merged result. */
function asPart({ default: _, required: __, ...schema }: JsonSchema): JsonSchema {
  return transform(schema, asOverride, asPart);
}

/** Any text may have `${…}` in it, which no pattern of the finished value foresees. */
function withReferences(schema: JsonSchema): JsonSchema {
  const changed = transform(schema, withReferences, withReferences);
  return changed.pattern === undefined ? changed : { ...changed, pattern: `(?:${changed.pattern})|\\$\\{` };
}

type Change = (schema: JsonSchema) => JsonSchema;

/** The schema with the schemas of values inside it changed, and its alternatives; names of keys keep theirs. */
function transform(schema: JsonSchema, changeValue: Change, changeAlternative: Change): JsonSchema {
  const { properties, additionalProperties, items, anyOf, ...rest } = schema;
  const changed = (part: unknown, change: Change) => (isSchema(part) ? change(part) : part);
  return Object.fromEntries(
    Object.entries({
      ...rest,
      properties: properties && mapValues(record(properties), changeValue),
      additionalProperties: changed(additionalProperties, changeValue),
      items: changed(items, changeValue),
      anyOf: anyOf?.map((part) => changed(part, changeAlternative)),
    }).filter(([, value]) => value !== undefined),
  );
}

function isSchema(part: unknown): part is JsonSchema {
  return typeof part === "object" && part !== null && !Array.isArray(part);
}

function record(properties: JsonSchema["properties"]): Record<string, JsonSchema> {
  return Object.fromEntries(
    Object.entries(properties ?? {}).filter((entry): entry is [string, JsonSchema] => isSchema(entry[1])),
  );
}

function mapValues(
  schemas: Record<string, JsonSchema>,
  change: (schema: JsonSchema) => JsonSchema,
): Record<string, JsonSchema> {
  return Object.fromEntries(Object.entries(schemas).map(([key, schema]) => [key, change(schema)]));
}
