import type { CustomizedMetricSpecification } from "@aws-sdk/client-application-auto-scaling";
import type { MetricDataQuery, PutMetricAlarmCommandInput } from "@aws-sdk/client-cloudwatch";
import type { PolicyRecord } from "./records.ts";

type Metric = Pick<
  PutMetricAlarmCommandInput,
  "Namespace" | "MetricName" | "Dimensions" | "Statistic" | "Unit" | "Period" | "Metrics"
>;

const period = 60;
/** Scaling in begins when the metric is this far below the target, lest it goes back and forth. */
const lowShare = 0.9;

export type Direction = "High" | "Low";

/** `TargetTracking-service/main/web-AlarmHigh-<id>` */
export function trackingAlarmName(policy: PolicyRecord, direction: Direction, id: string): string {
  return `TargetTracking-${policy.ResourceId}-Alarm${direction}-${id}`;
}

/** By its name, which of a policy's alarms one is; undefined for one that isn't a policy's own. */
export function directionOf(alarmName: string): Direction | undefined {
  return /^TargetTracking-.*-Alarm(High|Low)-[0-9a-f-]{36}$/.exec(alarmName)?.[1] as Direction | undefined;
}

/**
 * The alarms a target tracking policy goes by, as AWS makes them: above the target for three minutes, below nine tenths of
 * it for fifteen. `id` makes their names unique. A policy that doesn't scale in has only the first.
 */
export function trackingAlarms(policy: PolicyRecord, id: string): PutMetricAlarmCommandInput[] {
  const tracking = policy.TargetTrackingScalingPolicyConfiguration;
  const target = tracking?.TargetValue ?? 0;
  const common = {
    ...metricOf(policy),
    AlarmDescription: `DO NOT EDIT OR DELETE. For TargetTrackingScaling policy ${policy.PolicyARN}.`,
    AlarmActions: [policy.PolicyARN],
  };
  const high: PutMetricAlarmCommandInput = {
    ...common,
    AlarmName: trackingAlarmName(policy, "High", id),
    ComparisonOperator: "GreaterThanThreshold",
    Threshold: target,
    EvaluationPeriods: 3,
  };
  const low: PutMetricAlarmCommandInput = {
    ...common,
    AlarmName: trackingAlarmName(policy, "Low", id),
    ComparisonOperator: "LessThanThreshold",
    Threshold: target * lowShare,
    EvaluationPeriods: 15,
  };
  return tracking?.DisableScaleIn ? [high] : [high, low];
}

function metricOf(policy: PolicyRecord): Metric {
  const tracking = policy.TargetTrackingScalingPolicyConfiguration;
  const customized = tracking?.CustomizedMetricSpecification;
  if (customized) return customizedMetric(customized);
  const { PredefinedMetricType, ResourceLabel = "" } = tracking?.PredefinedMetricSpecification ?? {};
  if (PredefinedMetricType === "ALBRequestCountPerTarget") {
    // app/<load balancer>/<id>/targetgroup/<target group>/<id>
    const [loadBalancer = "", targetGroup = ""] = ResourceLabel.split("/targetgroup/");
    return {
      Namespace: "AWS/ApplicationELB",
      MetricName: "RequestCountPerTarget",
      Dimensions: [
        { Name: "TargetGroup", Value: `targetgroup/${targetGroup}` },
        { Name: "LoadBalancer", Value: loadBalancer },
      ],
      Statistic: "Sum",
      Period: period,
    };
  }
  const [, ClusterName = "", ServiceName = ""] = policy.ResourceId.split("/");
  return {
    Namespace: "AWS/ECS",
    MetricName: PredefinedMetricType === "ECSServiceAverageMemoryUtilization" ? "MemoryUtilization" : "CPUUtilization",
    Dimensions: [
      { Name: "ClusterName", Value: ClusterName },
      { Name: "ServiceName", Value: ServiceName },
    ],
    Statistic: "Average",
    Unit: "Percent",
    Period: period,
  };
}

function customizedMetric({ Metrics, ...metric }: CustomizedMetricSpecification): Metric {
  if (!Metrics) {
    const { Namespace, MetricName, Dimensions, Statistic, Unit } = metric;
    return { Namespace, MetricName, Dimensions, Statistic, Unit: Unit as Metric["Unit"], Period: period };
  }
  return {
    Metrics: Metrics.map(({ MetricStat, ...query }) => ({
      ...query,
      ...(MetricStat && { MetricStat: { ...MetricStat, Period: period } }),
    })) as MetricDataQuery[],
  };
}
