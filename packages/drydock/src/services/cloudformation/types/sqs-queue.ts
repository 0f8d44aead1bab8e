import type { Region } from "../../../region.ts";
import { ifThere, present } from "../engine/calls.ts";
import {
  boolean,
  inPlace,
  jsonText,
  number,
  type PropertyValues,
  replacement,
  tags,
  text,
} from "../engine/properties.ts";
import { defineResourceType } from "../engine/resource-type.ts";
import { tagChanges, tagMap } from "../engine/tags.ts";

const properties = {
  ContentBasedDeduplication: inPlace(boolean),
  DeduplicationScope: inPlace(text),
  DelaySeconds: inPlace(number),
  FifoQueue: replacement(boolean),
  FifoThroughputLimit: inPlace(text),
  KmsDataKeyReusePeriodSeconds: inPlace(number),
  KmsMasterKeyId: inPlace(text),
  MaximumMessageSize: inPlace(number),
  MessageRetentionPeriod: inPlace(number),
  QueueName: replacement(text),
  ReceiveMessageWaitTimeSeconds: inPlace(number),
  RedriveAllowPolicy: inPlace(jsonText),
  RedrivePolicy: inPlace(jsonText),
  SqsManagedSseEnabled: inPlace(boolean),
  Tags: inPlace(tags),
  VisibilityTimeout: inPlace(number),
};

export const queue = defineResourceType({
  properties,
  attributes: ["Arn", "QueueName", "QueueUrl"],
  nameProperty: "QueueName",
  async create({ region, properties, tags, generatedName, made }) {
    const QueueName = properties.QueueName ?? queueName(generatedName, properties.FifoQueue === true);
    const { QueueUrl } = await region.call("sqs").CreateQueue({
      QueueName,
      Attributes: attributesOf(properties),
      tags: tagMap(tags),
    });
    const url = present(QueueUrl, "QueueUrl");
    made(url);
    return url;
  },
  async read({ region, physicalId: QueueUrl }) {
    const { Attributes } = await region.call("sqs").GetQueueAttributes({ QueueUrl, AttributeNames: ["QueueArn"] });
    const Arn = present(Attributes?.QueueArn, "QueueArn");
    return { Arn, QueueName: Arn.slice(Arn.lastIndexOf(":") + 1), QueueUrl };
  },
  async update({ region, physicalId: QueueUrl, properties, previous, previousTags, tags, changed }) {
    const after = attributesOf(properties);
    // An empty value takes an attribute back to its default.
    const dropped = Object.keys(attributesOf(previous)).filter((name) => after[name] === undefined);
    const Attributes = { ...Object.fromEntries(dropped.map((name) => [name, ""])), ...after };
    if (Object.keys(Attributes).length > 0) await region.call("sqs").SetQueueAttributes({ QueueUrl, Attributes });
    if (changed.has("Tags")) await changeTags(region, QueueUrl, tagChanges(previousTags, tags));
    return undefined;
  },
  async delete({ region, physicalId: QueueUrl }) {
    await ifThere(/QueueDoesNotExist/, region.call("sqs").DeleteQueue({ QueueUrl }));
  },
});

/** "The name of a FIFO queue must end with the .fifo suffix", and that counts. */
function queueName(generatedName: (longest: number) => string, fifo: boolean): string {
  return fifo ? `${generatedName(75)}.fifo` : generatedName(80);
}

/** As SQS takes them: all text. */
function attributesOf({ QueueName: _, Tags: __, ...attributes }: PropertyValues<typeof properties>) {
  return Object.fromEntries(
    Object.entries(attributes).flatMap(([name, value]) => (value === undefined ? [] : [[name, String(value)]])),
  );
}

async function changeTags(
  region: Region,
  QueueUrl: string,
  { set, removed }: ReturnType<typeof tagChanges>,
): Promise<void> {
  const sqs = region.call("sqs");
  if (removed.length > 0) await sqs.UntagQueue({ QueueUrl, TagKeys: removed });
  if (set.length > 0) await sqs.TagQueue({ QueueUrl, Tags: tagMap(set) });
}
