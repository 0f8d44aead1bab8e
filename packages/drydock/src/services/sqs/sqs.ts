import type { Region } from "../../region.ts";
import type { Operations } from "../../service.ts";
import { Arrivals } from "./arrivals.ts";
import { MessageStore } from "./message-store.ts";

export type SqsOperations = Operations<typeof import("@aws-sdk/client-sqs")>;

/** What the operations of SQS share. */
export interface Sqs {
  readonly region: Region;
  readonly messages: MessageStore;
  readonly arrivals: Arrivals;
}

export function openSqs(region: Region): Sqs {
  return { region, messages: new MessageStore(region.store), arrivals: new Arrivals(region) };
}
