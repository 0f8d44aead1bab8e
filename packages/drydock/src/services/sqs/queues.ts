import { regionalArn } from "../../arn.ts";
import { AwsError } from "../../errors.ts";
import type { Region } from "../../region.ts";
import { noSuchQueue } from "./errors.ts";

export interface QueueRecord {
  name: string;
  /** Those that were set, as text; the others have their defaults. */
  attributes: Record<string, string>;
  tags: Record<string, string>;
  /** Milliseconds of the region's time, as all times of queues and messages. */
  created: number;
  modified: number;
  purged?: number;
}

export const queuesOf = (region: Region) => region.store.collection<QueueRecord>("sqs.queues");

export function isFifo({ name }: Pick<QueueRecord, "name">): boolean {
  return name.endsWith(".fifo");
}

export function queueArn(region: Region, name: string): string {
  return regionalArn(region, "sqs", name);
}

/** Where the queue is called, also from tasks: drydock's own address. */
export function queueUrl(region: Region, name: string): string {
  return new URL(`/${region.accountId}/${name}`, region.endpoint).href;
}

/**
 * The queue behind a URL. Its host is not looked at, so that a URL stays good when drydock moves to another port.
 * @throws AwsError InvalidAddress for what is no queue's URL, QueueDoesNotExist
 */
export function findQueue(region: Region, url: string): QueueRecord {
  const path = URL.canParse(url)
    ? /^\/(\d{12})\/([\w-]{1,75}(?:\.fifo)?|[\w-]{1,80})$/.exec(new URL(url).pathname)
    : null;
  if (!path) throw new AwsError("InvalidAddress", `The address ${url} is not valid for this endpoint.`);
  const [, account, name = ""] = path;
  const queue = account === region.accountId ? queuesOf(region).get(name) : undefined;
  if (!queue) throw noSuchQueue();
  return queue;
}

/** The queue behind an ARN; undefined for one of another region or account, and for what is no queue's. */
export function queueByArn(region: Region, arn: string): QueueRecord | undefined {
  const name = arn.slice(arn.lastIndexOf(":") + 1);
  return arn === queueArn(region, name) ? queuesOf(region).get(name) : undefined;
}
