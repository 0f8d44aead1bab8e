import type { Stack as DescribedStack } from "@aws-sdk/client-cloudformation";
import type { Aws } from "../aws/clients.ts";
import type { Emit } from "../events.ts";
import { createChangeSet } from "./change-set.ts";
import { liftDeletionProtection } from "./deletion-protection.ts";
import { executeChangeSet } from "./deploy-stack.ts";
import { stackCondition, tagsOf } from "./stack.ts";
import type { Resource, Template } from "./templates/template.ts";

/**
 * Makes a data stack deletable: lifts the stack's termination protection and, by an update of what is deployed (not of
 * what the manifest says by now), its databases' deletion protection. One that an operation has left halfway takes no
 * update, so there RDS itself is asked. Each database still leaves its final snapshot.
 */
export async function unprotectDatabases(aws: Aws, described: DescribedStack, emit: Emit): Promise<void> {
  const name = described.StackName ?? "";
  const condition = stackCondition(described);
  if (condition === "settled") {
    const { TemplateBody = "{}" } = await aws.cloudFormation.getTemplate({ StackName: name });
    const deployed = JSON.parse(TemplateBody) as Template;
    if (Object.values(deployed.Resources).some(isProtected)) {
      await update(aws, name, withoutDeletionProtection(deployed), tagsOf(described), emit);
    }
  } else if (condition === "never created" || condition === "stuck") {
    await liftDeletionProtection(aws, described.StackId ?? name);
  }
  await aws.cloudFormation.updateTerminationProtection({ StackName: name, EnableTerminationProtection: false });
}

async function update(
  aws: Aws,
  name: string,
  template: Template,
  tags: Record<string, string>,
  emit: Emit,
): Promise<void> {
  const changeSet = await createChangeSet(aws, { name, template, tags }, "UPDATE");
  if (changeSet === undefined) return;
  emit({ type: "stack.started", stack: name, action: "update", changes: changeSet.changes.length });
  await executeChangeSet(aws, name, "update", changeSet, emit);
}

function isProtected(resource: Resource): boolean {
  return resource.Type === "AWS::RDS::DBInstance" && resource.Properties?.DeletionProtection === true;
}

function withoutDeletionProtection(template: Template): Template {
  const resources = Object.entries(template.Resources).map(([id, resource]): [string, Resource] =>
    isProtected(resource)
      ? [id, { ...resource, Properties: { ...resource.Properties, DeletionProtection: false } }]
      : [id, resource],
  );
  return { ...template, Resources: Object.fromEntries(resources) };
}
