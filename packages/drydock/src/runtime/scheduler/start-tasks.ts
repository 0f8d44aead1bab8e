import { takeCensus } from "./census.ts";
import { resolve, say } from "./conditions.ts";
import { events } from "./messages.ts";
import type { Look } from "./schedule.ts";
import type { Deployment } from "./state.ts";
import { heldUntil } from "./throttle.ts";

/** So many tasks of a deployment are to be there that don't fail their checks. */
export interface Order {
  deployment: Deployment;
  wanted: number;
}

/** Starts in turn what is missing of each order, as far as `room` and throttling allow; answers how many there was no room for. */
export function startTasks(look: Look, orders: Order[], room: number): number {
  const { service, now } = look;
  const { alive, failing } = takeCensus(look);
  let left = Math.max(0, room);
  let refused = 0;
  let unplaceable = false;
  for (const { deployment, wanted } of orders) {
    if (deployment.rolloutState === "FAILED" || heldUntil(deployment) > now) continue;
    const present = alive.filter((task) => task.deployment === deployment.id && !failing.has(task)).length;
    const missing = Math.max(0, wanted - present);
    if (missing > 0 && !service.zones[deployment.id]?.length) {
      unplaceable = true;
      continue;
    }
    const count = Math.min(missing, left);
    if (count > 0) look.actions.push({ type: "startTasks", deployment: deployment.id, count });
    left -= count;
    refused += missing - count;
  }
  if (unplaceable) say(look, "unplaceable", events.unplaceable(service.name));
  else resolve(look, "unplaceable");
  return refused;
}
