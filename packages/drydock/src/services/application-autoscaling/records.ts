import type {
  ScalableDimension,
  ScalableTarget,
  ScalingActivity,
  ScalingPolicy,
  ScheduledAction,
  ServiceNamespace,
} from "@aws-sdk/client-application-auto-scaling";
import { AwsError } from "../../errors.ts";
import type { Region } from "../../region.ts";
import type { LastScaling } from "./decisions.ts";

/** "Scalable targets are uniquely identified by the combination of resource ID, scalable dimension, and namespace." */
export interface TargetIdentity {
  ServiceNamespace: ServiceNamespace;
  ResourceId: string;
  ScalableDimension: ScalableDimension;
}

/** What is kept as AWS describes it, with times as the store keeps them: milliseconds. */
type Kept<T> = Omit<T, keyof TargetIdentity | "CreationTime" | "StartTime" | "EndTime"> & TargetIdentity;

export type TargetRecord = Kept<ScalableTarget> & {
  MinCapacity: number;
  MaxCapacity: number;
  ScalableTargetARN: string;
  created: number;
  tags: Record<string, string>;
};
export type PolicyRecord = Kept<ScalingPolicy> & { PolicyName: string; PolicyARN: string; created: number };
export type ActivityRecord = Kept<ScalingActivity> & { started: number; ended: number };

export type ScheduledActionRecord = Omit<ScheduledAction, keyof TargetIdentity | "CreationTime"> &
  TargetIdentity & {
    ScheduledActionName: string;
    Schedule: string;
    created: number;
    /** Occurrences up to here have been carried out, or were too early. */
    lookedAt: number;
  };

export const targetsOf = (region: Region) => region.store.collection<TargetRecord>("application-autoscaling.targets");
export const policiesOf = (region: Region) => region.store.collection<PolicyRecord>("application-autoscaling.policies");
export const activitiesOf = (region: Region) =>
  region.store.collection<ActivityRecord>("application-autoscaling.activities");

export const lastScalingsOf = (region: Region) =>
  region.store.collection<LastScaling>("application-autoscaling.last-scalings");
export const scheduledActionsOf = (region: Region) =>
  region.store.collection<ScheduledActionRecord>("application-autoscaling.scheduled-actions");

/** The key of a target, and the beginning of its policies' keys. */
export function targetKey({ ServiceNamespace, ResourceId, ScalableDimension }: TargetIdentity): string {
  return `${ServiceNamespace}|${ResourceId}|${ScalableDimension}`;
}

export function policyKey(policy: TargetIdentity & { PolicyName: string }): string {
  return `${targetKey(policy)}|${policy.PolicyName}`;
}

export function scheduledActionKey(action: TargetIdentity & { ScheduledActionName: string }): string {
  return `${targetKey(action)}|${action.ScheduledActionName}`;
}

/** `service namespace: ecs, resource ID: service/main/web, scalable dimension: …`, as AWS's messages name a target. */
export function nameOf({ ServiceNamespace, ResourceId, ScalableDimension }: TargetIdentity): string {
  return `service namespace: ${ServiceNamespace}, resource ID: ${ResourceId}, scalable dimension: ${ScalableDimension}`;
}

interface TargetFilter {
  ServiceNamespace: ServiceNamespace;
  ResourceIds?: string[] | undefined;
  ScalableDimension?: string | undefined;
}

/** Whether a description that asks for these wants this one. Throws where a dimension comes without its resource. */
export function wantedBy({ ServiceNamespace, ResourceIds = [], ScalableDimension }: TargetFilter) {
  if (ScalableDimension !== undefined && ResourceIds.length === 0) {
    const message = "If you specify a scalable dimension, you must also specify a resource ID.";
    throw new AwsError("ValidationException", message);
  }
  return (record: TargetIdentity) =>
    record.ServiceNamespace === ServiceNamespace &&
    (ResourceIds.length === 0 || ResourceIds.includes(record.ResourceId)) &&
    (ScalableDimension === undefined || record.ScalableDimension === ScalableDimension);
}
