import { validationError } from "../errors.ts";
import { cidr } from "./cidr.ts";
import { attributeArguments, splitOnce, subArguments, subParts } from "./references.ts";
import { asFunction, isObject, type Template } from "./template.ts";

/** How a resource looks to those that refer to it. */
export interface ResolvedResource {
  ref: string;
  attribute(name: string): unknown;
}

/** Everything a template's functions can see. */
export interface Scope {
  template: Pick<Template, "mappings" | "conditions">;
  parameters: Record<string, string | string[]>;
  /** Values of the pseudo parameters; `AWS::NoValue` is none of them. */
  pseudo: Record<string, string | string[]>;
  /** The region's zone names, for Fn::GetAZs. */
  zones: readonly string[];
  /** @throws for a resource that isn't there */
  resource(logicalId: string): ResolvedResource;
  /** @throws for an export that isn't there */
  importValue(name: string): string;
}

/** What a change set shows for a value nobody knows before the change has been made. */
export const knownAfterApply = "{{changeSet:KNOWN_AFTER_APPLY}}";

const noValue = Symbol("AWS::NoValue");

/**
 * A value with all functions worked out. Members that come to AWS::NoValue are left out.
 * @throws ValidationError in AWS's words
 */
export function evaluate(value: unknown, scope: Scope): unknown {
  const result = evaluated(value, scope);
  return result === noValue ? undefined : result;
}

function evaluated(value: unknown, scope: Scope): unknown {
  if (Array.isArray(value)) return value.map((item) => evaluated(item, scope)).filter((item) => item !== noValue);
  if (!isObject(value)) return value;
  const call = asFunction(value);
  if (!call)
    return Object.fromEntries(
      Object.entries(value)
        .map(([key, item]) => [key, evaluated(item, scope)])
        .filter(([, item]) => item !== noValue),
    );
  const [name, argument] = call;
  const evaluator = functions[name];
  if (!evaluator) throw validationError(`Template error: Encountered unsupported function: ${name}`);
  return evaluator(argument, scope);
}

const functions: Record<string, (argument: unknown, scope: Scope) => unknown> = {
  Ref: (argument, scope) => variable(String(argument), scope),
  "Fn::GetAtt": (argument, scope) => {
    const [logicalId, attribute] = attributeArguments(argument);
    return scope.resource(logicalId).attribute(String(evaluated(attribute, scope)));
  },
  "Fn::Sub": substitute,
  "Fn::Join": (argument, scope) => {
    const [delimiter, list] = pair(argument, scope);
    if (list === knownAfterApply) return knownAfterApply;
    if (typeof delimiter !== "string" || !Array.isArray(list) || list.some((item) => typeof item === "object"))
      throw validationError(
        "Template error: every Fn::Join object requires two parameters, (1) a string delimiter and (2) a list of strings to be joined or a function that returns a list of strings (such as Fn::GetAZs) to be joined.",
      );
    return list.includes(knownAfterApply) ? knownAfterApply : list.join(delimiter);
  },
  "Fn::Select": (argument, scope) => {
    const [index, list] = pair(argument, scope);
    if (list === knownAfterApply) return knownAfterApply;
    if (!Array.isArray(list) || !/^\d+$/.test(String(index)))
      throw validationError(
        "Template error: Fn::Select requires a list argument with two elements: an integer index and a list",
      );
    if (Number(index) >= list.length)
      throw validationError(`Template error: Fn::Select cannot select nonexistent value at index ${index}`);
    return list[Number(index)];
  },
  "Fn::Split": (argument, scope) => {
    const [delimiter, source] = pair(argument, scope);
    if (source === knownAfterApply) return knownAfterApply;
    if (typeof delimiter !== "string" || delimiter === "" || typeof source !== "string")
      throw validationError(
        "Template error: every Fn::Split object requires two parameters, (1) a string delimiter and (2) a string to be split or a function that returns a string to be split.",
      );
    return source.split(delimiter);
  },
  "Fn::GetAZs": (argument, scope) => {
    const region = evaluated(argument, scope);
    if (region !== "" && region !== scope.pseudo["AWS::Region"])
      throw validationError(`Template error: Fn::GetAZs: this region knows no availability zones of ${String(region)}`);
    return [...scope.zones];
  },
  "Fn::Base64": (argument, scope) => {
    const text = evaluated(argument, scope);
    if (text === knownAfterApply) return text;
    if (typeof text !== "string")
      throw validationError("Template error: every Fn::Base64 object must have a String-typed value.");
    return Buffer.from(text).toString("base64");
  },
  "Fn::Cidr": (argument, scope) => {
    const [block, count, bits] = list(argument, scope);
    if (block === knownAfterApply) return knownAfterApply;
    if (typeof block !== "string" || count === undefined)
      throw validationError(
        "Template error: every Fn::Cidr object requires two or three parameters, (1) an IP block, (2) a count and (3) the number of subnet bits",
      );
    return cidr(block, Number(count), Number(bits ?? 8));
  },
  "Fn::FindInMap": (argument, scope) => {
    const [map, top, second, options] = list(argument, scope);
    if ([map, top, second].some((key) => typeof key !== "string" && typeof key !== "number"))
      throw validationError(
        "Template error: every Fn::FindInMap object requires three parameters, the map name, map key and the attribute for return value",
      );
    const found = scope.template.mappings[String(map)]?.[String(top)]?.[String(second)];
    if (found !== undefined) return found;
    if (isObject(options) && "DefaultValue" in options) return options.DefaultValue;
    throw validationError(`Template error: Unable to get mapping for ${map}::${top}::${second}`);
  },
  "Fn::ImportValue": (argument, scope) => {
    const name = evaluated(argument, scope);
    if (typeof name !== "string")
      throw validationError(
        "Template error: the attribute in Fn::ImportValue must be a string or a function that returns a string",
      );
    return name === knownAfterApply ? name : scope.importValue(name);
  },
  "Fn::If": (argument, scope) => {
    if (!Array.isArray(argument) || argument.length !== 3 || typeof argument[0] !== "string")
      throw validationError("Template error: Fn::If requires a list argument with three parameters");
    return evaluated(isTrue(argument[0], scope) ? argument[1] : argument[2], scope);
  },
  "Fn::Length": (argument, scope) => {
    const items = evaluated(argument, scope);
    if (!Array.isArray(items)) throw validationError("Template error: Fn::Length requires a list");
    return items.length;
  },
  "Fn::ToJsonString": (argument, scope) => JSON.stringify(evaluated(argument, scope)),
  "Fn::Equals": (argument, scope) => holds({ "Fn::Equals": argument }, scope),
  "Fn::And": (argument, scope) => holds({ "Fn::And": argument }, scope),
  "Fn::Or": (argument, scope) => holds({ "Fn::Or": argument }, scope),
  "Fn::Not": (argument, scope) => holds({ "Fn::Not": argument }, scope),
};

