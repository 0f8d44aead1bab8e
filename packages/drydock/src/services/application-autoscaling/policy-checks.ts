import type { PolicyType, ScalingPolicy, StepAdjustment } from "@aws-sdk/client-application-auto-scaling";
import { AwsError } from "../../errors.ts";

/** Of the predefined metrics, those of ECS services. */
const ecsMetrics = [
  "ECSServiceAverageCPUUtilization",
  "ECSServiceAverageMemoryUtilization",
  "ALBRequestCountPerTarget",
];

type Policy = Pick<
  ScalingPolicy,
  "PolicyType" | "StepScalingPolicyConfiguration" | "TargetTrackingScalingPolicyConfiguration"
>;

/** Throws ValidationException for a policy AWS would not take, and NotImplemented for one that needs a forecast. */
export function checkPolicy(policy: Policy, typeBefore: PolicyType | undefined): void {
  if (policy.PolicyType === undefined) throw invalid("PolicyType is required when creating a scaling policy.");
  if (policy.PolicyType === "PredictiveScaling") {
    throw new AwsError("NotImplemented", "drydock does not build predictive scaling policies.", { status: 501 });
  }
  if (typeBefore !== undefined && typeBefore !== policy.PolicyType) {
    throw invalid("The policy type of an existing scaling policy cannot be changed.");
  }
  if (policy.PolicyType === "StepScaling") checkSteps(policy);
  else checkTargetTracking(policy);
}

function checkTargetTracking({ TargetTrackingScalingPolicyConfiguration: tracking, ...other }: Policy): void {
  if (!tracking || other.StepScalingPolicyConfiguration) {
    throw invalid("A TargetTrackingScaling policy has a TargetTrackingScalingPolicyConfiguration and no other.");
  }
  const { PredefinedMetricSpecification: predefined, CustomizedMetricSpecification: customized } = tracking;
  // "You can specify either a predefined metric or a customized metric."
  if (Boolean(predefined) === Boolean(customized)) {
    throw invalid("Specify either PredefinedMetricSpecification or CustomizedMetricSpecification.");
  }
  if (!predefined) return;
  const { PredefinedMetricType: metric = "", ResourceLabel: label } = predefined;
  if (metric.endsWith("HighResolution")) {
    const message = `drydock measures by the minute, and does not build ${metric}.`;
    throw new AwsError("NotImplemented", message, { status: 501 });
  }
  if (!ecsMetrics.includes(metric)) throw invalid(`Predefined metric type ${metric} is not one of ECS services.`);
  // "You can't specify a resource label unless the metric type is ALBRequestCountPerTarget."
  if ((metric === "ALBRequestCountPerTarget") !== (label !== undefined)) {
    throw invalid("ResourceLabel is required for ALBRequestCountPerTarget, and for no other metric type.");
  }
}

function checkSteps({ StepScalingPolicyConfiguration: steps, ...other }: Policy): void {
  if (!steps || other.TargetTrackingScalingPolicyConfiguration) {
    throw invalid("A StepScaling policy has a StepScalingPolicyConfiguration and no other.");
  }
  if (!steps.AdjustmentType) throw invalid("AdjustmentType is required when creating a step scaling policy.");
  if (!steps.StepAdjustments?.length) throw invalid("At least one step adjustment is required.");
  if (steps.StepAdjustments.some(isEmpty)) {
    throw invalid("MetricIntervalLowerBound must be less than MetricIntervalUpperBound.");
  }
}

function isEmpty({ MetricIntervalLowerBound: lower, MetricIntervalUpperBound: upper }: StepAdjustment): boolean {
  return (lower ?? Number.NEGATIVE_INFINITY) >= (upper ?? Number.POSITIVE_INFINITY);
}

function invalid(message: string): AwsError {
  return new AwsError("ValidationException", message);
}
