import type { ScalableTarget, StepScalingPolicyConfiguration } from "@aws-sdk/client-application-auto-scaling";

/** What a policy did last, as far as its cooldown is concerned; instants in ms. */
export interface LastScaling {
  direction: "out" | "in";
  at: number;
  /** The capacity it began with. */
  from: number;
}

/**
 * The capacity at which the metric would be at its target, if it is shared out among all of it. "Always acts conservatively by
 * rounding": up, so that neither too little is added nor too much removed.
 */
export function proportionalCapacity(capacity: number, metric: number, target: number): number {
  // Nothing runs, and still there is something to do.
  if (capacity === 0) return metric > target ? 1 : 0;
  return Math.max(0, Math.ceil((capacity * metric) / target - 1e-9));
}

/**
 * What target tracking wants on scaling out. "While the scale-out cooldown period is in effect, the capacity added by the
 * initiating scale-out is calculated as part of the desired capacity for the next scale-out": only a larger one goes ahead.
 */
export function scaleOutBy(capacity: number, metric: number, target: number, cooling: LastScaling | undefined): number {
  const from = cooling?.direction === "out" ? cooling.from : capacity;
  return Math.max(capacity, proportionalCapacity(from, metric, target));
}

/** What target tracking wants on scaling in; "blocked until the scale-in cooldown period expires". */
export function scaleInTo(capacity: number, metric: number, target: number, cooling: LastScaling | undefined): number {
  if (cooling) return capacity;
  return Math.min(capacity, proportionalCapacity(capacity, metric, target));
}

/** What a step scaling policy wants when its alarm's metric is `difference` above (or, negative, below) the threshold. */
export function stepTo(
  configuration: StepScalingPolicyConfiguration,
  capacity: number,
  difference: number,
  cooling: LastScaling | undefined,
): number {
  const step = configuration.StepAdjustments?.find(
    ({ MetricIntervalLowerBound: lower, MetricIntervalUpperBound: upper }) =>
      // "Inclusive lower bound and exclusive upper bound" above the threshold, the other way round below it.
      difference >= 0
        ? difference >= (lower ?? Number.NEGATIVE_INFINITY) && difference < (upper ?? Number.POSITIVE_INFINITY)
        : difference > (lower ?? Number.NEGATIVE_INFINITY) && difference <= (upper ?? Number.POSITIVE_INFINITY),
  );
  if (!step) return capacity;
  const adjust = (from: number) => adjusted(configuration, from, step.ScalingAdjustment ?? 0);
  const wanted = adjust(capacity);
  if (!cooling) return wanted;
  // In its cooldown a policy only adds what goes beyond what it has added already.
  if (wanted > capacity && cooling.direction === "out") return Math.max(capacity, adjust(cooling.from));
  return wanted > capacity ? wanted : capacity;
}

function adjusted(
  { AdjustmentType, MinAdjustmentMagnitude = 0 }: StepScalingPolicyConfiguration,
  capacity: number,
  adjustment: number,
): number {
  if (AdjustmentType === "ExactCapacity") return adjustment;
  if (AdjustmentType === "ChangeInCapacity") return capacity + adjustment;
  const share = (capacity * adjustment) / 100;
  // "Values greater than 1 are rounded down, between 0 and 1 rounded to 1, between 0 and -1 to -1, less than -1 rounded up."
  const change = Math.abs(share) < 1 ? Math.sign(share) : Math.trunc(share);
  return capacity + Math.sign(adjustment) * Math.max(Math.abs(change), MinAdjustmentMagnitude);
}

/** Where a target may go: within its bounds, and not in a direction that is suspended. */
export function permitted(target: Omit<ScalableTarget, "CreationTime">, capacity: number, wanted: number): number {
  const { MinCapacity = 0, MaxCapacity = Number.POSITIVE_INFINITY, SuspendedState } = target;
  const desired = Math.min(Math.max(wanted, MinCapacity), MaxCapacity);
  if (desired > capacity && SuspendedState?.DynamicScalingOutSuspended) return capacity;
  if (desired < capacity && SuspendedState?.DynamicScalingInSuspended) return capacity;
  return desired;
}
