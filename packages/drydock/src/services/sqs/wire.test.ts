import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { VirtualClock } from "../ecs/world.fixture.ts";
import { startQueues } from "./queue.fixture.ts";

/** What an SDK of before 2023 sends. */
function ask(endpoint: string, form: Record<string, string>): Promise<Response> {
  const scope = "AKID/20260101/eu-west-1/sqs/aws4_request";
  return fetch(endpoint, {
    method: "POST",
    body: new URLSearchParams({ Version: "2012-11-05", ...form }),
    headers: { authorization: `AWS4-HMAC-SHA256 Credential=${scope}, SignedHeaders=host, Signature=0` },
  });
}

test("clients that still speak Query are answered in it", async () => {
  const { queue, drydock } = await startQueues();
  const { url: QueueUrl } = await queue("ingest");
  const sent = await ask(QueueUrl, {
    Action: "SendMessage",
    QueueUrl,
    MessageBody: "a & b",
    "MessageAttribute.1.Name": "kind",
    "MessageAttribute.1.Value.DataType": "String",
    "MessageAttribute.1.Value.StringValue": "order",
  });
  expect(sent.headers.get("content-type")).toBe("text/xml");
  expect(await sent.text()).toMatch(/<SendMessageResult>.*<MessageId>[0-9a-f-]{36}<\/MessageId>/s);
  const received = await ask(drydock.endpoint, {
    Action: "ReceiveMessage",
    QueueUrl,
    "MessageAttributeName.1": "All",
    "AttributeName.1": "ApproximateReceiveCount",
  });
  const text = await received.text();
  expect(text).toContain("<Body>a &amp; b</Body>");
  expect(text).toContain("<Attribute><Name>ApproximateReceiveCount</Name><Value>1</Value></Attribute>");
  expect(text).toMatch(/<MessageAttribute><Name>kind<\/Name><Value>.*<StringValue>order<\/StringValue>/);
  const refused = await ask(drydock.endpoint, { Action: "GetQueueUrl", QueueName: "none" });
  expect(refused.status).toBe(400);
  expect(await refused.text()).toContain("<Code>AWS.SimpleQueueService.NonExistentQueue</Code>");
});

test("in JSON, the error's name of Query goes along", async () => {
  const { drydock } = await startQueues();
  const answer = await fetch(drydock.endpoint, {
    method: "POST",
    body: JSON.stringify({ QueueName: "none" }),
    headers: {
      "content-type": "application/x-amz-json-1.0",
      "x-amz-target": "AmazonSQS.GetQueueUrl",
      authorization:
        "AWS4-HMAC-SHA256 Credential=AKID/20260101/eu-west-1/sqs/aws4_request, SignedHeaders=host, Signature=0",
    },
  });
  expect(answer.headers.get("x-amzn-query-error")).toBe("AWS.SimpleQueueService.NonExistentQueue;Sender");
  expect(await answer.json()).toEqual({
    __type: "QueueDoesNotExist",
    message: "The specified queue does not exist.",
  });
});

test("queues and messages are there after a restart, in flight or not", async () => {
  const directory = mkdtempSync(join(tmpdir(), "drydock-sqs-"));
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
  const before = await startQueues({ directory, keep: true });
  const { url: QueueUrl } = await before.queue("ingest", { VisibilityTimeout: "43200" });
  await before.sqs.sendMessage({ QueueUrl, MessageBody: "taken" });
  const { Messages: [taken] = [] } = await before.sqs.receiveMessage({ QueueUrl });
  await before.sqs.sendMessage({ QueueUrl, MessageBody: "waiting" });
  await before.drydock.close();
  const { sqs, receive } = await startQueues({ directory });
  expect(await receive(QueueUrl)).toEqual(["waiting"]);
  await sqs.changeMessageVisibility({ QueueUrl, ReceiptHandle: taken?.ReceiptHandle, VisibilityTimeout: 0 });
  expect(await receive(QueueUrl)).toEqual(["taken"]);
});

test("delays hold a message back, and retention ends it", async () => {
  const clock = new VirtualClock();
  const { sqs, queue, receive } = await startQueues({ clock });
  const { url: QueueUrl } = await queue("delayed", { MessageRetentionPeriod: "60", VisibilityTimeout: "0" });
  await sqs.sendMessage({ QueueUrl, MessageBody: "later", DelaySeconds: 15 });
  await clock.advance(14_999);
  expect(await receive(QueueUrl)).toEqual([]);
  await clock.advance(1);
  expect(await receive(QueueUrl)).toEqual(["later"]);
  await clock.advance(45_000);
  expect(await receive(QueueUrl)).toEqual(["later"]);
  await clock.advance(1);
  expect(await receive(QueueUrl)).toEqual([]);
});
