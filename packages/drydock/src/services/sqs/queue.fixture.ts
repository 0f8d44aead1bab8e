import { type CreateQueueCommandInput, SQS } from "@aws-sdk/client-sqs";
import { startTestDrydock, type TestDrydock } from "../../testing.ts";

export interface TestQueues {
  drydock: TestDrydock;
  sqs: SQS;
  /** Makes a queue: its URL and ARN. */
  queue(name: string, attributes?: CreateQueueCommandInput["Attributes"]): Promise<{ url: string; arn: string }>;
  /** Bodies of what can be received now. */
  receive(url: string, limit?: number): Promise<string[]>;
}

export async function startQueues(options: Parameters<typeof startTestDrydock>[0] = {}): Promise<TestQueues> {
  const drydock = await startTestDrydock(options);
  const sqs = drydock.client(SQS);
  return {
    drydock,
    sqs,
    queue: async (QueueName, Attributes = {}) => {
      const { QueueUrl: url = "" } = await sqs.createQueue({ QueueName, Attributes });
      return { url, arn: `arn:aws:sqs:${drydock.region}:${drydock.accountId}:${QueueName}` };
    },
    receive: async (QueueUrl, MaxNumberOfMessages = 10) => {
      const { Messages = [] } = await sqs.receiveMessage({ QueueUrl, MaxNumberOfMessages });
      return Messages.map(({ Body = "" }) => Body);
    },
  };
}
