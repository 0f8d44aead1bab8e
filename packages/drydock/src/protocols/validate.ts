import type { NormalizedSchema } from "@smithy/core/schema";
import { requiredMembers } from "./model.ts";

/** One thing that is wrong with an input, in the words AWS's services use for it. */
export interface InputProblem {
  /** `containerDefinitions.1.member.image`, as AWS writes paths: list items are numbered from 1. */
  path: string;
  kind: "missing" | "type" | "value";
  message: string;
}

/** Checks an input against its schema: required members are there, everything has its type. */
export function validateInput(schema: NormalizedSchema, input: Record<string, unknown>): InputProblem[] {
  const problems: InputProblem[] = [];
  if (!schema.isUnitSchema()) checkStructure(schema, input, "", problems);
  return problems;
}

function checkStructure(
  schema: NormalizedSchema,
  value: Record<string, unknown>,
  path: string,
  problems: InputProblem[],
): void {
  const required = requiredMembers(schema);
  for (const [name, member] of schema.structIterator()) {
    const child = value[name];
    const childPath = path ? `${path}.${lowerFirst(name)}` : lowerFirst(name);
    if (child !== undefined && child !== null) {
      check(member, child, childPath, problems);
    } else if (required.has(name) && !member.isIdempotencyToken()) {
      problems.push({
        path: childPath,
        kind: "missing",
        message: `Value null at '${childPath}' failed to satisfy constraint: Member must not be null`,
      });
    }
  }
}

function check(schema: NormalizedSchema, value: unknown, path: string, problems: InputProblem[]): void {
  if (schema.isStreaming() || schema.isDocumentSchema()) return;
  const expected = expectedType(schema);
  if (!expected.accepts(value)) {
    const message = `Value at '${path}' failed to satisfy constraint: Member must be ${expected.name}`;
    problems.push({ path, kind: "type", message });
  } else if (schema.isStructSchema()) {
    checkStructure(schema, value as Record<string, unknown>, path, problems);
  } else if (schema.isListSchema()) {
    const member = schema.getValueSchema();
    (value as unknown[]).forEach((item, index) => {
      check(member, item, `${path}.${index + 1}.member`, problems);
    });
  } else if (schema.isMapSchema()) {
    const member = schema.getValueSchema();
    for (const [key, item] of Object.entries(value as object)) check(member, item, `${path}.${key}.member`, problems);
  }
}

function expectedType(schema: NormalizedSchema): { name: string; accepts: (value: unknown) => boolean } {
  if (schema.isStringSchema()) return { name: "a string", accepts: (value) => isText(value) };
  if (schema.isBooleanSchema()) return { name: "a boolean", accepts: (value) => typeof value === "boolean" };
  if (schema.isNumericSchema()) return { name: "a number", accepts: (value) => Number.isFinite(value) };
  if (schema.isBlobSchema()) return { name: "base64 text", accepts: (value) => value instanceof Uint8Array };
  if (schema.isTimestampSchema()) {
    return { name: "a timestamp", accepts: (value) => value instanceof Date && !Number.isNaN(value.getTime()) };
  }
  if (schema.isListSchema()) return { name: "a list", accepts: Array.isArray };
  if (schema.isStructSchema() || schema.isMapSchema()) return { name: "a structure", accepts: isRecord };
  return { name: "a value", accepts: () => true };
}

/** JSON held in a string arrives as the SDK's LazyJsonString, a String object. */
function isText(value: unknown): boolean {
  return typeof value === "string" || value instanceof String;
}

function isRecord(value: unknown): boolean {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function lowerFirst(name: string): string {
  return name.charAt(0).toLowerCase() + name.slice(1);
}
