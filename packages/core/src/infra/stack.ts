import { createHash } from "node:crypto";
import type { Stack as DescribedStack } from "@aws-sdk/client-cloudformation";
import type { Aws } from "../aws/clients.ts";
import { isAwsError } from "../aws/errors.ts";
import { FardelError } from "../errors.ts";
import type { Template, Value } from "./templates/template.ts";

/** A CloudFormation stack as it should be. */
export interface Stack {
  name: string;
  template: Template;
  /** CloudFormation puts them on every resource that takes tags. They also say whose the stack is. */
  tags: Record<string, string>;
  /** Set where losing a resource is losing data: the stack policy; such a stack is also protected from deletion. */
  policy?: Value;
  /** Types of resources that stay in the stack when its template no longer has them; see `prepareStack`. */
  keeps?: string[];
}

/** Tags by which fardel knows its stacks. */
export const stackTags = {
  kind: "fardel:stack",
  app: "fardel:app",
  environment: "fardel:environment",
  cluster: "fardel:cluster",
};

/** The output that holds what the stack was deployed from. As a tag it would touch every resource at each change. */
export const digestOutput = "FardelDigest";

/** sha-256, in hex, of all that decides what the stack is; the order of keys doesn't. */
export function stackDigest(stack: Stack): string {
  const canonical = JSON.stringify(stack, (_, value) => (isRecord(value) ? sortedByKey(value) : value));
  return createHash("sha256").update(canonical).digest("hex");
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function sortedByKey(record: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(record).sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** The template with its stack's digest as an output, as compact JSON. */
export function templateBody(stack: Stack): string {
  const { template } = stack;
  const digest = { Description: "Tells fardel whether anything changed", Value: stackDigest(stack) };
  return JSON.stringify({ ...template, Outputs: { ...template.Outputs, [digestOutput]: digest } });
}

/** Looks a stack up by name or id; undefined when there is none. */
export async function describeStack(aws: Aws, name: string): Promise<DescribedStack | undefined> {
  try {
    const { Stacks } = await aws.cloudFormation.describeStacks({ StackName: name });
    return Stacks?.[0];
  } catch (error) {
    // "If the stack doesn't exist, a ValidationError is returned" (DescribeStacks); our names are always valid.
    if (isAwsError(error, "ValidationError")) return undefined;
    throw error;
  }
}

export function stackOutputs(described: DescribedStack): Record<string, string> {
  return Object.fromEntries(
    (described.Outputs ?? []).map(({ OutputKey = "", OutputValue = "" }) => [OutputKey, OutputValue]),
  );
}

/** What state a stack is in, as far as the next step depends on it. */
export type StackCondition = "absent" | "empty" | "settled" | "busy" | "never created" | "stuck";

export function stackCondition(described: DescribedStack | undefined): StackCondition {
  const status = described?.StackStatus;
  if (status === undefined || status === "DELETE_COMPLETE") return "absent";
  if (status === "REVIEW_IN_PROGRESS") return "empty";
  if (status.endsWith("_IN_PROGRESS")) return "busy";
  // A stack whose creation failed can only be deleted.
  if (status === "ROLLBACK_COMPLETE" || status === "ROLLBACK_FAILED" || status === "CREATE_FAILED")
    return "never created";
  return status.endsWith("_FAILED") ? "stuck" : "settled";
}

/** True when the stack was deployed from exactly this value and is in order. */
export function isUnchanged(stack: Stack, described: DescribedStack | undefined): described is DescribedStack {
  return (
    described !== undefined &&
    stackCondition(described) === "settled" &&
    stackOutputs(described)[digestOutput] === stackDigest(stack)
  );
}

/** Throws `STACK_NOT_OURS` when a stack of this name belongs to something or somebody else. */
export function assertOurs(stack: Stack, described: DescribedStack | undefined): void {
  if (described === undefined || stackCondition(described) === "empty") return;
  const actual = tagsOf(described);
  const wrong = Object.entries(stack.tags).filter(([key, value]) => actual[key] !== value);
  if (wrong.length === 0) return;
  const differences = wrong.map(([key, value]) => `${key} is ${actual[key] ?? "not set"}, not ${value}`);
  throw new FardelError("STACK_NOT_OURS", `The stack ${stack.name} exists already and is not this one.`, {
    where: described.StackId ?? stack.name,
    why: `Its tags say so: ${differences.join("; ")}.`,
    fix: "Give the app or the environment's `cluster` another name in fardel.yaml, or remove that stack.",
  });
}

export function tagsOf(described: DescribedStack): Record<string, string> {
  return Object.fromEntries((described.Tags ?? []).map(({ Key = "", Value = "" }) => [Key, Value]));
}
