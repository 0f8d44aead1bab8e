import { randomUUID } from "node:crypto";
import type { Ecs } from "../ecs.ts";
import { type ServiceRecord, serviceKey } from "../records.ts";

/** "A maximum of 100 of the latest events are displayed" (Service.events). */
const kept = 100;

/** Appends to a service's events, which are listed newest first. `messages` come oldest first. */
export function addEvents({ records, region }: Ecs, service: ServiceRecord, messages: string[]): void {
  if (messages.length === 0) return;
  const key = serviceKey(service);
  const createdAt = new Date(region.clock.now());
  const added = messages.map((message) => ({ id: randomUUID(), createdAt, message })).reverse();
  records.serviceEvents.put(key, [...added, ...(records.serviceEvents.get(key) ?? [])].slice(0, kept));
}
