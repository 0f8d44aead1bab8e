import type { Stack as DescribedStack } from "@aws-sdk/client-cloudformation";
import { verifyAccount } from "../aws/account.ts";
import type { Aws } from "../aws/clients.ts";
import { isAwsError } from "../aws/errors.ts";
import type { App } from "../config/app.ts";
import { FardelError } from "../errors.ts";
import { appStacks, deploymentSteps } from "./app-stacks.ts";
import { createChangeSet, type ResourceChange } from "./change-set.ts";
import { prepareStack } from "./prepare-stack.ts";
import { isUnchanged, type Stack, stackCondition } from "./stack.ts";
import type { Resource, Template } from "./templates/template.ts";

export interface StackPlan {
  stack: string;
  action: "create" | "update" | "none";
  changes: ResourceChange[];
}

/**
 * What `applyInfrastructure` would do, in its order, without doing it. Updates are CloudFormation's own answer (a change
 * set that is thrown away); a new stack adds what its template holds. Throws a FardelError.
 */
export async function planInfrastructure(app: App, aws: Aws): Promise<StackPlan[]> {
  await verifyAccount(aws);
  return await Promise.all(
    deploymentSteps(appStacks(app))
      .flat()
      .map((stack) => planStack(aws, stack)),
  );
}

async function planStack(aws: Aws, wanted: Stack): Promise<StackPlan> {
  const { stack, current } = await prepareStack(aws, wanted);
  if (isUnchanged(stack, current)) return { stack: stack.name, action: "none", changes: [] };
  const condition = stackCondition(current);
  if (condition === "absent" || condition === "empty" || condition === "never created") {
    return { stack: stack.name, action: "create", changes: compareResources({}, stack.template.Resources) };
  }
  const changes = await updateChanges(aws, stack, current);
  return { stack: stack.name, action: changes === undefined ? "none" : "update", changes: changes ?? [] };
}

async function updateChanges(
  aws: Aws,
  stack: Stack,
  current: DescribedStack | undefined,
): Promise<ResourceChange[] | undefined> {
  try {
    const changeSet = await createChangeSet(aws, stack, "UPDATE");
    if (changeSet !== undefined) await aws.cloudFormation.deleteChangeSet({ ChangeSetName: changeSet.id });
    return changeSet?.changes;
  } catch (error) {
    // What the stack imports may only come to be with the stacks before it, and a long template would have to be
    // stored first: then the comparison of the templates must do, without knowing what would be replaced.
    const unplannable = error instanceof FardelError && ["CHANGE_SET_FAILED", "TEMPLATE_TOO_LONG"].includes(error.code);
    if (!unplannable && !isAwsError(error, "ValidationError")) throw error;
    const { TemplateBody = "{}" } = await aws.cloudFormation.getTemplate({ StackName: current?.StackId ?? stack.name });
    return compareResources((JSON.parse(TemplateBody) as Partial<Template>).Resources ?? {}, stack.template.Resources);
  }
}

/** Differences of two templates' resources; whether a change replaces the resource only CloudFormation knows. */
export function compareResources(before: Record<string, Resource>, after: Record<string, Resource>): ResourceChange[] {
  const removed = Object.keys(before).filter((id) => !(id in after));
  return [
    ...Object.entries(after).flatMap(([id, resource]) => compareResource(id, before[id], resource)),
    ...removed.map((id) => change("remove", id, before[id]?.Type ?? "")),
  ];
}

function compareResource(id: string, before: Resource | undefined, after: Resource): ResourceChange[] {
  if (before === undefined) return [change("add", id, after.Type)];
  const names = new Set([...Object.keys(before.Properties ?? {}), ...Object.keys(after.Properties ?? {})]);
  const properties = [...names].filter(
    (name) => JSON.stringify(before.Properties?.[name]) !== JSON.stringify(after.Properties?.[name]),
  );
  return properties.length > 0 ? [{ ...change("modify", id, after.Type), replacement: "maybe", properties }] : [];
}

function change(action: ResourceChange["action"], logicalId: string, resourceType: string): ResourceChange {
  return { action, logicalId, resourceType, replacement: "no", properties: [] };
}
