import { AwsError } from "../../errors.ts";
import { invalidAttribute } from "./errors.ts";
import { isFifo, type QueueRecord } from "./queues.ts";

interface AttributeRule {
  /** What a queue without it has; left out, it isn't shown. */
  default?: string;
  bounds?: [minimum: number, maximum: number];
  values?: readonly string[];
  fifoOnly?: boolean;
}

const boolean = ["true", "false"];

/**
 * Every attribute a caller sets, with the bounds and defaults of
 * https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SetQueueAttributes.html
 */
const rules: Record<string, AttributeRule> = {
  VisibilityTimeout: { default: "30", bounds: [0, 43_200] },
  MaximumMessageSize: { default: "1048576", bounds: [1024, 1_048_576] },
  MessageRetentionPeriod: { default: "345600", bounds: [60, 1_209_600] },
  DelaySeconds: { default: "0", bounds: [0, 900] },
  ReceiveMessageWaitTimeSeconds: { default: "0", bounds: [0, 20] },
  Policy: {},
  RedrivePolicy: {},
  RedriveAllowPolicy: {},
  KmsMasterKeyId: {},
  KmsDataKeyReusePeriodSeconds: { bounds: [60, 86_400] },
  SqsManagedSseEnabled: { default: "true", values: boolean },
  FifoQueue: { fifoOnly: true, values: ["true"] },
  ContentBasedDeduplication: { default: "false", fifoOnly: true, values: boolean },
  DeduplicationScope: { default: "queue", fifoOnly: true, values: ["queue", "messageGroup"] },
  FifoThroughputLimit: { default: "perQueue", fifoOnly: true, values: ["perQueue", "perMessageGroupId"] },
};

/** Those that tell a queue's state. */
export const measuredAttributes = [
  "ApproximateNumberOfMessages",
  "ApproximateNumberOfMessagesDelayed",
  "ApproximateNumberOfMessagesNotVisible",
  "CreatedTimestamp",
  "LastModifiedTimestamp",
  "QueueArn",
] as const;

export function isAttribute(name: string): boolean {
  return Object.hasOwn(rules, name) || (measuredAttributes as readonly string[]).includes(name);
}

/** The attributes that can be set, as the queue has them. */
export function effectiveAttributes(queue: Pick<QueueRecord, "name" | "attributes">): Record<string, string> {
  const effective: Record<string, string> = {};
  for (const [name, rule] of Object.entries(rules)) {
    const value = queue.attributes[name] ?? (rule.fifoOnly && !isFifo(queue) ? undefined : rule.default);
    if (value !== undefined) effective[name] = value;
  }
  return effective;
}

export function numericAttribute(queue: QueueRecord, name: string): number {
  return Number(effectiveAttributes(queue)[name] ?? 0);
}

/**
 * The queue's attributes after a change; an empty value takes one back to its default.
 * @throws AwsError InvalidAttributeName, InvalidAttributeValue
 */
export function withAttributes(
  queue: Pick<QueueRecord, "name" | "attributes">,
  changes: Record<string, string>,
): Record<string, string> {
  const attributes = { ...queue.attributes };
  for (const [name, given] of Object.entries(changes)) {
    const rule = Object.hasOwn(rules, name) ? rules[name] : undefined;
    if (!rule || (rule.fifoOnly && !isFifo(queue))) throw unknownAttribute(name);
    if (given === "") delete attributes[name];
    else attributes[name] = checked(name, rule, given);
  }
  // "Only one server-side encryption option is supported per queue."
  if (changes.KmsMasterKeyId) attributes.SqsManagedSseEnabled = "false";
  if (attributes.FifoThroughputLimit === "perMessageGroupId" && attributes.DeduplicationScope !== "messageGroup") {
    throw invalidAttribute("FifoThroughputLimit");
  }
  return attributes;
}

export function unknownAttribute(name: string): AwsError {
  return new AwsError("InvalidAttributeName", `Unknown Attribute ${name}.`);
}

function checked(name: string, { bounds, values }: AttributeRule, given: string): string {
  const value = values ? given.trim() : given;
  const folded = values === boolean ? value.toLowerCase() : value;
  if (values && !values.includes(folded)) throw invalidAttribute(name);
  if (!bounds) return folded;
  const [minimum, maximum] = bounds;
  if (!/^\d{1,9}$/.test(given) || Number(given) < minimum || Number(given) > maximum) throw invalidAttribute(name);
  return String(Number(given));
}
