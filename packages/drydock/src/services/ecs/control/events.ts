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

/**
 * Appends the event of a failure that may last. "Duplicate event messages are omitted until either the cause is resolved
 * or six hours passes" (ECS developer guide, service event messages).
 */
export function addFailureEvent(ecs: Ecs, service: ServiceRecord, message: string): void {
  const sixHoursAgo = ecs.region.clock.now() - 6 * 3_600_000;
  const said = (ecs.records.serviceEvents.get(serviceKey(service)) ?? []).some(
    (event) => event.message === message && (event.createdAt?.getTime() ?? 0) > sixHoursAgo,
  );
  if (!said) addEvents(ecs, service, [message]);
}
