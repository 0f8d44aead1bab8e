import type { Region } from "../../../region.ts";
import type { Operations } from "../../../service.ts";
import type { DataPlane } from "../data-plane.ts";
import { listenerNotFound, loadBalancerNotFound, ruleNotFound, targetGroupNotFound } from "../errors.ts";
import type { ListenerRecord, LoadBalancerRecord, RuleRecord, State, TargetGroupRecord } from "../state.ts";

/** What every operation works on. */
export interface Context {
  region: Region;
  state: State;
  plane: DataPlane;
}

export type ElbOperations = Operations<typeof import("@aws-sdk/client-elastic-load-balancing-v2")>;

export function loadBalancerOf({ state }: Context, arn: string): LoadBalancerRecord {
  const record = state.loadBalancers.get(arn);
  if (!record) throw loadBalancerNotFound(arn);
  return record;
}

export function targetGroupOf({ state }: Context, arn: string): TargetGroupRecord {
  const record = state.targetGroups.get(arn);
  if (!record) throw targetGroupNotFound(arn);
  return record;
}

export function listenerOf({ state }: Context, arn: string): ListenerRecord {
  const record = state.listeners.get(arn);
  if (!record) throw listenerNotFound();
  return record;
}

export function ruleOf({ state }: Context, arn: string): RuleRecord {
  const record = state.rules.get(arn);
  if (!record) throw ruleNotFound();
  return record;
}
