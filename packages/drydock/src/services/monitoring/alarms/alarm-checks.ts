import type { PutMetricAlarmCommandInput } from "@aws-sdk/client-cloudwatch";
import { AwsError } from "../../../errors.ts";
import { checkStatistic } from "../statistics.ts";
import { checkActions } from "./actions.ts";

const comparisons = [
  "GreaterThanOrEqualToThreshold",
  "GreaterThanThreshold",
  "LessThanThreshold",
  "LessThanOrEqualToThreshold",
];
const missingData = ["breaching", "notBreaching", "ignore", "missing"];
/** "An alarm's total current evaluation period can be no longer than seven days." */
const longestRange = 7 * 86_400;

/** Throws for an alarm that CloudWatch refuses, and NotImplemented for what drydock doesn't evaluate. */
export function checkAlarm(input: PutMetricAlarmCommandInput): void {
  const unsupported = [
    input.ThresholdMetricId && "anomaly detection",
    input.EvaluateLowSampleCountPercentile === "ignore" && "EvaluateLowSampleCountPercentile ignore",
    input.EvaluationCriteria && "EvaluationCriteria",
    input.EvaluationWindow && "EvaluationWindow",
    input.WarmUpConfiguration && "WarmUpConfiguration",
  ].find(Boolean);
  if (unsupported) {
    throw new AwsError("NotImplemented", `drydock does not evaluate alarms with ${unsupported}.`, { status: 501 });
  }
  checkMetric(input);
  checkEvaluation(input);
  checkActions([...(input.AlarmActions ?? []), ...(input.OKActions ?? []), ...(input.InsufficientDataActions ?? [])]);
}

function checkMetric(input: PutMetricAlarmCommandInput): void {
  const { Metrics, MetricName, Namespace, Period, Statistic, ExtendedStatistic } = input;
  if (Metrics) {
    if (MetricName || Namespace || Period || Statistic || ExtendedStatistic || input.Dimensions?.length) {
      throw invalid(
        "Metrics list can't be used together with MetricName, Namespace, Dimensions, Period or a statistic.",
      );
    }
    const returning = Metrics.filter(({ ReturnData }) => ReturnData !== false);
    if (returning.length !== 1) {
      throw invalid("Exactly one element of the metrics list should return data.");
    }
    return;
  }
  if (!MetricName || !Namespace || !Period) throw invalid("MetricName, Namespace and Period are required.");
  if (Boolean(Statistic) === Boolean(ExtendedStatistic)) {
    throw invalid("Exactly one of Statistic and ExtendedStatistic must be specified.");
  }
  checkStatistic(Statistic ?? ExtendedStatistic ?? "");
  if (![10, 20, 30].includes(Period) && Period % 60 !== 0) {
    throw invalid("Period must be 10, 20, 30 or a multiple of 60.");
  }
}

function checkEvaluation(input: PutMetricAlarmCommandInput): void {
  const { EvaluationPeriods, DatapointsToAlarm, Threshold, ComparisonOperator, TreatMissingData, Period } = input;
  if (EvaluationPeriods === undefined) throw invalid("EvaluationPeriods is required.");
  if (Threshold === undefined) throw invalid("Threshold is required.");
  if (!comparisons.includes(ComparisonOperator ?? "")) {
    throw invalid(`ComparisonOperator must be one of ${comparisons.join(", ")}.`);
  }
  if (DatapointsToAlarm !== undefined && (DatapointsToAlarm < 1 || DatapointsToAlarm > EvaluationPeriods)) {
    throw invalid("DatapointsToAlarm must be between 1 and EvaluationPeriods.");
  }
  if (TreatMissingData !== undefined && !missingData.includes(TreatMissingData)) {
    throw invalid(`Option ${TreatMissingData} is not supported for missing data: ${missingData.join(", ")}.`);
  }
  if ((Period ?? 0) * EvaluationPeriods > longestRange) {
    throw invalid(
      "Metrics cannot be checked across more than seven days (EvaluationPeriods * Period must be <= 604800).",
    );
  }
}

function invalid(message: string): AwsError {
  return new AwsError("ValidationError", message);
}
