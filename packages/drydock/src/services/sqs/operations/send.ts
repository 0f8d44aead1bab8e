import { createHash, randomUUID } from "node:crypto";
import type { SendMessageBatchRequestEntry } from "@aws-sdk/client-sqs";
import { AwsError } from "../../../errors.ts";
import type { Caller } from "../../../service.ts";
import { numericAttribute } from "../attributes.ts";
import { runBatch } from "../batch.ts";
import { invalidParameter, missingParameter } from "../errors.ts";
import { attributesMd5, attributesSize, checkMessageAttributes } from "../message-attributes.ts";
import { findQueue, isFifo, type QueueRecord } from "../queues.ts";
import type { Sqs, SqsOperations } from "../sqs.ts";

type Sent = Omit<SendMessageBatchRequestEntry, "Id">;

const second = 1000;
const minute = 60 * second;
/** "The 5-minute deduplication interval." */
const deduplicationInterval = 5 * minute;
const largestBatch = 1_048_576;
/** https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SendMessage.html */
const allowedCharacters = /^[\t\n\r\u{20}-\u{d7ff}\u{e000}-\u{fffd}\u{10000}-\u{10ffff}]*$/u;
const allowedIds = /^[!-~]{1,128}$/;

export function sendOperations(sqs: Sqs) {
  const { region, messages, arrivals } = sqs;

  return {
    SendMessage: (input, caller) => {
      const queue = findQueue(region, input.QueueUrl);
      const sent = region.store.transaction(() => send(queue, input, caller));
      arrivals.wake(queue.name);
      return sent;
    },

    SendMessageBatch: ({ QueueUrl, Entries }, caller) => {
      const queue = findQueue(region, QueueUrl);
      const size = Entries.reduce((sum, entry) => sum + sizeOf(entry), 0);
      const result = region.store.transaction(() =>
        runBatch(Entries, (entry) => {
          if (size > largestBatch) {
            const message = `Batch requests cannot be longer than ${largestBatch} bytes. You have sent ${size} bytes.`;
            throw new AwsError("BatchRequestTooLong", message);
          }
          return send(queue, entry, caller);
        }),
      );
      arrivals.wake(queue.name);
      return result;
    },
  } satisfies SqsOperations;

  function send(queue: QueueRecord, input: Sent, caller: Caller) {
    const { MessageBody: body = "", MessageAttributes: attributes = {}, MessageSystemAttributes = {} } = input;
    checkMessage(queue, input);
    const fifo = isFifo(queue) ? checkFifo(queue, input) : undefined;
    const now = region.clock.now();
    const told = {
      MD5OfMessageBody: createHash("md5").update(body).digest("hex"),
      MD5OfMessageAttributes: attributesMd5(attributes),
      MD5OfMessageSystemAttributes: attributesMd5(MessageSystemAttributes),
    };
    const earlier = fifo && messages.duplicate(fifo, now);
    if (earlier) return { ...told, MessageId: earlier.messageId, SequenceNumber: sequenceNumber(earlier.sequence) };
    const messageId = randomUUID();
    const traceHeader = MessageSystemAttributes.AWSTraceHeader?.StringValue;
    const sequence = messages.add({
      queue: queue.name,
      messageId,
      body,
      attributes,
      senderId: caller.accessKeyId ?? region.accountId,
      sent: now,
      visible: now + (input.DelaySeconds ?? numericAttribute(queue, "DelaySeconds")) * second,
      ...(traceHeader !== undefined && { traceHeader }),
      ...(input.MessageGroupId !== undefined && { groupId: input.MessageGroupId }),
      ...(fifo && { deduplicationId: fifo.deduplicationId }),
    });
    if (!fifo) return { ...told, MessageId: messageId };
    messages.remember(fifo, { messageId, sequence }, { now, until: now + deduplicationInterval });
    return { ...told, MessageId: messageId, SequenceNumber: sequenceNumber(sequence) };
  }
}

/** "The length of SequenceNumber is 128 bits. SequenceNumber continues to increase for a particular MessageGroupId." */
export function sequenceNumber(sequence: number): string {
  return `1${String(sequence).padStart(19, "0")}`;
}

function sizeOf({ MessageBody = "", MessageAttributes = {} }: Sent): number {
  return Buffer.byteLength(MessageBody) + attributesSize(MessageAttributes);
}

function checkMessage(queue: QueueRecord, input: Sent): void {
  const { MessageBody = "", MessageAttributes = {}, DelaySeconds, MessageGroupId } = input;
  if (MessageBody === "") throw missingParameter("MessageBody");
  if (!allowedCharacters.test(MessageBody)) {
    const allowed = "#x9 | #xA | #xD | #x20 to #xD7FF | #xE000 to #xFFFD | #x10000 to #x10FFFF";
    throw new AwsError("InvalidMessageContents", `Invalid characters found. Valid unicode characters are ${allowed}`);
  }
  checkMessageAttributes(MessageAttributes);
  const largest = numericAttribute(queue, "MaximumMessageSize");
  if (sizeOf(input) > largest) {
    const message = `One or more parameters are invalid. Reason: Message must be shorter than ${largest} bytes.`;
    throw new AwsError("InvalidParameterValue", message);
  }
  if (DelaySeconds !== undefined && (DelaySeconds < 0 || DelaySeconds > 900)) {
    throw invalidParameter("DelaySeconds", DelaySeconds, "DelaySeconds must be >= 0 and <= 900.");
  }
  if (MessageGroupId !== undefined && !allowedIds.test(MessageGroupId))
    throw invalidId("MessageGroupId", MessageGroupId);
}

/** What makes the message of a FIFO queue the same as another one. */
function checkFifo(queue: QueueRecord, { MessageBody = "", DelaySeconds, ...input }: Sent) {
  const { MessageGroupId, MessageDeduplicationId } = input;
  if (MessageGroupId === undefined) throw missingParameter("MessageGroupId");
  // "When you set FifoQueue, you can't set DelaySeconds per message."
  if (DelaySeconds !== undefined && DelaySeconds !== numericAttribute(queue, "DelaySeconds")) {
    const reason = "The request include parameter that is not valid for this queue type.";
    throw invalidParameter("DelaySeconds", DelaySeconds, reason);
  }
  if (MessageDeduplicationId !== undefined && !allowedIds.test(MessageDeduplicationId)) {
    throw invalidId("MessageDeduplicationId", MessageDeduplicationId);
  }
  const byContent = queue.attributes.ContentBasedDeduplication === "true";
  if (MessageDeduplicationId === undefined && !byContent) {
    const message =
      "The queue should either have ContentBasedDeduplication enabled or MessageDeduplicationId provided explicitly";
    throw new AwsError("InvalidParameterValue", message);
  }
  return {
    queue: queue.name,
    scope: queue.attributes.DeduplicationScope === "messageGroup" ? MessageGroupId : "",
    deduplicationId: MessageDeduplicationId ?? createHash("sha256").update(MessageBody).digest("hex"),
  };
}

function invalidId(name: string, value: string): AwsError {
  const reason = `${name} can only include alphanumeric and punctuation characters. 1 to 128 in length.`;
  return invalidParameter(name, value, reason);
}
