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

/** The same schema with nothing required, no defaults (they belong to the merged result), and null for removal. */
function asOverride(schema: JsonSchema): JsonSchema {
  const { default: _, required: __, ...rest } = schema;
  return {
    description: schema.description,
    anyOf: [transform({ ...rest, description: undefined }, asOverride), { type: "null" }],
  };
}

/** Any text may have `${…}` in it, which no pattern of the finished value foresees. */
function withReferences(schema: JsonSchema): JsonSchema {
  const changed = transform(schema, withReferences);
  return changed.pattern === undefined ? changed : { ...changed, pattern: `(?:${changed.pattern})|\\$\\{` };
}

/** The schema with its values' schemas changed; names of keys keep theirs. */
function transform(schema: JsonSchema, change: (part: JsonSchema) => JsonSchema): JsonSchema {
  const { properties, additionalProperties, items, anyOf, ...rest } = schema;
  const changed = (part: unknown) => (isSchema(part) ? change(part) : part);
  return Object.fromEntries(
    Object.entries({
      ...rest,
      properties: properties && mapValues(record(properties), change),
      additionalProperties: changed(additionalProperties),
      items: changed(items),
      // Alternatives are of one value: to leave it out is said once, outside.
      anyOf: anyOf?.map((part) => (isSchema(part) ? transform(part, change) : part)),
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
