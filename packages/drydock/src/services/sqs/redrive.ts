import type { AwsError } from "../../errors.ts";
import type { Region } from "../../region.ts";
import { invalidAttribute, invalidParameter } from "./errors.ts";
import { isFifo, type QueueRecord, queueArn, queueByArn } from "./queues.ts";

export interface RedrivePolicy {
  deadLetterTargetArn: string;
  maxReceiveCount: number;
}

export function redrivePolicyOf({ attributes }: QueueRecord): RedrivePolicy | undefined {
  return attributes.RedrivePolicy === undefined ? undefined : JSON.parse(attributes.RedrivePolicy);
}

/**
 * Checks the policies among a queue's attributes and writes them as SQS shows them.
 * https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-dead-letter-queues.html
 * @throws AwsError InvalidParameterValue, InvalidAttributeValue
 */
export function withCheckedPolicies(
  region: Region,
  name: string,
  attributes: Record<string, string>,
): Record<string, string> {
  const { Policy, RedrivePolicy, RedriveAllowPolicy } = attributes;
  if (Policy !== undefined && readObject(Policy) === undefined) throw invalidAttribute("Policy");
  return {
    ...attributes,
    ...(RedrivePolicy !== undefined && { RedrivePolicy: checkRedrivePolicy(region, name, RedrivePolicy) }),
    ...(RedriveAllowPolicy !== undefined && { RedriveAllowPolicy: checkAllowPolicy(RedriveAllowPolicy) }),
  };
}

function checkRedrivePolicy(region: Region, name: string, text: string): string {
  const wrong = (reason: string): AwsError => invalidParameter("RedrivePolicy", text, reason);
  const policy = readObject(text);
  if (!policy) throw wrong("Redrive policy is not a valid JSON map.");
  const { deadLetterTargetArn, maxReceiveCount = 10 } = policy;
  if (typeof deadLetterTargetArn !== "string") {
    throw wrong("Redrive policy does not contain mandatory attribute: deadLetterTargetArn.");
  }
  const count = Number(maxReceiveCount);
  if (!Number.isInteger(count) || count < 1 || count > 1000) {
    throw wrong(
      `Invalid value for maxReceiveCount: ${maxReceiveCount}, valid values are from 1 to 1000 both inclusive.`,
    );
  }
  const target = queueByArn(region, deadLetterTargetArn);
  if (!target) throw wrong("Dead letter target does not exist.");
  if (isFifo(target) !== isFifo({ name })) throw wrong("Dead-letter queue must be same type of queue as the source.");
  if (!isAllowed(target, queueArn(region, name))) {
    throw wrong("Queue does not have permission to use the specified dead-letter queue.");
  }
  return JSON.stringify({ deadLetterTargetArn, maxReceiveCount: count } satisfies RedrivePolicy);
}

function isAllowed(target: QueueRecord, sourceArn: string): boolean {
  const policy = readObject(target.attributes.RedriveAllowPolicy ?? "{}");
  if (policy?.redrivePermission === "denyAll") return false;
  if (policy?.redrivePermission !== "byQueue") return true;
  return (policy.sourceQueueArns as string[]).includes(sourceArn);
}

function checkAllowPolicy(text: string): string {
  const policy = readObject(text);
  const { redrivePermission, sourceQueueArns } = policy ?? {};
  const byQueue = redrivePermission === "byQueue";
  const hasSources = Array.isArray(sourceQueueArns) && sourceQueueArns.length > 0 && sourceQueueArns.length <= 10;
  const known = byQueue || redrivePermission === "allowAll" || redrivePermission === "denyAll";
  if (!known || (byQueue ? !hasSources : sourceQueueArns !== undefined)) {
    throw invalidParameter("RedriveAllowPolicy", text, "Amazon SQS can't create the redrive allow policy.");
  }
  return JSON.stringify(policy);
}

function readObject(text: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null && !Array.isArray(value)
      ? (value as Record<string, unknown>)
      : undefined;
  } catch {
    return undefined;
  }
}
