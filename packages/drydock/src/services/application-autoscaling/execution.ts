import type { Service } from "@aws-sdk/client-ecs";
import type { Region } from "../../region.ts";
import type { CarryOut } from "../monitoring/alarms/actions.ts";
import { datapointsOf } from "../monitoring/alarms/evaluator.ts";
import { type AlarmRecord, alarmsOf } from "../monitoring/alarms/records.ts";
import { minute } from "../monitoring/metric-store.ts";
import { type LastScaling, permitted, proportionalCapacity, scaleInTo, scaleOutBy, stepTo } from "./decisions.ts";
import { requireService, setDesiredCount } from "./ecs-service.ts";
import {
  lastScalingsOf,
  type PolicyRecord,
  policiesOf,
  policyKey,
  type TargetRecord,
  targetKey,
  targetsOf,
} from "./records.ts";
import { directionOf } from "./tracking-alarms.ts";

/** "The default … for ECS services is 300 seconds", of cooldowns. */
const defaultCooldown = 300;

interface Execution {
  region: Region;
  policy: PolicyRecord;
  target: TargetRecord;
  service: Service;
  alarm: AlarmRecord;
  /** The metric's latest value. */
  metric: number;
  cooling: LastScaling | undefined;
}

/** How an alarm executes a scaling policy. */
export function executePolicies(region: Region): CarryOut {
  return async ({ action, alarm, values }) => {
    const policy = policiesOf(region)
      .list()
      .find(({ PolicyARN }) => PolicyARN === action);
    const target = policy && targetsOf(region).get(targetKey(policy));
    const metric = values.at(-1);
    // "A target tracking scaling policy does not perform scaling when the specified metric has insufficient data."
    if (!policy || !target || metric === undefined) return;
    const service = await requireService(region, target).catch(() => undefined);
    if (!service) return;
    const cooling = coolingOf(region, policy);
    const capacity = service.desiredCount ?? 0;
    const wanted = wantedBy({ region, policy, target, service, alarm, metric, cooling });
    const desired = permitted(target, capacity, wanted);
    if (desired === capacity) return;
    // "Application Auto Scaling turns off scale-in processes while Amazon ECS deployments are in progress. However,
    // scale-out processes continue to occur."
    if (desired < capacity && isDeploying(service)) return;
    const cause = `monitor alarm ${alarm.AlarmName} in state ${alarm.StateValue} triggered policy ${policy.PolicyName}`;
    await setDesiredCount(region, target, service, desired, cause);
    const direction = desired > capacity ? "out" : "in";
    const from = cooling?.direction === direction ? cooling.from : capacity;
    lastScalingsOf(region).put(policyKey(policy), { direction, at: region.clock.now(), from });
  };
}

function wantedBy(execution: Execution): number {
  const { policy, service, alarm, metric, cooling } = execution;
  const capacity = service.desiredCount ?? 0;
  const steps = policy.StepScalingPolicyConfiguration;
  if (steps) return stepTo(steps, capacity, metric - alarm.Threshold, cooling);
  const goal = policy.TargetTrackingScalingPolicyConfiguration?.TargetValue ?? 0;
  if (directionOf(alarm.AlarmName) === "High") return scaleOutBy(capacity, metric, goal, cooling);
  const wanted = scaleInTo(capacity, metric, goal, cooling);
  const others = wanted < capacity ? wantedByOthers(execution, capacity) : [];
  return Math.max(wanted, ...others);
}

/**
 * What the target's other tracking policies would scale in to: "it will scale in only if all of the target tracking policies
 * (with the scale-in portion turned on) are ready to scale in", and then to the most that any of them wants.
 */
function wantedByOthers({ region, policy, target }: Execution, capacity: number): number[] {
  return policiesOf(region)
    .list(`${targetKey(target)}|`)
    .filter(({ PolicyName }) => PolicyName !== policy.PolicyName)
    .flatMap(({ TargetTrackingScalingPolicyConfiguration: tracking, Alarms = [] }) => {
      if (!tracking || tracking.DisableScaleIn) return [];
      const low = Alarms.find(({ AlarmName = "" }) => directionOf(AlarmName) === "Low")?.AlarmName ?? "";
      const alarm = alarmsOf(region).get(low);
      const metric = alarm?.StateValue === "ALARM" ? latestValue(region, alarm) : undefined;
      return [metric === undefined ? capacity : proportionalCapacity(capacity, metric, tracking.TargetValue ?? 0)];
    });
}

function latestValue(region: Region, alarm: AlarmRecord): number | undefined {
  const now = region.clock.now();
  return datapointsOf(region, alarm, now - (now % minute)).findLast(({ value }) => value !== undefined)?.value;
}

/** What the policy did last, while its cooldown isn't over. */
function coolingOf(region: Region, policy: PolicyRecord): LastScaling | undefined {
  const last = lastScalingsOf(region).get(policyKey(policy));
  if (!last) return undefined;
  const tracking = policy.TargetTrackingScalingPolicyConfiguration;
  const tracked = last.direction === "out" ? tracking?.ScaleOutCooldown : tracking?.ScaleInCooldown;
  const seconds = tracked ?? policy.StepScalingPolicyConfiguration?.Cooldown ?? defaultCooldown;
  return region.clock.now() - last.at < seconds * 1000 ? last : undefined;
}

function isDeploying({ deployments = [] }: Service): boolean {
  return deployments.length > 1 || deployments.some(({ rolloutState }) => rolloutState === "IN_PROGRESS");
}
