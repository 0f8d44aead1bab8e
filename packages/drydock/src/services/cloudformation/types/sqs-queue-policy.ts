import type { Region } from "../../../region.ts";
import { ifThere } from "../engine/calls.ts";
import { inPlace, jsonText, list, required, text } from "../engine/properties.ts";
import { defineResourceType } from "../engine/resource-type.ts";

/** One policy for each of its queues, which are named by their URLs. */
export const queuePolicy = defineResourceType({
  properties: { PolicyDocument: required(inPlace(jsonText)), Queues: required(inPlace(list(text))) },
  attributes: ["Id"],
  taggable: false,
  async create({ region, properties: { PolicyDocument, Queues }, generatedName }) {
    await setPolicy(region, Queues, PolicyDocument);
    return generatedName(64);
  },
  read: async ({ physicalId }) => ({ Id: physicalId }),
  async update({ region, properties: { PolicyDocument, Queues }, previous }) {
    await setPolicy(region, Queues, PolicyDocument);
    const left = previous.Queues.filter((url) => !Queues.includes(url));
    await setPolicy(region, left, "");
    return undefined;
  },
  async delete({ region, properties: { Queues } }) {
    await setPolicy(region, Queues, "");
  },
});

/** An empty policy is none. */
async function setPolicy(region: Region, queues: string[], Policy: string): Promise<void> {
  for (const QueueUrl of queues) {
    const setting = region.call("sqs").SetQueueAttributes({ QueueUrl, Attributes: { Policy } });
    await (Policy === "" ? ifThere(/QueueDoesNotExist/, setting) : setting);
  }
}