/** What a Ref, or a `${Name}` without a dot, stands for. */
function variable(name: string, scope: Scope): unknown {
  if (name === "AWS::NoValue") return noValue;
  return scope.parameters[name] ?? scope.pseudo[name] ?? scope.resource(name).ref;
}

function substitute(argument: unknown, scope: Scope): unknown {
  const { text, variables } = subArguments(argument);
  const values = subParts(text).map((part) => {
    if ("text" in part) return part.text;
    const name = part.variable;
    if (Object.hasOwn(variables, name)) return evaluated(variables[name], scope);
    const [logicalId = "", attribute] = name.startsWith("AWS::") ? [name] : splitOnce(name);
    return attribute === undefined ? variable(logicalId, scope) : scope.resource(logicalId).attribute(attribute);
  });
  if (values.includes(knownAfterApply)) return knownAfterApply;
  if (values.some((value) => typeof value === "object" || typeof value === "symbol"))
    throw validationError(
      "Template error: Fn::Sub expression does not resolve to a string: every variable must be a string",
    );
  return values.join("");
}

function list(argument: unknown, scope: Scope): unknown[] {
  const items = evaluated(argument, scope);
  return Array.isArray(items) ? items : [];
}

/** The two arguments of a function; a text that isn't a list gives none, so the function says what it wants. */
function pair(argument: unknown, scope: Scope): [unknown, unknown] {
  const items = Array.isArray(argument) && argument.length === 2 ? list(argument, scope) : [];
  return [items[0], items[1]];
}

/**
 * The value of one of the template's conditions.
 * @throws ValidationError for a condition that isn't there
 */
export function isTrue(name: string, scope: Scope): boolean {
  if (!Object.hasOwn(scope.template.conditions, name))
    throw validationError(`Template error: unresolved condition dependency ${name} in Fn::If`);
  return holds(scope.template.conditions[name], scope);
}

function holds(expression: unknown, scope: Scope): boolean {
  if (isObject(expression) && typeof expression.Condition === "string") return isTrue(expression.Condition, scope);
  const [name, argument] = asFunction(expression) ?? [];
  const operands = Array.isArray(argument) ? argument : [];
  switch (name) {
    case "Fn::Equals": {
      if (operands.length !== 2)
        throw validationError("Template error: Fn::Equals requires a list argument with two elements");
      const [left, right] = operands.map((operand) => asText(evaluate(operand, scope)));
      return left === right;
    }
    case "Fn::Not":
      if (operands.length !== 1)
        throw validationError("Template error: Fn::Not requires a list argument with one element");
      return !holds(operands[0], scope);
    case "Fn::And":
    case "Fn::Or":
      if (operands.length < 2 || operands.length > 10)
        throw validationError(
          `Template error: every ${name} object requires a list of at least 2 and at most 10 boolean parameters.`,
        );
      return name === "Fn::And"
        ? operands.every((operand) => holds(operand, scope))
        : operands.some((operand) => holds(operand, scope));
    default:
      throw validationError(
        "Template format error: Conditions can only be boolean operations on parameters and other conditions",
      );
  }
}

/** Numbers and booleans in a template are the same as their text. */
function asText(value: unknown): string {
  return typeof value === "object" ? JSON.stringify(value) : String(value);
}
