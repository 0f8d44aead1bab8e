import type { StateValue } from "@aws-sdk/client-cloudwatch";
import type { Region } from "../../../region.ts";
import { actionsOf, carryOutAction } from "./actions.ts";
import { note } from "./history.ts";
import { type AlarmRecord, alarmsOf } from "./records.ts";

/**
 * Gives an alarm a state, with the actions this calls for. Nothing but the time of its last update changes while it stays what
 * it is, except that "for an alarm state change to a scaling policy, the alarm invokes the action once per minute" as long
 * as it lasts.
 */
export async function setState(
  region: Region,
  name: string,
  next: { value: StateValue; reason: string; reasonData?: string | undefined; values?: number[] },
): Promise<void> {
  const before = alarmsOf(region).get(name);
  if (!before) return;
  const now = new Date(region.clock.now());
  const isNew = before.StateValue !== next.value;
  const alarm: AlarmRecord = {
    ...before,
    StateValue: next.value,
    StateReason: next.reason,
    StateReasonData: next.reasonData,
    StateUpdatedTimestamp: now,
    ...(isNew && { StateTransitionedTimestamp: now }),
  };
  if (isNew) {
    region.store.transaction(() => {
      alarmsOf(region).put(name, alarm);
      note(region, name, "StateUpdate", `Alarm updated from ${before.StateValue} to ${next.value}`, {
        oldState: { stateValue: before.StateValue, stateReason: before.StateReason },
        newState: { stateValue: next.value, stateReason: next.reason },
      });
    });
  }
  for (const action of actionsOf(alarm)) {
    if (isNew) note(region, name, "Action", `Successfully executed action ${action}`, { actionState: "Succeeded" });
    await carryOutAction(region, { action, alarm, values: next.values ?? [] });
  }
}
