// Takes submissions from the queue. A message goes only when its submission is in: one that fails comes again, and after
// three times it is left to people, in the dead-letter queue.
import { SQS } from "@aws-sdk/client-sqs";
import { loop } from "./loop.js";
import { version } from "./version.js";

const { ENV_NAME, INGESTION_QUEUE: QueueUrl } = process.env;
const sqs = new SQS();

console.log(`Ingester, version ${version}.`);

await loop(async (abortSignal) => {
  const { Messages = [] } = await sqs.receiveMessage({ QueueUrl, WaitTimeSeconds: 20 }, { abortSignal });
  for (const { Body, ReceiptHandle } of Messages) {
    console.log(`Ingested ${Body} into ${ENV_NAME}.`);
    await sqs.deleteMessage({ QueueUrl, ReceiptHandle });
  }
}, 0);
