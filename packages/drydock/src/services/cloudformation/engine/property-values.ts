import type { ResourceChange } from "@aws-sdk/client-cloudformation";
import { evaluate } from "../template/evaluate.ts";
import { isObject } from "../template/template.ts";
import type { Blueprint } from "./blueprint.ts";
import { maskedScope } from "./scope.ts";

/** A resource's properties as they are shown: NoEcho parameters as asterisks, dynamic references as they stand. */
export function shownProperties({ template, scope }: Blueprint, logicalId: string): Record<string, unknown> {
  try {
    const properties = evaluate(template.resources[logicalId]?.Properties ?? {}, maskedScope(scope, template));
    return isObject(properties) ? properties : {};
  } catch {
    return {};
  }
}

/**
 * A change with the values that IncludePropertyValues asks for: of the whole resource, and of each property that changes.
 * @param before undefined for a stack that isn't there yet
 */
export function withPropertyValues(
  change: ResourceChange,
  before: Blueprint | undefined,
  after: Blueprint,
): ResourceChange {
  const logicalId = change.LogicalResourceId ?? "";
  const values = {
    Before: change.Action === "Add" || !before ? undefined : shownProperties(before, logicalId),
    After: change.Action === "Remove" ? undefined : shownProperties(after, logicalId),
  };
  const context = (Properties: Record<string, unknown>) => JSON.stringify({ Properties });
  return {
    ...change,
    ...(values.Before && { BeforeContext: context(values.Before) }),
    ...(values.After && { AfterContext: context(values.After) }),
    Details: change.Details?.map(({ Target, ...detail }) => {
      const name = Target?.Name;
      if (name === undefined) return { Target, ...detail };
      const [was, is] = [textOf(values.Before?.[name]), textOf(values.After?.[name])];
      const of = { ...(was !== undefined && { BeforeValue: was }), ...(is !== undefined && { AfterValue: is }) };
      return { Target: { ...Target, ...of }, ...detail };
    }),
  };
}

/** The change as it is told when nobody has asked for values. */
export function withoutPropertyValues(change: ResourceChange): ResourceChange {
  const { BeforeContext: _, AfterContext: __, ...rest } = change;
  return {
    ...rest,
    Details: change.Details?.map(({ Target, ...detail }) => {
      if (!Target) return detail;
      const { BeforeValue: _, AfterValue: __, ...target } = Target;
      return { Target: target, ...detail };
    }),
  };
}

function textOf(value: unknown): string | undefined {
  return typeof value === "string" ? value : JSON.stringify(value);
}
