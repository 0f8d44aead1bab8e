import { AwsError } from "../../../errors.ts";
import { isOngoing } from "../../../runtime/scheduler/rollout.ts";
import type { Ecs } from "../ecs.ts";
import type { ServiceRecord } from "../records.ts";
import { addFailureEvent } from "./events.ts";

/** How long an alarm may have been raised before a deployment notices; milliseconds. */
const pollInterval = 5_000;

export interface AlarmStates {
  /** In state ALARM; undefined while no deployment asks for it. */
  raised: string[] | undefined;
  /** When to ask again. */
  next: number | undefined;
}

/** Asks CloudWatch for the alarms of the deployment under way. An alarm that is gone, or can't be read, isn't raised. */
export async function readAlarms(ecs: Ecs, service: ServiceRecord): Promise<AlarmStates> {
  const { rollout } = service.state;
  const AlarmNames = rollout.plan.alarms?.names;
  if (!AlarmNames || !isOngoing(rollout)) return { raised: undefined, next: undefined };
  const next = ecs.region.clock.now() + pollInterval;
  try {
    const { MetricAlarms = [], CompositeAlarms = [] } = await ecs.region.call("monitoring").DescribeAlarms({
      AlarmNames,
      AlarmTypes: ["MetricAlarm", "CompositeAlarm"],
      StateValue: "ALARM",
      MaxRecords: 100,
    });
    return { raised: [...MetricAlarms, ...CompositeAlarms].map(({ AlarmName = "" }) => AlarmName), next };
  } catch (error) {
    if (!(error instanceof AwsError)) throw error;
    const message = `(service ${service.name}) failed to describe alarms ${AlarmNames.join(", ")} with (error ${error.message})`;
    addFailureEvent(ecs, service, message);
    return { raised: [], next };
  }
}
