import { validationError } from "../errors.ts";
import type { ParameterDeclaration, Template } from "./template.ts";

/** One parameter as a request gives it. */
export interface GivenParameter {
  ParameterKey?: string | undefined;
  ParameterValue?: string | undefined;
  UsePreviousValue?: boolean | undefined;
}

/**
 * The value each of the template's parameters has: as given, as before, or its default.
 * @param previous the stack's values so far; undefined when there is no stack yet
 * @throws ValidationError in AWS's words
 */
export function parameterValues(
  template: Template,
  given: readonly GivenParameter[],
  previous: Record<string, string> | undefined,
): Record<string, string> {
  const unknown = given.map(({ ParameterKey }) => ParameterKey ?? "").filter((key) => !(key in template.parameters));
  if (unknown.length > 0) throw validationError(`Parameters: [${unknown.join(", ")}] do not exist in the template`);
  const values: Record<string, string> = {};
  const missing: string[] = [];
  for (const [key, declaration] of Object.entries(template.parameters)) {
    const parameter = given.find(({ ParameterKey }) => ParameterKey === key);
    if (parameter?.UsePreviousValue && parameter.ParameterValue)
      throw validationError(
        `Invalid input for parameter key ${key}. Cannot specify usePreviousValue as true and non empty value for a parameter`,
      );
    const value = parameter?.UsePreviousValue ? previous?.[key] : (parameter?.ParameterValue ?? declaration.Default);
    if (value === undefined) missing.push(key);
    else values[key] = value;
  }
  if (missing.length > 0) throw validationError(`Parameters: [${missing.join(", ")}] must have values`);
  for (const [key, declaration] of Object.entries(template.parameters)) checkValue(key, declaration, values[key] ?? "");
  return values;
}

function checkValue(key: string, declaration: ParameterDeclaration, value: string): void {
  const problem = problemWith(declaration, value);
  if (!problem) return;
  const reason = declaration.ConstraintDescription;
  throw validationError(
    reason === undefined ? `Parameter '${key}' ${problem}` : `Parameter ${key} failed to satisfy constraint: ${reason}`,
  );
}

/** What is wrong with a value, as the end of a sentence; undefined when nothing is. */
function problemWith(declaration: ParameterDeclaration, value: string): string | undefined {
  const { AllowedValues, AllowedPattern, MinLength, MaxLength, MinValue, MaxValue, Type } = declaration;
  const items = isListType(Type) ? splitList(value) : [value];
  if (AllowedValues && items.some((item) => !AllowedValues.includes(item))) return "must be one of AllowedValues";
  if (AllowedPattern !== undefined) {
    const pattern = new RegExp(`^(?:${AllowedPattern})$`);
    if (items.some((item) => !pattern.test(item))) return `must match pattern ${AllowedPattern}`;
  }
  if (MinLength !== undefined && value.length < MinLength) return `must contain at least ${MinLength} characters`;
  if (MaxLength !== undefined && value.length > MaxLength) return `must contain at most ${MaxLength} characters`;
  if (Type === "Number" || Type === "List<Number>") {
    const numbers = items.map((item) => (item.trim() === "" ? Number.NaN : Number(item)));
    if (numbers.some(Number.isNaN)) return "must be a number";
    if (MinValue !== undefined && numbers.some((number) => number < MinValue))
      return `must be a number not less than ${MinValue}`;
    if (MaxValue !== undefined && numbers.some((number) => number > MaxValue))
      return `must be a number not greater than ${MaxValue}`;
  }
  return undefined;
}

/** True when a Ref to the parameter is a list. */
export function isListType(type: string): boolean {
  return (
    type === "CommaDelimitedList" || type.startsWith("List<") || /^AWS::SSM::Parameter::Value<(List<|Comma)/.test(type)
  );
}

/** True for the types whose value is the name of an SSM parameter to be read. */
export function isStoredType(type: string): boolean {
  return type.startsWith("AWS::SSM::Parameter::Value<");
}

export function splitList(value: string): string[] {
  return value === "" ? [] : value.split(",").map((item) => item.trim());
}

/** What a Ref gives for each parameter: its value, a list for the list types; `resolved` has the SSM ones' values. */
export function parameterReferences(
  template: Template,
  values: Record<string, string>,
  resolved: Record<string, string>,
): Record<string, string | string[]> {
  return Object.fromEntries(
    Object.entries(template.parameters).map(([key, { Type }]) => {
      const value = resolved[key] ?? values[key] ?? "";
      return [key, isListType(Type) ? splitList(value) : value];
    }),
  );
}
