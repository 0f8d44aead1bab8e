import { giveUp, rollBack } from "./deployments.ts";
import { isCleaningUp } from "./lifecycle.ts";
import type { Look } from "./schedule.ts";

/**
 * "Amazon ECS considers the service deployment as failed when any of the alarms move to the ALARM state" (ServiceDeploymentAlarms);
 * one that was there before the deployment began doesn't move.
 */
export function watchAlarms(look: Look): void {
  const { rollout, draining, alarmsRaised = [] } = look.service;
  const { alarms } = rollout.plan;
  if (!alarms || draining || rollout.status !== "IN_PROGRESS" || isCleaningUp(look.service)) return;
  const triggered = alarmsRaised.filter(
    (name) => alarms.names.includes(name) && !rollout.alarms.ignored.includes(name),
  );
  if (triggered.length === 0) return;
  rollout.alarms = { ...rollout.alarms, status: "TRIGGERED", triggered };
  look.service = alarms.rollback ? rollBack(look.service, "alarms", look.now) : giveUp(look.service, look.now);
}
