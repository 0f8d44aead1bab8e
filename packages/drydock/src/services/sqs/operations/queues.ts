import { AwsError } from "../../../errors.ts";
import { paginate } from "../../../pagination.ts";
import { datesToWall } from "../../../scaled-clock.ts";
import {
  effectiveAttributes,
  isAttribute,
  type measuredAttributes,
  unknownAttribute,
  withAttributes,
} from "../attributes.ts";
import { invalidParameter, noSuchQueue } from "../errors.ts";
import { findQueue, isFifo, type QueueRecord, queueArn, queuesOf, queueUrl } from "../queues.ts";
import { redrivePolicyOf, withCheckedPolicies } from "../redrive.ts";
import type { Sqs, SqsOperations } from "../sqs.ts";

const second = 1000;
/** "You can't send the same PurgeQueue request more than once every 60 seconds." */
const purgeInterval = 60 * second;

export function queueOperations(sqs: Sqs) {
  const { region, messages, arrivals } = sqs;
  const queues = queuesOf(region);

  return {
    CreateQueue: ({ QueueName: name, Attributes = {}, tags = {} }) => {
      checkName(name, Attributes.FifoQueue);
      const given = withCheckedPolicies(region, name, withAttributes({ name, attributes: {} }, Attributes));
      const existing = queues.get(name);
      if (existing) {
        const has = effectiveAttributes(existing);
        const other = Object.keys(given).find((attribute) => has[attribute] !== given[attribute]);
        if (other === undefined) return { QueueUrl: queueUrl(region, name) };
        const message = `A queue already exists with the same name and a different value for attribute ${other}`;
        throw new AwsError("QueueNameExists", message);
      }
      const now = region.clock.now();
      queues.put(name, { name, attributes: given, tags, created: now, modified: now });
      return { QueueUrl: queueUrl(region, name) };
    },

    DeleteQueue: ({ QueueUrl }) => {
      const { name } = findQueue(region, QueueUrl);
      region.store.transaction(() => {
        queues.delete(name);
        messages.forget(name);
      });
      arrivals.wake(name);
      return {};
    },

    GetQueueUrl: ({ QueueName, QueueOwnerAWSAccountId = region.accountId }) => {
      if (QueueOwnerAWSAccountId !== region.accountId || !queues.get(QueueName)) throw noSuchQueue();
      return { QueueUrl: queueUrl(region, QueueName) };
    },

    ListQueues: ({ QueueNamePrefix, MaxResults, NextToken }) => {
      const names = queues.list(QueueNamePrefix).map(({ name }) => name);
      return listed(names, MaxResults, NextToken);
    },

    ListDeadLetterSourceQueues: ({ QueueUrl, MaxResults, NextToken }) => {
      const arn = queueArn(region, findQueue(region, QueueUrl).name);
      const sources = queues.list().filter((queue) => redrivePolicyOf(queue)?.deadLetterTargetArn === arn);
      const { QueueUrls: queueUrls = [], ...rest } = listed(
        sources.map(({ name }) => name),
        MaxResults,
        NextToken,
      );
      return { queueUrls, ...rest };
    },

    GetQueueAttributes: ({ QueueUrl, AttributeNames = [] }) => {
      const queue = findQueue(region, QueueUrl);
      const unknown = AttributeNames.find((name) => name !== "All" && !isAttribute(name));
      if (unknown !== undefined) throw unknownAttribute(unknown);
      const all: Record<string, string> = { ...effectiveAttributes(queue), ...measure(queue) };
      const wanted = Object.entries(all).filter(
        ([name]) => AttributeNames.includes("All") || AttributeNames.includes(name as "All"),
      );
      return wanted.length > 0 ? { Attributes: Object.fromEntries(wanted) } : {};
    },

    SetQueueAttributes: ({ QueueUrl, Attributes }) => {
      const queue = findQueue(region, QueueUrl);
      const { FifoQueue, ...changes } = Attributes as Record<string, string>;
      // "You can't change it for an existing queue."
      if (FifoQueue !== undefined && FifoQueue !== String(isFifo(queue))) throw unknownAttribute("FifoQueue");
      const attributes = withCheckedPolicies(region, queue.name, withAttributes(queue, changes));
      queues.put(queue.name, { ...queue, attributes, modified: region.clock.now() });
      return {};
    },

    PurgeQueue: ({ QueueUrl }) => {
      const queue = findQueue(region, QueueUrl);
      const now = region.clock.now();
      if (queue.purged !== undefined && now - queue.purged < purgeInterval) {
        const message = `Only one PurgeQueue operation on ${queue.name} is allowed every 60 seconds.`;
        throw new AwsError("PurgeQueueInProgress", message);
      }
      region.store.transaction(() => {
        queues.put(queue.name, { ...queue, purged: now });
        messages.clear(queue.name);
      });
      arrivals.wake(queue.name);
      return {};
    },

    TagQueue: ({ QueueUrl, Tags }) => {
      const queue = findQueue(region, QueueUrl);
      const tags = { ...queue.tags, ...Tags };
      if (Object.keys(tags).length > 50) {
        throw new AwsError("InvalidParameterValue", `Too many tags added for queue ${queue.name}.`);
      }
      queues.put(queue.name, { ...queue, tags });
      return {};
    },

    UntagQueue: ({ QueueUrl, TagKeys }) => {
      const queue = findQueue(region, QueueUrl);
      const tags = Object.fromEntries(Object.entries(queue.tags).filter(([key]) => !TagKeys.includes(key)));
      queues.put(queue.name, { ...queue, tags });
      return {};
    },

    ListQueueTags: ({ QueueUrl }) => {
      const { tags } = findQueue(region, QueueUrl);
      return Object.keys(tags).length > 0 ? { Tags: tags } : {};
    },
  } satisfies SqsOperations;

  function measure(queue: QueueRecord): Record<(typeof measuredAttributes)[number], string> {
    const counts = messages.count(queue.name, region.clock.now());
    const seconds = (instant: number) =>
      String(Math.floor(datesToWall(region.clock, new Date(instant)).getTime() / second));
    return {
      ApproximateNumberOfMessages: String(counts.visible),
      ApproximateNumberOfMessagesDelayed: String(counts.delayed),
      ApproximateNumberOfMessagesNotVisible: String(counts.inFlight),
      CreatedTimestamp: seconds(queue.created),
      LastModifiedTimestamp: seconds(queue.modified),
      QueueArn: queueArn(region, queue.name),
    };
  }

  /** A token is given, and taken, only where MaxResults is said: else the answer has the first 1,000. */
  function listed(names: string[], limit: number | undefined, token: string | undefined) {
    if (limit !== undefined && (limit < 1 || limit > 1000)) {
      throw invalidParameter("MaxResults", limit, "MaxResults must be between 1 and 1000.");
    }
    const page = paginate(names, (name) => name, {
      token,
      limit: limit ?? 1000,
      invalidTokenCode: "InvalidParameterValue",
    });
    const QueueUrls = page.items.map((name) => queueUrl(region, name));
    return {
      ...(QueueUrls.length > 0 && { QueueUrls }),
      ...(limit !== undefined && { NextToken: page.nextToken }),
    };
  }
}

function checkName(name: string, fifo: string | undefined): void {
  const fifoName = name.endsWith(".fifo");
  if (fifo === undefined && fifoName) {
    throw new AwsError(
      "InvalidParameterValue",
      "Can only include alphanumeric characters, hyphens, or underscores. 1 to 80 in length",
    );
  }
  if (fifo !== undefined && !fifoName) {
    const message =
      "The name of a FIFO queue can only include alphanumeric characters, hyphens, or underscores, must end with .fifo suffix and be 1 to 80 in length";
    throw new AwsError("InvalidParameterValue", message);
  }
  if (!/^[\w-]+(?:\.fifo)?$/.test(name) || name.length > 80) {
    throw new AwsError(
      "InvalidParameterValue",
      "Can only include alphanumeric characters, hyphens, or underscores. 1 to 80 in length",
    );
  }
}
