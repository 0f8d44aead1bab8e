import type { Look } from "./schedule.ts";
import type { Condition, ServiceState } from "./state.ts";

/** "Duplicate event messages are omitted until either the cause is resolved or six hours passes" (ECS developer guide). */
const silence = 6 * 3_600_000;

/** Says that a condition holds, unless that has been said in the last six hours and it has held ever since. */
export function say({ service, now, actions }: Look, condition: Condition, message: string): void {
  const last = service.said[condition];
  if (last !== undefined && now < last + silence) return;
  service.said[condition] = now;
  actions.push({ type: "event", message });
}

/** The condition doesn't hold any more: the next time it does is worth an event again. */
export function resolve({ service }: Look, condition: Condition): void {
  delete service.said[condition];
}

/** When each condition that holds is to be said again. */
export function nextReminders({ said }: ServiceState): number[] {
  return Object.values(said).map((last) => last + silence);
}
