import type { Stack as DescribedStack } from "@aws-sdk/client-cloudformation";
import type { Aws } from "../aws/clients.ts";
import { assertOurs, describeStack, digestOutput, isUnchanged, type Stack, stackCondition } from "./stack.ts";
import type { Resource, Template, Value } from "./templates/template.ts";

/** A stack as it should be next to what there is of it. */
export interface PreparedStack {
  stack: Stack;
  current: DescribedStack | undefined;
}

/**
 * Looks up what there is of a stack, and adds to the wanted one those resources that must not go only because the
 * manifest no longer names them (`keeps`): what an earlier release runs on, what holds data or messages, what a listener
 * rule still points to. They go with the stack. Throws `STACK_NOT_OURS`.
 */
export async function prepareStack(aws: Aws, stack: Stack): Promise<PreparedStack> {
  const current = await describeStack(aws, stack.name);
  assertOurs(stack, current);
  if (stack.keeps === undefined || isUnchanged(stack, current) || stackCondition(current) !== "settled") {
    return { stack, current };
  }
  const { TemplateBody = "{}" } = await aws.cloudFormation.getTemplate({ StackName: stack.name });
  const template = mergeKept(JSON.parse(TemplateBody) as Template, stack.template, stack.keeps);
  return { stack: { ...stack, template }, current };
}

/** `wanted`, with the resources of these types that only `deployed` has, and the outputs that give their values. */
export function mergeKept(deployed: Template, wanted: Template, types: string[]): Template {
  const kept = Object.entries(deployed.Resources).filter(([, resource]) => types.includes(resource.Type));
  const ids = new Set(kept.map(([id]) => id));
  const outputs = Object.entries(deployed.Outputs).filter(
    ([name, output]) => name !== digestOutput && ids.has(referredResource(output.Value) ?? ""),
  );
  return {
    ...wanted,
    Resources: { ...Object.fromEntries<Resource>(kept), ...wanted.Resources },
    Outputs: { ...Object.fromEntries(outputs), ...wanted.Outputs },
  };
}

function referredResource(value: Value): string | undefined {
  if (typeof value !== "object" || Array.isArray(value)) return undefined;
  if (typeof value.Ref === "string") return value.Ref;
  const [id] = Array.isArray(value["Fn::GetAtt"]) ? value["Fn::GetAtt"] : [];
  return typeof id === "string" ? id : undefined;
}
