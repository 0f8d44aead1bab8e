import { createHash } from "node:crypto";
import type { Message } from "@aws-sdk/client-sqs";
import { AwsError } from "../../../errors.ts";
import { datesToWall } from "../../../scaled-clock.ts";
import { numericAttribute } from "../attributes.ts";
import { invalidParameter, noSuchQueue } from "../errors.ts";
import { attributesMd5, selectAttributes } from "../message-attributes.ts";
import { newReceipt, type StoredMessage } from "../message-store.ts";
import { findQueue, isFifo, type QueueRecord, queueArn, queueByArn, queuesOf } from "../queues.ts";
import { receiptHandle } from "../receipts.ts";
import { redrivePolicyOf } from "../redrive.ts";
import type { Sqs, SqsOperations } from "../sqs.ts";
import { sequenceNumber } from "./send.ts";

const second = 1000;
const longestVisibility = 43_200;

export function receiveOperations(sqs: Sqs) {
  const { region, messages, arrivals } = sqs;
  const { clock } = region;

  return {
    ReceiveMessage: async (input, { gone }) => {
      const queue = findQueue(region, input.QueueUrl);
      const { MaxNumberOfMessages: limit = 1, WaitTimeSeconds, VisibilityTimeout } = input;
      const wait = WaitTimeSeconds ?? numericAttribute(queue, "ReceiveMessageWaitTimeSeconds");
      if (input.ReceiveRequestAttemptId !== undefined) {
        const message = "drydock does not repeat a receive by its ReceiveRequestAttemptId.";
        throw new AwsError("NotImplemented", message, { status: 501 });
      }
      if (limit < 1 || limit > 10) {
        throw invalidParameter("MaxNumberOfMessages", limit, "Must be between 1 and 10, if provided.");
      }
      if (wait < 0 || wait > 20)
        throw invalidParameter("WaitTimeSeconds", wait, "Must be >= 0 and <= 20, if provided.");
      checkVisibility(VisibilityTimeout);
      const received = await receive(queue.name, { limit, wait: wait * second, visibility: VisibilityTimeout, gone });
      const systemNames = [...(input.MessageSystemAttributeNames ?? []), ...(input.AttributeNames ?? [])];
      const Messages = received.map((message) => describe(message, systemNames, input.MessageAttributeNames ?? []));
      return Messages.length > 0 ? { Messages } : {};
    },
  } satisfies SqsOperations;

  /** Waits until there is something, as long as it may. Whoever hung up meanwhile must not take a message along. */
  async function receive(
    name: string,
    options: { limit: number; wait: number; visibility: number | undefined; gone: AbortSignal | undefined },
  ): Promise<StoredMessage[]> {
    const { limit, wait, visibility, gone } = options;
    const end = clock.now() + wait;
    while (!gone?.aborted && !arrivals.isOver) {
      // Looked up again after every wait: a queue can change, or go, while somebody waits for it.
      const queue = queuesOf(region).get(name);
      if (!queue) throw noSuchQueue();
      const taken = region.store.transaction(() => take(queue, limit, visibility));
      const now = clock.now();
      if (taken.length > 0 || now >= end) return taken;
      await arrivals.sleep(name, Math.min(end, messages.nextVisible(name, now) ?? end) - now, gone);
    }
    return [];
  }

  function take(queue: QueueRecord, limit: number, visibility: number | undefined): StoredMessage[] {
    const now = clock.now();
    messages.expire(queue.name, now - numericAttribute(queue, "MessageRetentionPeriod") * second);
    const timeout = (visibility ?? numericAttribute(queue, "VisibilityTimeout")) * second;
    const taken: StoredMessage[] = [];
    for (;;) {
      const found = messages.receivable(queue.name, now, limit - taken.length);
      const left = found.filter((message) => !moveToDeadLetters(queue, message, now));
      for (const message of left) taken.push(hand(message, now, timeout));
      // What moved on has made room for others.
      if (left.length === found.length || taken.length >= limit) return taken;
    }
  }

  function hand(message: StoredMessage, now: number, timeout: number): StoredMessage {
    const handed: StoredMessage = {
      ...message,
      receipt: newReceipt(),
      visible: now + timeout,
      receiveCount: message.receiveCount + 1,
      receivedHere: message.receivedHere + 1,
      firstReceived: message.firstReceived ?? now,
    };
    messages.put(handed);
    return handed;
  }

  /**
   * "When the ReceiveCount for a message exceeds the maxReceiveCount for a queue, Amazon SQS moves the message to the
   * dead-letter queue." Its age stays what it was in a standard queue, and begins again in a FIFO queue.
   */
  function moveToDeadLetters(queue: QueueRecord, message: StoredMessage, now: number): boolean {
    const policy = redrivePolicyOf(queue);
    if (!policy || message.receivedHere < policy.maxReceiveCount) return false;
    const target = queueByArn(region, policy.deadLetterTargetArn);
    if (!target) return false;
    const { receipt: _receipt, ...moved } = message;
    messages.put({
      ...moved,
      queue: target.name,
      visible: now,
      receivedHere: 0,
      deadLetterSource: queueArn(region, queue.name),
      ...(isFifo(queue) && { sent: now }),
    });
    arrivals.wake(target.name);
    return true;
  }

  function describe(message: StoredMessage, systemNames: string[], attributeNames: string[]): Message {
    const attributes = selectAttributes(message.attributes, attributeNames);
    const milliseconds = (instant: number) => String(datesToWall(clock, new Date(instant)).getTime());
    const { groupId, deduplicationId, traceHeader, deadLetterSource } = message;
    const system: Record<string, string | undefined> = {
      SenderId: message.senderId,
      SentTimestamp: milliseconds(message.sent),
      ApproximateReceiveCount: String(message.receiveCount),
      ApproximateFirstReceiveTimestamp: milliseconds(message.firstReceived ?? message.sent),
      MessageGroupId: groupId,
      MessageDeduplicationId: deduplicationId,
      SequenceNumber: deduplicationId === undefined ? undefined : sequenceNumber(message.id),
      AWSTraceHeader: traceHeader,
      DeadLetterQueueSourceArn: deadLetterSource,
    };
    const wanted = Object.entries(system).filter(
      ([name, value]) => value !== undefined && (systemNames.includes("All") || systemNames.includes(name)),
    );
    return {
      MessageId: message.messageId,
      ReceiptHandle: receiptHandle(message),
      Body: message.body,
      MD5OfBody: createHash("md5").update(message.body).digest("hex"),
      ...(wanted.length > 0 && { Attributes: Object.fromEntries(wanted) }),
      ...(Object.keys(attributes).length > 0 && {
        MessageAttributes: attributes,
        MD5OfMessageAttributes: attributesMd5(attributes),
      }),
    };
  }
}

/** @throws AwsError InvalidParameterValue */
export function checkVisibility(seconds: number | undefined): void {
  if (seconds !== undefined && (seconds < 0 || seconds > longestVisibility)) {
    const reason = `VisibilityTimeout must be between 0 and ${longestVisibility}, if provided.`;
    throw invalidParameter("VisibilityTimeout", seconds, reason);
  }
}
