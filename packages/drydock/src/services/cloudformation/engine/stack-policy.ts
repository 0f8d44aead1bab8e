import { validationError } from "../errors.ts";
import { isObject } from "../template/template.ts";

export type UpdateAction = "Update:Modify" | "Update:Replace" | "Update:Delete";

/**
 * Checks a stack policy's form.
 * @throws ValidationError when it is no policy
 */
export function parseStackPolicy(body: string): Record<string, unknown>[] {
  let policy: unknown;
  try {
    policy = JSON.parse(body);
  } catch {
    throw validationError("Error validating stack policy: Invalid stack policy");
  }
  const statements = isObject(policy) ? policy.Statement : undefined;
  const list = Array.isArray(statements) ? statements : [statements];
  for (const statement of list) {
    if (!isObject(statement) || (statement.Effect !== "Allow" && statement.Effect !== "Deny"))
      throw validationError("Error validating stack policy: Invalid stack policy");
    if (statement.Principal !== "*" && statement.NotPrincipal === undefined)
      throw validationError("Error validating stack policy: Principal in Statement [#1] must be *");
  }
  return list;
}

/**
 * Why a stack policy forbids an action; undefined when it allows it. "When you set a stack policy, all resources are
 * protected by default", a Deny beats every Allow.
 * https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/protect-stack-resources.html
 */
export function deniedByPolicy(
  policy: string | undefined,
  action: UpdateAction,
  resource: { logicalId: string; type: string },
): string | undefined {
  if (policy === undefined) return undefined;
  const statements = parseStackPolicy(policy);
  const applies = (statement: Record<string, unknown>) =>
    matches(statement, "Action", action) &&
    matches(statement, "Resource", `LogicalResourceId/${resource.logicalId}`) &&
    conditionHolds(statement.Condition, resource.type);
  const denying = statements.findIndex((statement) => statement.Effect === "Deny" && applies(statement));
  if (denying >= 0)
    return `Action denied by stack policy: Statement [#${denying + 1}] does not allow [${action}] for resource [LogicalResourceId/${resource.logicalId}];`;
  if (statements.some((statement) => statement.Effect === "Allow" && applies(statement))) return undefined;
  return `Action not allowed by stack policy: no statement allows [${action}] for resource [LogicalResourceId/${resource.logicalId}];`;
}

function matches(statement: Record<string, unknown>, element: string, value: string): boolean {
  const listed = statement[element];
  if (listed !== undefined) return anyMatches(listed, value);
  const except = statement[`Not${element}`];
  return except !== undefined && !anyMatches(except, value);
}

function anyMatches(patterns: unknown, value: string): boolean {
  return (Array.isArray(patterns) ? patterns : [patterns]).some((pattern) => wildcard(String(pattern)).test(value));
}

function wildcard(pattern: string): RegExp {
  return new RegExp(
    `^${pattern
      .replace(/[.+^${}()|[\]\\]/g, "\\$&")
      .replaceAll("*", ".*")
      .replaceAll("?", ".")}$`,
  );
}

function conditionHolds(condition: unknown, type: string): boolean {
  if (!isObject(condition)) return true;
  return Object.entries(condition).every(([operator, keys]) => {
    const types = isObject(keys) ? keys.ResourceType : undefined;
    return (operator === "StringEquals" || operator === "StringLike") && types !== undefined && anyMatches(types, type);
  });
}
