import { validationError } from "../errors.ts";
import { asFunction, isObject } from "./template.ts";

/** One place where a value looks at something else in the template. */
export interface Reference {
  by: "Ref" | "Fn::GetAtt" | "Fn::Sub" | "Fn::If" | "Fn::FindInMap" | "Fn::ImportValue";
  name: string;
  attribute?: string;
}

/** One piece of a Fn::Sub text: literal text, or the name of a variable. */
export type SubPart = { text: string } | { variable: string };

/**
 * Cuts a Fn::Sub text at its variables; `${!Literal}` stays in the text as `${Literal}`.
 * @throws ValidationError for a variable name that can't be one
 */
export function subParts(text: string): SubPart[] {
  const parts: SubPart[] = [];
  let end = 0;
  for (const match of text.matchAll(/\$\{([^}]*)\}/g)) {
    const [whole, inside = ""] = match;
    if (match.index > end) parts.push({ text: text.slice(end, match.index) });
    end = match.index + whole.length;
    if (inside.startsWith("!")) {
      parts.push({ text: `\${${inside.slice(1)}}` });
      continue;
    }
    if (!/^[A-Za-z0-9_.:]+$/.test(inside.trim()))
      throw validationError(
        "Template error: variable names in Fn::Sub syntax must contain only alphanumeric characters, underscores, periods, and colons",
      );
    parts.push({ variable: inside.trim() });
  }
  if (end < text.length) parts.push({ text: text.slice(end) });
  return parts;
}

/**
 * The arguments of a Fn::Sub: its text and its own variables.
 * @throws ValidationError when it is neither a string nor a pair
 */
export function subArguments(argument: unknown): { text: string; variables: Record<string, unknown> } {
  const [text, variables] = Array.isArray(argument) ? argument : [argument, {}];
  if (typeof text !== "string" || !isObject(variables) || (Array.isArray(argument) && argument.length !== 2))
    throw validationError(
      "Template error: One or more Fn::Sub intrinsic functions don't specify expected arguments. Specify a string as first argument, and an optional second argument to specify a mapping of values to replace in the string",
    );
  return { text, variables };
}

/**
 * The two arguments of a Fn::GetAtt, which AWS also takes as one string `Logical.Attribute`.
 * @throws ValidationError when there aren't two
 */
export function attributeArguments(argument: unknown): [logicalId: string, attribute: unknown] {
  const pair = typeof argument === "string" ? splitOnce(argument) : argument;
  if (!Array.isArray(pair) || pair.length < 2 || typeof pair[0] !== "string" || pair[0] === "" || pair[1] === "")
    throw validationError(
      "Template error: every Fn::GetAtt object requires two non-empty parameters, the resource name and the resource attribute",
    );
  return [pair[0], pair.length > 2 ? pair.slice(1).join(".") : pair[1]];
}

/** `A.b.c` → `["A", "b.c"]`. */
export function splitOnce(text: string): string[] {
  const dot = text.indexOf(".");
  return dot < 0 ? [text] : [text.slice(0, dot), text.slice(dot + 1)];
}

/**
 * Every reference in a value, in the order it stands there. `only` leaves out what a condition switches off.
 * @param chooses answers a condition's value; without it both branches of a Fn::If count
 */
export function* references(value: unknown, chooses?: (condition: string) => boolean): Generator<Reference> {
  if (Array.isArray(value)) {
    for (const item of value) yield* references(item, chooses);
    return;
  }
  if (!isObject(value)) return;
  const call = asFunction(value);
  if (!call) {
    for (const item of Object.values(value)) yield* references(item, chooses);
    return;
  }
  const [name, argument] = call;
  if (name === "Ref") {
    if (typeof argument === "string") yield { by: "Ref", name: argument };
  } else if (name === "Fn::GetAtt") {
    const [logicalId, attribute] = attributeArguments(argument);
    yield { by: "Fn::GetAtt", name: logicalId, ...(typeof attribute === "string" && { attribute }) };
    yield* references(attribute, chooses);
  } else if (name === "Fn::Sub") {
    yield* subReferences(argument, chooses);
  } else if (name === "Fn::If" && Array.isArray(argument)) {
    const [condition, whenTrue, whenFalse] = argument;
    if (typeof condition === "string") yield { by: "Fn::If", name: condition };
    if (!chooses || typeof condition !== "string") yield* references([whenTrue, whenFalse], chooses);
    else yield* references(chooses(condition) ? whenTrue : whenFalse, chooses);
  } else {
    if (name === "Fn::FindInMap" && Array.isArray(argument) && typeof argument[0] === "string")
      yield { by: "Fn::FindInMap", name: argument[0] };
    if (name === "Fn::ImportValue" && typeof argument === "string") yield { by: "Fn::ImportValue", name: argument };
    yield* references(argument, chooses);
  }
}

function* subReferences(argument: unknown, chooses?: (condition: string) => boolean): Generator<Reference> {
  const { text, variables } = subArguments(argument);
  yield* references(Object.values(variables), chooses);
  for (const part of subParts(text)) {
    if (!("variable" in part) || part.variable in variables) continue;
    const [name = "", attribute] = part.variable.startsWith("AWS::") ? [part.variable] : splitOnce(part.variable);
    yield { by: "Fn::Sub", name, ...(attribute !== undefined && { attribute }) };
  }
}
