import { NormalizedSchema } from "@smithy/core/schema";
import { boolean, list, map, number, type Shape, structure, text } from "./properties.ts";

/**
 * The shape of a member of an SDK operation's input, from the schema its client package exports: CloudFormation's
 * structures are the APIs' own, but for the case of their names (`ContainerPort`, `containerPort`). The value comes out
 * as the API takes it.
 * @param input the schema of the operation's input, e.g. `RegisterTaskDefinitionRequest$`
 */
export function sdkShape<Input, Name extends keyof Input & string>(
  input: Parameters<typeof NormalizedSchema.of>[0],
  name: Name,
): Shape<NonNullable<Input[Name]>> {
  return shapeOf(NormalizedSchema.of(input).getMemberSchema(name)) as Shape<NonNullable<Input[Name]>>;
}

function shapeOf(schema: NormalizedSchema): Shape<unknown> {
  if (schema.isBooleanSchema()) return boolean;
  if (schema.isNumericSchema()) return number;
  if (schema.isListSchema()) return lazily(() => list(shapeOf(schema.getValueSchema())));
  if (schema.isMapSchema()) return lazily(() => map(shapeOf(schema.getValueSchema())));
  if (schema.isStructSchema()) return lazily(() => structureOf(schema));
  return text;
}

/** Schemas may contain themselves, so a shape is made when it is first used. */
function lazily(make: () => Shape<unknown>): Shape<unknown> {
  let shape: Shape<unknown> | undefined;
  return (value, path) => {
    shape ??= make();
    return shape(value, path);
  };
}

function structureOf(schema: NormalizedSchema): Shape<unknown> {
  const members = new Map([...schema.structIterator()].map(([name, member]) => [name.toLowerCase(), { name, member }]));
  return (value, path) => {
    const found = Object.keys(Object(value)).flatMap((key) => {
      const known = members.get(key.toLowerCase());
      return known ? [[key, shapeOf(known.member), known.name] as const] : [];
    });
    const checked = structure(Object.fromEntries(found.map(([key, shape]) => [key, shape])))(value, path);
    return Object.fromEntries(found.map(([key, , name]) => [name, checked[key]]));
  };
}
