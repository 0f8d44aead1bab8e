import type { Region } from "../../../region.ts";
import type { Measurement } from "./measurement.ts";

const attributes = {
  ApproximateNumberOfMessages: "ApproximateNumberOfMessagesVisible",
  ApproximateNumberOfMessagesNotVisible: "ApproximateNumberOfMessagesNotVisible",
  ApproximateNumberOfMessagesDelayed: "ApproximateNumberOfMessagesDelayed",
} as const;

/**
 * How many messages each queue holds.
 * https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-available-cloudwatch-metrics.html
 */
export async function takeQueues(region: Region): Promise<Measurement[]> {
  const sqs = region.call("sqs");
  const { QueueUrls = [] } = await sqs.ListQueues({});
  const measured = await Promise.all(
    QueueUrls.map(async (QueueUrl) => {
      // A queue may be deleted between the two calls.
      const answer = await sqs.GetQueueAttributes({ QueueUrl, AttributeNames: ["All"] }).catch(() => undefined);
      const QueueName = QueueUrl.slice(QueueUrl.lastIndexOf("/") + 1);
      return Object.entries(attributes).flatMap(([attribute, name]): Measurement[] => {
        const value = answer?.Attributes?.[attribute as keyof typeof attributes];
        if (value === undefined) return [];
        return [{ namespace: "AWS/SQS", name, unit: "Count", dimensions: { QueueName }, values: [[Number(value), 1]] }];
      });
    }),
  );
  return measured.flat();
}
