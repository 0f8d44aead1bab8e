import { randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import type { DescribeChangeSetOutput, ResourceChange as DescribedChange } from "@aws-sdk/client-cloudformation";
import type { Aws } from "../aws/clients.ts";
import { FardelError } from "../errors.ts";
import { pollDelay } from "./follow-stack.ts";
import { type Stack, templateBody } from "./stack.ts";

/** What CloudFormation would do, or does, to one resource. */
export interface ResourceChange {
  action: "add" | "modify" | "remove";
  logicalId: string;
  resourceType: string;
  /** Is the resource made anew, losing what it holds? */
  replacement: "no" | "yes" | "maybe";
  /** Names of the properties that differ, for `modify`. */
  properties: string[];
}

export interface ChangeSet {
  id: string;
  stackId: string;
  changes: ResourceChange[];
}

/** "TemplateBody … minimum length of 1 byte and a maximum length of 51,200 bytes" (CreateChangeSet). */
const longestTemplateBody = 51_200;

/**
 * Asks CloudFormation what would change. Undefined when nothing would; then no change set is left behind.
 * `upload` puts a template too long for the call where CloudFormation can read it and gives its URL.
 * Throws `CHANGE_SET_FAILED` with CloudFormation's reason, `TEMPLATE_TOO_LONG` without an upload where one is called for.
 */
export async function createChangeSet(
  aws: Aws,
  stack: Stack,
  type: "CREATE" | "UPDATE",
  upload?: (body: string) => Promise<string>,
): Promise<ChangeSet | undefined> {
  const { Id: id = "", StackId: stackId = "" } = await aws.cloudFormation.createChangeSet({
    StackName: stack.name,
    ChangeSetName: `fardel-${randomUUID()}`,
    ClientToken: randomUUID(),
    ChangeSetType: type,
    ...(await templateSource(stack, upload)),
    Tags: Object.entries(stack.tags).map(([Key, Value]) => ({ Key, Value })),
    Capabilities: ["CAPABILITY_IAM"],
  });
  const described = await describeWhenReady(aws, id);
  if (described.Status === "CREATE_COMPLETE") return { id, stackId, changes: await allChanges(aws, id, described) };
  await aws.cloudFormation.deleteChangeSet({ ChangeSetName: id });
  if (isWithoutChanges(described)) return undefined;
  throw new FardelError("CHANGE_SET_FAILED", `CloudFormation refuses the changes to the stack ${stack.name}.`, {
    where: `stack ${stack.name}`,
    why: described.StatusReason ?? `The change set ended as ${described.Status}.`,
    fix: "Nothing was changed. Mend what CloudFormation names and run the command again.",
  });
}

async function templateSource(
  stack: Stack,
  upload: ((body: string) => Promise<string>) | undefined,
): Promise<{ TemplateBody: string } | { TemplateURL: string }> {
  const body = templateBody(stack);
  if (Buffer.byteLength(body) <= longestTemplateBody) return { TemplateBody: body };
  if (upload !== undefined) return { TemplateURL: await upload(body) };
  throw new FardelError(
    "TEMPLATE_TOO_LONG",
    `The template of ${stack.name} has to be stored before CloudFormation reads it.`,
  );
}

async function describeWhenReady(aws: Aws, id: string): Promise<DescribeChangeSetOutput> {
  const begin = performance.now();
  while (true) {
    const described = await aws.cloudFormation.describeChangeSet({ ChangeSetName: id });
    if (described.Status === "CREATE_COMPLETE" || described.Status === "FAILED") return described;
    await sleep(pollDelay(performance.now() - begin));
  }
}

/** A change set without changes is FAILED like any other; only its reason, in one of two wordings, tells. */
function isWithoutChanges({ StatusReason = "" }: DescribeChangeSetOutput): boolean {
  return /didn't contain changes|No updates are to be performed/.test(StatusReason);
}

async function allChanges(aws: Aws, id: string, first: DescribeChangeSetOutput): Promise<ResourceChange[]> {
  const changes = [...(first.Changes ?? [])];
  let token = first.NextToken;
  while (token) {
    const page = await aws.cloudFormation.describeChangeSet({ ChangeSetName: id, NextToken: token });
    changes.push(...(page.Changes ?? []));
    token = page.NextToken;
  }
  return changes.flatMap(({ ResourceChange }) => (ResourceChange ? [resourceChange(ResourceChange)] : []));
}

const actions = { Add: "add", Remove: "remove" } as const;
const replacements = { True: "yes", Conditional: "maybe", False: "no" } as const;

function resourceChange(change: DescribedChange): ResourceChange {
  const properties = (change.Details ?? []).flatMap(({ Target }) => Target?.Name ?? Target?.Attribute ?? []);
  return {
    action: actions[change.Action as keyof typeof actions] ?? "modify",
    logicalId: change.LogicalResourceId ?? "",
    resourceType: change.ResourceType ?? "",
    replacement: replacements[change.Replacement ?? "False"] ?? "no",
    properties: [...new Set(properties)],
  };
}
