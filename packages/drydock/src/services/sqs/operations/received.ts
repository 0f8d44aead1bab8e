import { AwsError } from "../../../errors.ts";
import { runBatch } from "../batch.ts";
import { invalidParameter, missingParameter } from "../errors.ts";
import { findQueue, type QueueRecord } from "../queues.ts";
import { findReceived } from "../receipts.ts";
import type { Sqs, SqsOperations } from "../sqs.ts";
import { checkVisibility } from "./receive.ts";

const second = 1000;

/** What a consumer does with messages that it has received. */
export function receivedOperations(sqs: Sqs) {
  const { region, messages, arrivals } = sqs;

  return {
    DeleteMessage: ({ QueueUrl, ReceiptHandle }) => {
      const queue = findQueue(region, QueueUrl);
      remove(queue, ReceiptHandle);
      arrivals.wake(queue.name);
      return {};
    },

    DeleteMessageBatch: ({ QueueUrl, Entries }) => {
      const queue = findQueue(region, QueueUrl);
      const result = region.store.transaction(() =>
        runBatch(Entries, ({ ReceiptHandle = "" }) => remove(queue, ReceiptHandle)),
      );
      arrivals.wake(queue.name);
      return result;
    },

    ChangeMessageVisibility: ({ QueueUrl, ReceiptHandle, VisibilityTimeout }) => {
      const queue = findQueue(region, QueueUrl);
      changeVisibility(queue, ReceiptHandle, VisibilityTimeout);
      arrivals.wake(queue.name);
      return {};
    },

    ChangeMessageVisibilityBatch: ({ QueueUrl, Entries }) => {
      const queue = findQueue(region, QueueUrl);
      const result = region.store.transaction(() =>
        runBatch(Entries, ({ ReceiptHandle = "", VisibilityTimeout }) => {
          if (VisibilityTimeout === undefined) throw missingParameter("VisibilityTimeout");
          return changeVisibility(queue, ReceiptHandle, VisibilityTimeout);
        }),
      );
      arrivals.wake(queue.name);
      return result;
    },
  } satisfies SqsOperations;

  /**
   * A message that has been received again since stays: "If you don't use the most recent receipt handle, the request
   * succeeds, but the message might not be deleted."
   */
  function remove(queue: QueueRecord, handle: string): object {
    const message = findReceived(sqs, queue, handle);
    if (message) messages.delete(message.id);
    return {};
  }

  function changeVisibility(queue: QueueRecord, handle: string, seconds: number): object {
    checkVisibility(seconds);
    const message = findReceived(sqs, queue, handle);
    if (!message) {
      const reason = "Message does not exist or is not available for visibility timeout change.";
      throw invalidParameter("ReceiptHandle", handle, reason);
    }
    const now = region.clock.now();
    if (message.visible <= now) {
      throw new AwsError("MessageNotInflight", "The specified message isn't in flight.");
    }
    messages.put({ ...message, visible: now + seconds * second });
    return {};
  }
}
