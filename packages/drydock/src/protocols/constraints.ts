import type { NormalizedSchema } from "@smithy/core/schema";
import type { InputProblem } from "./validate.ts";

/**
 * What the API reference demands of a member beyond its type. The SDK's schemas carry none of it, so a service writes
 * down those that matter. Bounds are of a number's value, or of the length of text, lists and maps.
 */
export interface Constraint {
  minimum?: number;
  maximum?: number;
  /** A regular expression that the whole text matches. */
  pattern?: string;
  values?: readonly string[];
}

const longestShown = 2048;

/** By a member's name, wherever it occurs in the service's inputs, or by `Operation.Member`, which goes first. */
export type Constraints = Record<string, Constraint>;

/** Checks an input's own members; those left out are no concern here. The problems are in AWS's words. */
export function checkConstraints(
  constraints: Constraints,
  operation: { name: string; input: NormalizedSchema },
  input: Record<string, unknown>,
): InputProblem[] {
  return Object.entries(input).flatMap(([name, value]) => {
    const constraint = constraints[`${operation.name}.${name}`] ?? constraints[name];
    const broken = value === undefined || value === null || !constraint ? undefined : brokenRule(constraint, value);
    if (broken === undefined) return [];
    const path = name.charAt(0).toLowerCase() + name.slice(1);
    const isSecret = operation.input.getMemberSchema(name).getMergedTraits().sensitive;
    const said = isSecret || !isSayable(value) ? "Value" : `Value '${shown(value)}'`;
    return [{ path, kind: "value" as const, message: `${said} at '${path}' failed to satisfy constraint: ${broken}` }];
  });
}

/** Structures are only pointed at. */
function isSayable(value: unknown): boolean {
  return Array.isArray(value) ? value.every((item) => typeof item !== "object") : typeof value !== "object";
}

/** A value that is refused for its length is not worth sending back whole. */
function shown(value: unknown): string {
  const text = Array.isArray(value) ? `[${value.join(", ")}]` : String(value);
  return text.length > longestShown ? `${text.slice(0, longestShown)}…` : text;
}

function brokenRule({ minimum, maximum, pattern, values }: Constraint, value: unknown): string | undefined {
  const [what, size] = typeof value === "number" ? ["value", value] : ["length", lengthOf(value)];
  if (minimum !== undefined && size < minimum) return `Member must have ${what} greater than or equal to ${minimum}`;
  if (maximum !== undefined && size > maximum) return `Member must have ${what} less than or equal to ${maximum}`;
  if (pattern !== undefined && !new RegExp(`^(?:${pattern})$`, "u").test(String(value))) {
    return `Member must satisfy regular expression pattern: ${pattern}`;
  }
  if (values && !values.includes(String(value))) return `Member must satisfy enum value set: [${values.join(", ")}]`;
  return undefined;
}

function lengthOf(value: unknown): number {
  if (typeof value === "object" && value !== null && !Array.isArray(value) && !(value instanceof Uint8Array)) {
    return Object.keys(value).length;
  }
  return (value as string | unknown[] | Uint8Array).length;
}
