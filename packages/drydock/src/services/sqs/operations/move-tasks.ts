import { randomUUID } from "node:crypto";
import type { ListMessageMoveTasksResultEntry } from "@aws-sdk/client-sqs";
import { AwsError } from "../../../errors.ts";
import { datesToWall } from "../../../scaled-clock.ts";
import type { StoredMessage } from "../message-store.ts";
import { isFifo, type QueueRecord, queueArn, queueByArn, queuesOf } from "../queues.ts";
import { redrivePolicyOf } from "../redrive.ts";
import type { Sqs, SqsOperations } from "../sqs.ts";

interface MoveTask {
  handle: string;
  source: string;
  destination?: string;
  rate?: number;
  moved: number;
  started: number;
}

/** Tasks that move messages out of a dead-letter queue; here they are over at once. */
export function moveTaskOperations({ region, messages, arrivals }: Sqs) {
  const tasks = region.store.collection<MoveTask>("sqs.moveTasks");

  return {
    StartMessageMoveTask: ({ SourceArn, DestinationArn, MaxNumberOfMessagesPerSecond }) => {
      const source = requireQueue(SourceArn);
      if (!sourcesOf(SourceArn).length) {
        const message = "Source queue must be configured as a Dead Letter Queue.";
        throw new AwsError("InvalidParameterValue", message);
      }
      const destination = DestinationArn === undefined ? undefined : requireQueue(DestinationArn);
      if (destination && (isFifo(destination) !== isFifo(source) || destination.name === source.name)) {
        throw new AwsError("InvalidParameterValue", "The destination must be another queue of the source's type.");
      }
      const task: MoveTask = {
        handle: Buffer.from(JSON.stringify({ taskId: randomUUID(), sourceArn: SourceArn })).toString("base64"),
        source: SourceArn,
        moved: 0,
        started: region.clock.now(),
        ...(DestinationArn !== undefined && { destination: DestinationArn }),
        ...(MaxNumberOfMessagesPerSecond !== undefined && { rate: MaxNumberOfMessagesPerSecond }),
      };
      region.store.transaction(() => {
        for (const message of messages.all(source.name)) if (move(message, destination)) task.moved++;
        tasks.put(`${SourceArn}/${String(task.started).padStart(16, "0")}/${task.handle}`, task);
      });
      return { TaskHandle: task.handle };
    },

    ListMessageMoveTasks: ({ SourceArn, MaxResults = 1 }) => {
      requireQueue(SourceArn);
      const latestFirst = tasks.list(`${SourceArn}/`).reverse();
      return { Results: latestFirst.slice(0, Math.min(MaxResults, 10)).map(describe) };
    },

    CancelMessageMoveTask: ({ TaskHandle }) => {
      if (!tasks.list().some(({ handle }) => handle === TaskHandle)) {
        throw new AwsError("ResourceNotFoundException", "Task does not exist.");
      }
      throw new AwsError("InvalidParameterValue", "Only active tasks can be cancelled");
    },
  } satisfies SqsOperations;

  /**
   * "Redriven messages are considered new messages with a new messageID and enqueueTime". Without a destination each goes
   * back to the queue that it came from; one that was sent here stays, and so does one that somebody works on.
   */
  function move(message: StoredMessage, destination: QueueRecord | undefined): boolean {
    const target = destination ?? queueByArn(region, message.deadLetterSource ?? "");
    const now = region.clock.now();
    if (!target || message.visible > now) return false;
    const {
      id,
      queue: _queue,
      messageId: _id,
      body,
      attributes,
      senderId,
      groupId,
      deduplicationId,
      traceHeader,
    } = message;
    messages.delete(id);
    messages.add({
      queue: target.name,
      messageId: randomUUID(),
      body,
      attributes,
      senderId,
      sent: now,
      visible: now,
      ...(groupId !== undefined && { groupId }),
      ...(deduplicationId !== undefined && { deduplicationId }),
      ...(traceHeader !== undefined && { traceHeader }),
    });
    arrivals.wake(target.name);
    return true;
  }

  function requireQueue(arn: string): QueueRecord {
    const queue = queueByArn(region, arn);
    if (queue) return queue;
    throw new AwsError(
      "ResourceNotFoundException",
      "The resource that you specified for the SourceArn parameter doesn't exist.",
    );
  }

  function sourcesOf(arn: string): QueueRecord[] {
    return queuesOf(region)
      .list()
      .filter((queue) => queueArn(region, queue.name) !== arn && redrivePolicyOf(queue)?.deadLetterTargetArn === arn);
  }

  function describe(task: MoveTask): ListMessageMoveTasksResultEntry {
    return {
      Status: "COMPLETED",
      SourceArn: task.source,
      DestinationArn: task.destination,
      MaxNumberOfMessagesPerSecond: task.rate,
      ApproximateNumberOfMessagesMoved: task.moved,
      ApproximateNumberOfMessagesToMove: task.moved,
      StartedTimestamp: datesToWall(region.clock, new Date(task.started)).getTime(),
    };
  }
}
