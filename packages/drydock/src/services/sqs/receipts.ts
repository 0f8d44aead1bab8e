import { AwsError } from "../../errors.ts";
import { invalidParameter } from "./errors.ts";
import type { StoredMessage } from "./message-store.ts";
import { isFifo, type QueueRecord } from "./queues.ts";
import type { Sqs } from "./sqs.ts";

/** A receipt handle names queue, message and the one receiving it is for. */
export function receiptHandle({ queue, id, receipt }: StoredMessage): string {
  return Buffer.from(JSON.stringify([queue, id, receipt])).toString("base64");
}

/**
 * The message that a handle is for, as long as no later receiving has given out another one; undefined when it is gone.
 * @throws AwsError ReceiptHandleIsInvalid; InvalidParameterValue for a FIFO queue's handle whose visibility timeout is over
 */
export function findReceived({ messages, region }: Sqs, queue: QueueRecord, handle: string): StoredMessage | undefined {
  const [name, id, receipt] = decode(handle) ?? [];
  if (name !== queue.name) throw invalidHandle(handle);
  const message = messages.get(Number(id));
  if (message?.queue !== queue.name || message.receipt !== receipt) return undefined;
  if (isFifo(queue) && message.visible <= region.clock.now()) {
    throw invalidParameter("ReceiptHandle", handle, "The receipt handle has expired.");
  }
  return message;
}

function decode(handle: string): unknown[] | undefined {
  try {
    const parts: unknown = JSON.parse(Buffer.from(handle, "base64").toString());
    return Array.isArray(parts) ? parts : undefined;
  } catch {
    return undefined;
  }
}

function invalidHandle(handle: string): AwsError {
  return new AwsError("ReceiptHandleIsInvalid", `The input receipt handle "${handle}" is not a valid receipt handle.`);
}
