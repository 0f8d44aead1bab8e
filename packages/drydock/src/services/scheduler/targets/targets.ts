import type { Region } from "../../../region.ts";
import type { InvocationRecord } from "../records.ts";
import { runTask } from "./ecs.ts";
import { sendMessage } from "./sqs.ts";

/** By what a target's ARN is of; undefined for what isn't built. */
export function targetKind(arn: string): "ecs" | "sqs" | undefined {
  if (/^arn:aws:ecs:[^:]+:\d{12}:cluster\/[\w-]+$/.test(arn)) return "ecs";
  if (/^arn:aws:sqs:[^:]+:\d{12}:[\w-]+(?:\.fifo)?$/.test(arn)) return "sqs";
  return undefined;
}

/** One attempt. Throws what the target's service answers. */
export function invokeTarget(region: Region, invocation: InvocationRecord): Promise<void> {
  const invoke = { ecs: runTask, sqs: sendMessage }[targetKind(invocation.target.Arn ?? "") ?? "ecs"];
  return invoke(region, invocation);
}
