import type { Constraints } from "../../protocols/constraints.ts";

const alarmName = { minimum: 1, maximum: 255, pattern: "\\P{Cc}+" };
const actions = { maximum: 5 };
const metricName = { minimum: 1, maximum: 255 };
const states = { values: ["OK", "ALARM", "INSUFFICIENT_DATA"] };

/** https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_Operations.html */
export const constraints: Constraints = {
  AlarmName: alarmName,
  AlarmNames: { maximum: 100 },
  AlarmDescription: { maximum: 1024 },
  OKActions: actions,
  AlarmActions: actions,
  InsufficientDataActions: actions,
  MetricName: metricName,
  Namespace: { minimum: 1, maximum: 255, pattern: "[^:].*" },
  Dimensions: { maximum: 30 },
  Period: { minimum: 1 },
  EvaluationPeriods: { minimum: 1 },
  StateValue: states,
  StateReason: { maximum: 1023 },
  StateReasonData: { maximum: 4000 },
  Statistic: { values: ["SampleCount", "Average", "Sum", "Minimum", "Maximum"] },
  HistoryItemType: { values: ["ConfigurationUpdate", "StateUpdate", "Action"] },
  MaxRecords: { minimum: 1, maximum: 100 },
  MaxDatapoints: { minimum: 1, maximum: 100_800 },
  MetricData: { maximum: 1000 },
  MetricDataQueries: { maximum: 500 },
  RecentlyActive: { values: ["PT3H"] },
  Tags: { maximum: 50 },
};
