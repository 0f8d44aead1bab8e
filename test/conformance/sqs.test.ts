import { type CreateQueueCommandInput, SQS } from "@aws-sdk/client-sqs";
import { expect, test } from "vitest";
import { conformance, pages, refusals } from "./targets.ts";

const reference = (page: string) =>
  `https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_${page}.html`;
const guide = (page: string) =>
  `https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/${page}.html`;

conformance((target) => {
  const sqs = target.client(SQS);
  const create = async (QueueName: string, Attributes: CreateQueueCommandInput["Attributes"] = {}) =>
    (await sqs.createQueue({ QueueName, Attributes })).QueueUrl ?? "";
  const arn = (name: string) => `arn:aws:sqs:${target.region}:${target.accountId}:${name}`;
  const attributes = async (QueueUrl: string) =>
    (await sqs.getQueueAttributes({ QueueUrl, AttributeNames: ["All"] })).Attributes;
  const receive = async (QueueUrl: string, more = {}) =>
    (await sqs.receiveMessage({ QueueUrl, MaxNumberOfMessages: 10, ...more })).Messages ?? [];
  const bodies = async (QueueUrl: string) => (await receive(QueueUrl)).map(({ Body }) => Body);
  const fifo = { FifoQueue: "true", ContentBasedDeduplication: "true" };
  const redrive = (name: string, maxReceiveCount: number) => ({
    RedrivePolicy: JSON.stringify({ deadLetterTargetArn: arn(name), maxReceiveCount }),
  });

  test("a queue: made, made again, found, changed, deleted", async () => {
    const QueueUrl = await create("made", { VisibilityTimeout: "45" });
    expect(new URL(QueueUrl).pathname).toBe(`/${target.accountId}/made`);
    expect(await create("made", { VisibilityTimeout: "45" })).toBe(QueueUrl);
    expect((await sqs.getQueueUrl({ QueueName: "made" })).QueueUrl).toBe(QueueUrl);
    expect(await attributes(QueueUrl)).toMatchObject({
      QueueArn: arn("made"),
      VisibilityTimeout: "45",
      DelaySeconds: "0",
      MessageRetentionPeriod: "345600",
      ReceiveMessageWaitTimeSeconds: "0",
      SqsManagedSseEnabled: "true",
      ApproximateNumberOfMessages: "0",
      ApproximateNumberOfMessagesDelayed: "0",
      ApproximateNumberOfMessagesNotVisible: "0",
      CreatedTimestamp: expect.stringMatching(/^\d{10}/),
    });
    await sqs.setQueueAttributes({ QueueUrl, Attributes: { VisibilityTimeout: "5", DelaySeconds: "1" } });
    expect(await attributes(QueueUrl)).toMatchObject({ VisibilityTimeout: "5", DelaySeconds: "1" });
    const { Attributes } = await sqs.getQueueAttributes({ QueueUrl, AttributeNames: ["DelaySeconds"] });
    expect(Attributes).toEqual({ DelaySeconds: "1" });
    await sqs.deleteQueue({ QueueUrl });
    await expect(sqs.getQueueUrl({ QueueName: "made" })).rejects.toMatchObject({ name: "QueueDoesNotExist" });
  });

  test("ListQueues by prefix, in pages", async () => {
    for (const name of ["listed-a", "listed-b", "other"]) await create(name);
    const paths = (urls: string[]) => urls.map((url) => new URL(url).pathname.split("/").at(-1));
    const { QueueUrls = [] } = await sqs.listQueues({ QueueNamePrefix: "listed-" });
    expect(paths(QueueUrls).sort()).toEqual(["listed-a", "listed-b"]);
    await target.motoDiffers(reference("ListQueues"), async () => {
      const paged = await pages(
        (NextToken) => sqs.listQueues({ QueueNamePrefix: "listed-", MaxResults: 1, NextToken }),
        (page) => [page.QueueUrls, page.NextToken],
      );
      expect(paged.map(paths)).toEqual([["listed-a"], ["listed-b"]]);
    });
    expect((await sqs.listQueues({ QueueNamePrefix: "nothing-" })).QueueUrls).toBeUndefined();
  });

  test("tags are added, replaced and removed", async () => {
    const QueueUrl = await create("tagged");
    await sqs.tagQueue({ QueueUrl, Tags: { a: "1", b: "2" } });
    await sqs.tagQueue({ QueueUrl, Tags: { a: "3" } });
    await sqs.untagQueue({ QueueUrl, TagKeys: ["b", "none"] });
    expect((await sqs.listQueueTags({ QueueUrl })).Tags).toEqual({ a: "3" });
  });

  test("a message keeps body and attributes, and tells about itself", async () => {
    const QueueUrl = await create("messages");
    const MessageAttributes = {
      kind: { DataType: "String", StringValue: "order" },
      count: { DataType: "Number.int", StringValue: "7" },
      raw: { DataType: "Binary", BinaryValue: new Uint8Array([0, 200, 255]) },
    };
    const sent = await sqs.sendMessage({ QueueUrl, MessageBody: "<ü & \u{1f4a5}>", MessageAttributes });
    const names = { MessageSystemAttributeNames: ["All" as const], MessageAttributeNames: ["All"] };
    const [message] = await receive(QueueUrl, names);
    expect(message).toMatchObject({
      MessageId: sent.MessageId,
      Body: "<ü & \u{1f4a5}>",
      MD5OfBody: sent.MD5OfMessageBody,
      MD5OfMessageAttributes: sent.MD5OfMessageAttributes,
      MessageAttributes,
      Attributes: { ApproximateReceiveCount: "1", SentTimestamp: expect.stringMatching(/^\d{13}$/) },
    });
    await sqs.changeMessageVisibility({ QueueUrl, ReceiptHandle: message?.ReceiptHandle, VisibilityTimeout: 0 });
    const [again] = await receive(QueueUrl, { ...names, MessageAttributeNames: ["k.*", "none"] });
    expect(again?.Attributes?.ApproximateReceiveCount).toBe("2");
    expect(Object.keys(again?.MessageAttributes ?? {})).toEqual(["kind"]);
    await sqs.deleteMessage({ QueueUrl, ReceiptHandle: again?.ReceiptHandle });
    expect(await attributes(QueueUrl)).toMatchObject({ ApproximateNumberOfMessagesNotVisible: "0" });
  });

  test("batches do what they can and tell what they couldn't", async () => {
    const QueueUrl = await create("batches");
    const sent = await sqs.sendMessageBatch({
      QueueUrl,
      Entries: [
        { Id: "a", MessageBody: "one" },
        { Id: "b", MessageBody: "two", DelaySeconds: 900 },
      ],
    });
    expect(sent.Successful?.map(({ Id }) => Id)).toEqual(["a", "b"]);
    expect(await attributes(QueueUrl)).toMatchObject({
      ApproximateNumberOfMessages: "1",
      ApproximateNumberOfMessagesDelayed: "1",
    });
    const [one] = await receive(QueueUrl);
    const Entries = [{ Id: "a", ReceiptHandle: one?.ReceiptHandle, VisibilityTimeout: 600 }];
    const changed = await sqs.changeMessageVisibilityBatch({ QueueUrl, Entries });
    expect(changed.Successful).toEqual([{ Id: "a" }]);
    const deleted = await sqs.deleteMessageBatch({
      QueueUrl,
      Entries: [
        { Id: "a", ReceiptHandle: one?.ReceiptHandle },
        { Id: "b", ReceiptHandle: "made up" },
      ],
    });
    expect(deleted.Successful).toEqual([{ Id: "a" }]);
    expect(deleted.Failed).toMatchObject([{ Id: "b", SenderFault: true, Code: "ReceiptHandleIsInvalid" }]);
  });

  test("a receipt handle that is none is refused", async () => {
    const refusal = sqs.deleteMessage({ QueueUrl: await create("handles"), ReceiptHandle: "made up" });
    await expect(refusal).rejects.toMatchObject({ name: "ReceiptHandleIsInvalid" });
  });

  test("PurgeQueue empties a queue", async () => {
    const QueueUrl = await create("purged");
    await sqs.sendMessage({ QueueUrl, MessageBody: "gone" });
    await sqs.purgeQueue({ QueueUrl });
    expect(await bodies(QueueUrl)).toEqual([]);
    await target.motoDiffers(reference("PurgeQueue"), () =>
      expect(sqs.purgeQueue({ QueueUrl })).rejects.toMatchObject({ name: "PurgeQueueInProgress" }),
    );
  });

  test("what is received too often goes to the dead-letter queue, and can be moved back", async () => {
    const dead = await create("dead");
    const QueueUrl = await create("living", { ...redrive("dead", 1), VisibilityTimeout: "0" });
    const { queueUrls } = await sqs.listDeadLetterSourceQueues({ QueueUrl: dead });
    expect(queueUrls).toEqual([QueueUrl]);
    await sqs.sendMessage({ QueueUrl, MessageBody: "poison" });
    expect(await bodies(QueueUrl)).toEqual(["poison"]);
    expect(await bodies(QueueUrl)).toEqual([]);
    const [moved] = await receive(dead, { VisibilityTimeout: 0 });
    expect(moved?.Body).toBe("poison");
    await target.motoDiffers(reference("StartMessageMoveTask"), async () => {
      const { TaskHandle } = await sqs.startMessageMoveTask({ SourceArn: arn("dead") });
      const { Results = [] } = await sqs.listMessageMoveTasks({ SourceArn: arn("dead") });
      expect(Results).toMatchObject([{ Status: "COMPLETED", ApproximateNumberOfMessagesMoved: 1 }]);
      expect(await bodies(QueueUrl)).toEqual(["poison"]);
      await expect(sqs.cancelMessageMoveTask({ TaskHandle })).rejects.toMatchObject({ name: "InvalidParameterValue" });
    });
  });

  test("a FIFO queue keeps order within a group and takes a message once", async () => {
    const QueueUrl = await create("ordered.fifo", fifo);
    expect(await attributes(QueueUrl)).toMatchObject({ ...fifo, DeduplicationScope: "queue" });
    const send = (MessageBody: string, MessageGroupId: string, more = {}) =>
      sqs.sendMessage({ QueueUrl, MessageBody, MessageGroupId, ...more });
    const first = await send("a1", "a");
    const again = await send("a1", "a");
    await target.motoDiffers(reference("SendMessage"), () => expect(again.MessageId).toBe(first.MessageId));
    await send("a2", "a", { MessageDeduplicationId: "second" });
    await send("b1", "b");
    const [one] = await receive(QueueUrl, { MaxNumberOfMessages: 1, MessageSystemAttributeNames: ["All"] });
    expect(one).toMatchObject({ Body: "a1", Attributes: { MessageGroupId: "a" } });
    await target.motoDiffers(reference("SendMessage"), () => {
      expect(first.SequenceNumber).toMatch(/^\d{20}$/);
      expect(one?.Attributes?.SequenceNumber).toBe(first.SequenceNumber);
    });
    expect(await bodies(QueueUrl)).toEqual(["b1"]);
    await sqs.deleteMessage({ QueueUrl, ReceiptHandle: one?.ReceiptHandle });
    expect(await bodies(QueueUrl)).toEqual(["a2"]);
  });

  test("a policy is kept, and permissions are its statements", async () => {
    const QueueUrl = await create("permitted");
    const permission = { QueueUrl, Label: "partner", AWSAccountIds: ["111122223333"], Actions: ["SendMessage"] };
    await sqs.addPermission(permission);
    const policy = JSON.parse((await attributes(QueueUrl))?.Policy ?? "{}");
    expect(policy.Statement).toMatchObject([{ Sid: "partner", Effect: "Allow", Resource: arn("permitted") }]);
    await sqs.removePermission({ QueueUrl, Label: "partner" });
    await expect(sqs.removePermission({ QueueUrl, Label: "partner" })).rejects.toMatchObject({
      name: "InvalidParameterValue",
    });
    const Statement = [{ Effect: "Allow", Principal: "*", Action: "sqs:SendMessage", Resource: arn("permitted") }];
    const Policy = JSON.stringify({ Version: "2012-10-17", Statement });
    await sqs.setQueueAttributes({ QueueUrl, Attributes: { Policy } });
    expect(JSON.parse((await attributes(QueueUrl))?.Policy ?? "")).toEqual(JSON.parse(Policy));
    await sqs.setQueueAttributes({ QueueUrl, Attributes: { Policy: "" } });
    expect((await attributes(QueueUrl))?.Policy).toBeUndefined();
  });

  const nowhere = `${target.endpoint}/${target.accountId}/nowhere`;
  const invalid = "InvalidParameterValue";
  const sending = (name: string, more: object) => async () =>
    sqs.sendMessage({ QueueUrl: await create(name), MessageBody: "a", ...more });
  const entries = (count: number, more = {}) =>
    Array.from({ length: count }, (_, index) => ({ Id: String(index), MessageBody: "a", ...more }));
  const batch = (name: string, Entries: object[]) => async () =>
    sqs.sendMessageBatch({ QueueUrl: await create(name), Entries: Entries as { Id: string; MessageBody: string }[] });
  refusals(target, [
    ["to send to no queue", () => sqs.sendMessage({ QueueUrl: nowhere, MessageBody: "a" }), "QueueDoesNotExist"],
    ["to receive from no queue", () => sqs.receiveMessage({ QueueUrl: nowhere }), "QueueDoesNotExist"],
    ["to delete no queue", () => sqs.deleteQueue({ QueueUrl: nowhere }), "QueueDoesNotExist"],
    ["a name with a space", () => create("a b"), invalid],
    ["a FIFO queue without its suffix", () => create("ordered", fifo), invalid],
    [
      "the same name with other attributes",
      async () => {
        await create("twice");
        return create("twice", { DelaySeconds: "5" });
      },
      "QueueNameExists",
    ],
    [
      "an attribute there isn't",
      () => create("odd", { Colour: "red" } as object),
      "InvalidAttributeName",
      reference("CreateQueue"),
    ],
    [
      "an attribute out of bounds",
      () => create("odd", { DelaySeconds: "901" }),
      "InvalidAttributeValue",
      reference("CreateQueue"),
    ],
    [
      "a dead-letter queue there isn't",
      () => create("odd", redrive("none", 3)),
      invalid,
      guide("sqs-dead-letter-queues"),
    ],
    ["to receive never", () => create("odd", redrive("dead", 0)), invalid, guide("sqs-dead-letter-queues")],
    ["an empty body", sending("bodies", { MessageBody: "" }), "MissingParameter", reference("SendMessage")],
    [
      "characters that XML hasn't",
      sending("bodies", { MessageBody: "\u0001" }),
      "InvalidMessageContents",
      reference("SendMessage"),
    ],
    ["a body that is too large", sending("bodies", { MessageBody: "a".repeat(1_048_577) }), invalid],
    ["a delay of too long", sending("bodies", { DelaySeconds: 901 }), invalid],
    [
      "an attribute without a type",
      sending("bodies", { MessageAttributes: { a: { DataType: "Odd", StringValue: "a" } } }),
      invalid,
    ],
    [
      "a FIFO message without a group",
      async () => sqs.sendMessage({ QueueUrl: await create("ordered.fifo", fifo), MessageBody: "a" }),
      "MissingParameter",
    ],
    ["an empty batch", batch("bodies", []), "EmptyBatchRequest"],
    ["a batch of eleven", batch("bodies", entries(11)), "TooManyEntriesInBatchRequest"],
    ["an id twice", batch("bodies", entries(2, { Id: "a" })), "BatchEntryIdsNotDistinct"],
    ["an id with a space", batch("bodies", entries(1, { Id: "a b" })), "InvalidBatchEntryId"],
    [
      "eleven messages at once",
      async () => sqs.receiveMessage({ QueueUrl: await create("bodies"), MaxNumberOfMessages: 11 }),
      invalid,
    ],
    [
      "to wait for too long",
      async () => sqs.receiveMessage({ QueueUrl: await create("bodies"), WaitTimeSeconds: 21 }),
      invalid,
    ],
  ]);
});
