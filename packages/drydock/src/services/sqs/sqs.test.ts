import { expect, test } from "vitest";
import { startQueues } from "./queue.fixture.ts";

test("a message is sent, received with what is known of it, and deleted", async () => {
  const { sqs, queue, drydock } = await startQueues();
  const { url, arn } = await queue("ingest");
  expect(url).toBe(`${drydock.endpoint}/${drydock.accountId}/ingest`);
  const sent = await sqs.sendMessage({
    QueueUrl: url,
    MessageBody: "hällo",
    MessageAttributes: {
      kind: { DataType: "String", StringValue: "order" },
      raw: { DataType: "Binary", BinaryValue: Buffer.from([0, 255]) },
    },
  });
  // The SDK has compared MD5OfMessageBody with what it sent.
  expect(sent).toMatchObject({ MessageId: expect.any(String), MD5OfMessageAttributes: expect.any(String) });
  const { Messages: [message] = [] } = await sqs.receiveMessage({
    QueueUrl: url,
    MessageSystemAttributeNames: ["All"],
    MessageAttributeNames: ["All"],
  });
  expect(message).toMatchObject({
    MessageId: sent.MessageId,
    Body: "hällo",
    MD5OfMessageAttributes: sent.MD5OfMessageAttributes,
    Attributes: { ApproximateReceiveCount: "1", SenderId: "test" },
    MessageAttributes: { kind: { StringValue: "order" }, raw: { BinaryValue: new Uint8Array([0, 255]) } },
  });
  const counts = async () => {
    const { Attributes } = await sqs.getQueueAttributes({ QueueUrl: url, AttributeNames: ["All"] });
    return [Attributes?.ApproximateNumberOfMessages, Attributes?.ApproximateNumberOfMessagesNotVisible];
  };
  expect(await counts()).toEqual(["0", "1"]);
  await sqs.deleteMessage({ QueueUrl: url, ReceiptHandle: message?.ReceiptHandle });
  expect(await counts()).toEqual(["0", "0"]);
  const { Attributes } = await sqs.getQueueAttributes({ QueueUrl: url, AttributeNames: ["QueueArn"] });
  expect(Attributes).toEqual({ QueueArn: arn });
});

test("a long poll wakes up at once on a send", async () => {
  const { sqs, queue } = await startQueues();
  const { url } = await queue("ingest");
  const started = performance.now();
  const received = sqs.receiveMessage({ QueueUrl: url, WaitTimeSeconds: 20 });
  await sqs.sendMessage({ QueueUrl: url, MessageBody: "now" });
  expect((await received).Messages).toMatchObject([{ Body: "now" }]);
  expect(performance.now() - started).toBeLessThan(15_000);
});

test("who hangs up during a long poll takes no message along", async () => {
  const { sqs, queue, receive } = await startQueues();
  const { url } = await queue("ingest");
  const aborted = new AbortController();
  const polling = sqs.receiveMessage({ QueueUrl: url, WaitTimeSeconds: 20 }, { abortSignal: aborted.signal });
  const laterTurn = async () => {
    for (let call = 0; call < 5; call++) await sqs.listQueues({});
  };
  await laterTurn();
  aborted.abort();
  await expect(polling).rejects.toThrow();
  await laterTurn();
  await sqs.sendMessage({ QueueUrl: url, MessageBody: "for somebody else" });
  expect(await receive(url)).toEqual(["for somebody else"]);
});

test("what isn't deleted comes back after its visibility timeout, and moves on after its last chance", async () => {
  const { sqs, queue } = await startQueues({ timeScale: 1000 });
  const dead = await queue("dead");
  const { url } = await queue("ingest", {
    VisibilityTimeout: "60",
    RedrivePolicy: JSON.stringify({ deadLetterTargetArn: dead.arn, maxReceiveCount: 2 }),
  });
  const receive = async (QueueUrl: string) => {
    const { Messages = [] } = await sqs.receiveMessage({
      QueueUrl,
      WaitTimeSeconds: 20,
      MessageSystemAttributeNames: ["ApproximateReceiveCount", "DeadLetterQueueSourceArn"],
    });
    return Messages.map(({ Body, Attributes }) => [Body, Attributes]);
  };
  await sqs.sendMessage({ QueueUrl: url, MessageBody: "poison" });
  const source = `arn:aws:sqs:eu-west-1:000000000000:ingest`;
  const moved: unknown[] = [];
  const seen: unknown[] = [];
  for (let tries = 0; moved.length === 0 && tries < 100; tries++) {
    seen.push(...(await receive(url)));
    const { Messages = [] } = await sqs.receiveMessage({ QueueUrl: dead.url, MessageSystemAttributeNames: ["All"] });
    moved.push(...Messages);
  }
  expect(seen).toEqual([
    ["poison", { ApproximateReceiveCount: "1" }],
    ["poison", { ApproximateReceiveCount: "2" }],
  ]);
  expect(moved).toMatchObject([
    { Body: "poison", Attributes: { ApproximateReceiveCount: "3", DeadLetterQueueSourceArn: source } },
  ]);
  const { queueUrls } = await sqs.listDeadLetterSourceQueues({ QueueUrl: dead.url });
  expect(queueUrls).toEqual([url]);
});

test("a FIFO queue keeps each group's order, one at a time, and drops duplicates", async () => {
  const { sqs, queue, receive } = await startQueues();
  const { url } = await queue("orders.fifo", { FifoQueue: "true", ContentBasedDeduplication: "true" });
  const send = (MessageBody: string, MessageGroupId: string) =>
    sqs.sendMessage({ QueueUrl: url, MessageBody, MessageGroupId });
  const first = await send("a1", "a");
  const again = await send("a1", "a");
  expect(again).toMatchObject({ MessageId: first.MessageId, SequenceNumber: first.SequenceNumber });
  await send("a2", "a");
  const last = await send("b1", "b");
  expect(BigInt(last.SequenceNumber ?? 0) > BigInt(first.SequenceNumber ?? 0)).toBe(true);

  const { Messages: [taken] = [] } = await sqs.receiveMessage({ QueueUrl: url });
  expect(taken?.Body).toBe("a1");
  expect(await receive(url)).toEqual(["b1"]);
  expect(await receive(url)).toEqual([]);
  const waiting = sqs.receiveMessage({ QueueUrl: url, WaitTimeSeconds: 20 });
  await sqs.deleteMessage({ QueueUrl: url, ReceiptHandle: taken?.ReceiptHandle });
  expect((await waiting).Messages).toMatchObject([{ Body: "a2" }]);
});
