import { validationError } from "../errors.ts";
import { asFunction, isObject, type Template } from "./template.ts";

/** A rule about parameters: where its condition holds, or it has none, everything it asserts has to. */
export interface Rule {
  condition?: unknown;
  assertions: { assert: unknown; description?: string }[];
}

type Parameters = Record<string, string | string[]>;

/**
 * Holds a template's parameters against its rules
 * (https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/rules-section-structure.html).
 * @param parameters by name, what Ref gives for each
 * @throws ValidationError for an assertion that doesn't hold, with its description
 */
export function checkRules({ rules }: Template, parameters: Parameters): void {
  for (const [name, { condition, assertions }] of Object.entries(rules)) {
    if (condition !== undefined && !holds(condition, parameters)) continue;
    for (const { assert, description } of assertions)
      if (!holds(assert, parameters))
        throw validationError(
          `Template error: an assertion of rule ${name} doesn't hold: ${description ?? "no reason"}`,
        );
  }
}

/** @throws ValidationError for a rule without the form of one */
export function rulesOf(block: Record<string, unknown>): Record<string, Rule> {
  return Object.fromEntries(
    Object.entries(block).map(([name, rule]) => {
      if (!isObject(rule) || !Array.isArray(rule.Assertions) || !rule.Assertions.every(isObject))
        throw validationError(`Template format error: rule ${name} must have a list of Assertions`);
      const assertions = rule.Assertions.map(({ Assert: assert, AssertDescription: description }) => ({
        assert,
        ...(typeof description === "string" && { description }),
      }));
      return [name, { ...(rule.RuleCondition !== undefined && { condition: rule.RuleCondition }), assertions }];
    }),
  );
}

function holds(expression: unknown, parameters: Parameters): boolean {
  const [name, argument] = asFunction(expression) ?? [];
  const operands = Array.isArray(argument) ? argument : [];
  const lists = () => [texts(operands[0], parameters), texts(operands[1], parameters)] as const;
  switch (name) {
    case "Fn::And":
      return operands.every((operand) => holds(operand, parameters));
    case "Fn::Or":
      return operands.some((operand) => holds(operand, parameters));
    case "Fn::Not":
      return !holds(operands[0], parameters);
    case "Fn::Equals": {
      const [one, other] = lists();
      return one.length === other.length && one.every((text, index) => text === other[index]);
    }
    case "Fn::Contains": {
      const [list, wanted] = lists();
      return wanted.every((text) => list.includes(text));
    }
    case "Fn::EachMemberIn": {
      const [members, list] = lists();
      return members.every((text) => list.includes(text));
    }
    case "Fn::EachMemberEquals": {
      const [members, [wanted]] = lists();
      return members.every((text) => text === wanted);
    }
    default:
      throw validationError(`Template format error: ${name ?? "a value"} in a rule is not supported by drydock.`);
  }
}

function texts(value: unknown, parameters: Parameters): string[] {
  if (Array.isArray(value)) return value.flatMap((item) => texts(item, parameters));
  const [name, argument] = asFunction(value) ?? [];
  if (name === undefined) return [String(value)];
  const parameter = name === "Ref" && typeof argument === "string" ? parameters[argument] : undefined;
  if (parameter === undefined)
    throw validationError("Template format error: rules can refer to nothing but parameters in drydock.");
  return [parameter].flat();
}
