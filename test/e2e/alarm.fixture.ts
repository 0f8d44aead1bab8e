import type { Aws } from "@fardel/core";

/** An alarm of which only the test says how it is. */
export async function addAlarm({ cloudWatch }: Aws, AlarmName: string): Promise<void> {
  await cloudWatch.putMetricAlarm({
    AlarmName,
    Namespace: "Shop",
    MetricName: "Errors",
    Statistic: "Sum",
    Period: 60,
    EvaluationPeriods: 1,
    Threshold: 1,
    ComparisonOperator: "GreaterThanThreshold",
    TreatMissingData: "ignore",
  });
}

export async function raiseAlarm({ cloudWatch }: Aws, AlarmName: string): Promise<void> {
  await cloudWatch.setAlarmState({ AlarmName, StateValue: "ALARM", StateReason: "test" });
}
