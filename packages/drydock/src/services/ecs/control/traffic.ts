import type { LoadBalancer, ServiceRevision } from "@aws-sdk/client-ecs";
import type { Rule, TargetGroupTuple } from "@aws-sdk/client-elastic-load-balancing-v2";
import type { Region } from "../../../region.ts";
import type { Action } from "../../../runtime/scheduler/state.ts";
import { confirmTraffic } from "../../../runtime/scheduler/traffic.ts";
import type { Ecs } from "../ecs.ts";
import { type ServiceRecord, serviceKey } from "../records.ts";
import { findRule } from "../services/listener-rules.ts";
import { addFailureEvent } from "./events.ts";

type Shift = Extract<Action, { type: "shiftTraffic" }>;

/** Gives the listener rules of a service the weights that were decided on. Answers whether the load balancer refused any. */
export async function shiftTraffic(ecs: Ecs, service: ServiceRecord, actions: Action[]): Promise<boolean> {
  let refused = false;
  for (const action of actions) {
    if (action.type !== "shiftTraffic") continue;
    try {
      await writeRules(ecs, service, action);
      confirm(ecs, service, action);
    } catch (error) {
      refused = true;
      const reason = error instanceof Error ? error.message : String(error);
      const message = `(service ${service.name}) failed to shift ${action.rule} traffic with (error ${reason})`;
      addFailureEvent(ecs, service, message);
    }
  }
  return refused;
}

/** The rules of the deployment under way, also where it turns back to a revision that had none. */
async function writeRules(ecs: Ecs, service: ServiceRecord, { rule, weights }: Shift): Promise<void> {
  const { revision } = ecs.records.revisionOf(service, service.state.rollout.deployment);
  const revisions = Object.entries(weights).map(([deployment, percent]) => ({
    percent,
    revision: ecs.records.revisionOf(service, deployment).revision,
  }));
  for (const loadBalancer of revision.loadBalancers ?? []) {
    const { productionListenerRule, testListenerRule } = loadBalancer.advancedConfiguration ?? {};
    const arn = rule === "production" ? productionListenerRule : testListenerRule;
    if (arn) await writeRule(ecs.region, arn, weightsOf(loadBalancer, revisions));
  }
}

/** Percent by target group, in the whole numbers up to 999 that ELB takes: tenths where there are some. */
function weightsOf(
  { targetGroupArn = "", advancedConfiguration }: LoadBalancer,
  revisions: { percent: number; revision: ServiceRevision }[],
): TargetGroupTuple[] {
  const scale = revisions.every(({ percent }) => Number.isInteger(percent)) ? 1 : 10;
  return [targetGroupArn, advancedConfiguration?.alternateTargetGroupArn ?? ""].map((arn) => {
    const own = revisions.filter(({ revision }) =>
      revision.resolvedConfiguration?.loadBalancers?.some((resolved) => resolved.targetGroupArn === arn),
    );
    return { TargetGroupArn: arn, Weight: Math.round(own.reduce((sum, { percent }) => sum + percent, 0) * scale) };
  });
}

/** A listener's default rule is changed through its listener. What else the rule says, stickiness included, stays. */
async function writeRule(region: Region, arn: string, TargetGroups: TargetGroupTuple[]): Promise<void> {
  const balancer = region.call("elasticloadbalancing");
  const found = await findRule(region, arn);
  const Actions = [forward(found, TargetGroups)];
  if (!found?.IsDefault) {
    await balancer.ModifyRule({ RuleArn: arn, Actions });
    return;
  }
  const ListenerArn = arn.slice(0, arn.lastIndexOf("/")).replace(":listener-rule/", ":listener/");
  await balancer.ModifyListener({ ListenerArn, DefaultActions: Actions });
}

function forward(rule: Rule | undefined, TargetGroups: TargetGroupTuple[]) {
  const action = rule?.Actions?.at(-1);
  const { TargetGroupStickinessConfig } = action?.ForwardConfig ?? {};
  return {
    Type: "forward" as const,
    ...(action?.Order === undefined ? {} : { Order: action.Order }),
    ForwardConfig: { TargetGroups, ...(TargetGroupStickinessConfig ? { TargetGroupStickinessConfig } : {}) },
  };
}

function confirm({ records, region }: Ecs, service: ServiceRecord, { rule, weights }: Shift): void {
  region.store.transaction(() => {
    const key = serviceKey(service);
    // It may have been asked for something else while the load balancer was at work.
    const current = records.services.get(key);
    if (current) records.services.put(key, { ...current, state: confirmTraffic(current.state, rule, weights) });
  });
}
