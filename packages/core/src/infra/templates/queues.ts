import type { App, Queue } from "../../config/app.ts";
import { stackTags } from "../stack.ts";
import { arnOf, getAtt, logicalId, type Resource, ref, type Statement, type Value } from "./template.ts";

/** SQS's longest, so that what couldn't be worked off is still there after a holiday. */
const deadLetterSeconds = 14 * 86_400;
/** SQS's longest: a receiver that finds nothing waits, instead of asking again and again. */
const longPollSeconds = 20;

/** Every queue of an app, and the one beside it that takes what was received too often. */
export function queueResources(app: App): Record<string, Resource> {
  return Object.fromEntries(
    Object.values(app.queues).flatMap((queue) => [
      [queueId(queue.name), queueResource(app, queue)],
      [deadLetterId(queue.name), deadLetterQueue(app, queue)],
    ]),
  );
}

/** URL by queue, for the descriptor. */
export function queueUrls(app: App): Value {
  return Object.fromEntries(Object.keys(app.queues).map((name) => [name, ref(queueId(name))]));
}

/**
 * What tasks may do with the app's queues, dead letters included, and with no others. Former ones are those that the manifest
 * no longer names: tasks of an earlier release use them until the release, and again after a rollback. The name alone can't tell
 * whose they are (`shop-production-eu-orders` may be of `production-eu`); the tags of their stack, which CloudFormation puts on
 * them, can: "Amazon SQS supports ABAC by allowing you to control access to your Amazon SQS queues based on the tags", but not
 * yet in all regions, so that today's queues don't depend on it.
 * https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-abac.html
 */
export function queueStatements(app: App): Statement[] {
  const names = Object.keys(app.queues);
  const former: Statement = {
    Sid: "UseFormerQueues",
    Effect: "Allow",
    Action: use,
    Resource: [arnOf("sqs", queueName(app, "*"))],
    Condition: {
      StringEquals: {
        [`aws:ResourceTag/${stackTags.app}`]: app.name,
        [`aws:ResourceTag/${stackTags.environment}`]: app.environment,
      },
    },
  };
  if (names.length === 0) return [former];
  const arns = names.flatMap((name) => [getAtt(queueId(name), "Arn"), getAtt(deadLetterId(name), "Arn")]);
  return [{ Sid: "UseQueues", Effect: "Allow", Action: use, Resource: arns }, former];
}

const use = [
  "sqs:SendMessage",
  "sqs:ReceiveMessage",
  "sqs:DeleteMessage",
  "sqs:ChangeMessageVisibility",
  "sqs:GetQueueAttributes",
  "sqs:GetQueueUrl",
];

function queueResource(app: App, { name, visibilitySeconds, retries }: Queue): Resource {
  return {
    Type: "AWS::SQS::Queue",
    Properties: {
      QueueName: queueName(app, name),
      VisibilityTimeout: visibilitySeconds,
      ReceiveMessageWaitTimeSeconds: longPollSeconds,
      RedrivePolicy: { deadLetterTargetArn: getAtt(deadLetterId(name), "Arn"), maxReceiveCount: retries },
    },
  };
}

function deadLetterQueue(app: App, { name }: Queue): Resource {
  return {
    Type: "AWS::SQS::Queue",
    // With three names of 24 characters SQS's 80 leave no longer word.
    Properties: { QueueName: `${queueName(app, name)}-dead`, MessageRetentionPeriod: deadLetterSeconds },
  };
}

function queueName(app: App, name: string): string {
  return `${app.name}-${app.environment}-${name}`;
}

function queueId(name: string): string {
  return logicalId(name, "Queue");
}

function deadLetterId(name: string): string {
  return logicalId(name, "DeadLetterQueue");
}
