import type { StateValue } from "@aws-sdk/client-cloudwatch";
import { AwsError } from "../../../errors.ts";
import type { Region } from "../../../region.ts";
import type { AlarmRecord } from "./records.ts";

/** What carries an alarm's action out: a scaling policy. Its answer is for the alarm's history. */
export type CarryOut = (call: { action: string; alarm: AlarmRecord; values: number[] }) => Promise<void>;

const carriers = new WeakMap<Region, CarryOut>();
const scalingPolicy = /^arn:aws[\w-]*:autoscaling:[\w-]+:\d{12}:scalingPolicy:/;

/** Application Auto Scaling says here how its policies are executed; `values` are the alarm's datapoints, newest last. */
export function carryOutScalingActions(region: Region, carryOut: CarryOut): void {
  carriers.set(region, carryOut);
}

/** The actions an alarm has for the state it is in. */
export function actionsOf(alarm: AlarmRecord): string[] {
  const byState: Record<StateValue, string[]> = {
    ALARM: alarm.AlarmActions,
    OK: alarm.OKActions,
    INSUFFICIENT_DATA: alarm.InsufficientDataActions,
  };
  return alarm.ActionsEnabled ? byState[alarm.StateValue] : [];
}

/** Throws ValidationError for an action that drydock couldn't carry out. */
export function checkActions(actions: string[]): void {
  const other = actions.find((action) => !scalingPolicy.test(action));
  if (other === undefined) return;
  const message = `drydock's alarms invoke scaling policies of Application Auto Scaling only, not ${other}: there is no SNS here, nor anything else that an alarm calls.`;
  throw new AwsError("ValidationError", message);
}

export async function carryOutAction(region: Region, call: Parameters<CarryOut>[0]): Promise<void> {
  await carriers.get(region)?.(call);
}
