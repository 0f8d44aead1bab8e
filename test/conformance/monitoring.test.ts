import { CloudWatch } from "@aws-sdk/client-cloudwatch";
import { expect, test } from "vitest";
import { conformance, refusals } from "./targets.ts";

const reference = (page: string) => `https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_${page}.html`;
const minute = 60_000;

conformance((target) => {
  const cloudwatch = target.client(CloudWatch);
  /** The minute that was over two minutes ago. */
  const then = new Date(Math.floor(Date.now() / minute - 2) * minute);
  const range = { StartTime: new Date(then.getTime() - minute), EndTime: new Date(then.getTime() + 2 * minute) };
  const definition = {
    Namespace: "Shop",
    MetricName: "Errors",
    Statistic: "Sum",
    Period: 60,
    EvaluationPeriods: 2,
    Threshold: 5,
    ComparisonOperator: "GreaterThanThreshold",
  } as const;
  const alarm = async (AlarmName: string, more = {}) => {
    await cloudwatch.putMetricAlarm({ AlarmName, ...definition, ...more });
    return AlarmName;
  };
  const found = async (AlarmName: string) =>
    (await cloudwatch.describeAlarms({ AlarmNames: [AlarmName] })).MetricAlarms?.[0];

  test("PutMetricData, ListMetrics, GetMetricStatistics", async () => {
    const metric = { Namespace: "Statistics", MetricName: "Latency", Dimensions: [{ Name: "Service", Value: "web" }] };
    const { Namespace, ...datum } = metric;
    await cloudwatch.putMetricData({
      Namespace,
      MetricData: [1, 2, 6].map((Value) => ({ ...datum, Value, Timestamp: then, Unit: "Seconds" })),
    });
    expect((await cloudwatch.listMetrics({ Namespace })).Metrics).toEqual([metric]);
    expect((await cloudwatch.listMetrics({ Namespace, MetricName: "Other" })).Metrics ?? []).toEqual([]);
    const statistics = ["Sum", "Average", "Minimum", "Maximum", "SampleCount"] as const;
    const { Datapoints } = await cloudwatch.getMetricStatistics({
      ...metric,
      ...range,
      Period: 60,
      Statistics: [...statistics],
    });
    expect(Datapoints).toEqual([
      { Timestamp: then, Sum: 9, Average: 3, Minimum: 1, Maximum: 6, SampleCount: 3, Unit: "Seconds" },
    ]);
    await target.motoDiffers(reference("GetMetricStatistics"), async () => {
      const extended = { ...metric, ...range, Period: 60, ExtendedStatistics: ["p50"] };
      const { Datapoints: percentiles } = await cloudwatch.getMetricStatistics(extended);
      expect(percentiles?.[0]?.ExtendedStatistics).toEqual({ p50: 2 });
    });
  });

  test("GetMetricData", async () => {
    const Namespace = "Queries";
    await cloudwatch.putMetricData({
      Namespace,
      MetricData: [
        { MetricName: "Backlog", Value: 30, Timestamp: then },
        { MetricName: "Tasks", Value: 4, Timestamp: then },
      ],
    });
    const stat = (Id: string, MetricName: string, more = {}) => ({
      Id,
      MetricStat: { Metric: { Namespace, MetricName }, Period: 60, Stat: "Average" },
      ...more,
    });
    const one = await cloudwatch.getMetricData({ ...range, MetricDataQueries: [stat("backlog", "Backlog")] });
    expect(one.MetricDataResults).toMatchObject([
      { Id: "backlog", Timestamps: [then], Values: [30], StatusCode: "Complete" },
    ]);
    await target.motoDiffers(reference("MetricDataQuery"), async () => {
      const { MetricDataResults } = await cloudwatch.getMetricData({
        ...range,
        MetricDataQueries: [
          stat("backlog", "Backlog", { ReturnData: false }),
          stat("tasks", "Tasks", { ReturnData: false }),
          { Id: "each", Expression: "backlog / tasks", Label: "Backlog per task" },
        ],
      });
      expect(MetricDataResults).toMatchObject([{ Id: "each", Label: "Backlog per task", Values: [7.5] }]);
    });
  });

  test("PutMetricAlarm, DescribeAlarms, DescribeAlarmsForMetric, DeleteAlarms", async () => {
    const AlarmName = await alarm("described", { MetricName: "Described", TreatMissingData: "notBreaching" });
    expect(await found(AlarmName)).toMatchObject({
      ...definition,
      MetricName: "Described",
      AlarmName,
      AlarmArn: `arn:aws:cloudwatch:${target.region}:${target.accountId}:alarm:described`,
      ActionsEnabled: true,
      StateValue: target.accountId === "123456789012" ? "OK" : "INSUFFICIENT_DATA",
      TreatMissingData: "notBreaching",
    });
    const { MetricAlarms } = await cloudwatch.describeAlarmsForMetric({ Namespace: "Shop", MetricName: "Described" });
    expect(MetricAlarms?.map((each) => each.AlarmName)).toEqual([AlarmName]);
    await cloudwatch.deleteAlarms({ AlarmNames: [AlarmName] });
    expect(await found(AlarmName)).toBeUndefined();
  });

  test("SetAlarmState, DescribeAlarmHistory", async () => {
    const AlarmName = await alarm("set");
    await cloudwatch.setAlarmState({ AlarmName, StateValue: "ALARM", StateReason: "rehearsal" });
    expect(await found(AlarmName)).toMatchObject({ StateValue: "ALARM", StateReason: "rehearsal" });
    await target.motoDiffers(reference("DescribeAlarmHistory"), async () => {
      const { AlarmHistoryItems } = await cloudwatch.describeAlarmHistory({
        AlarmName,
        HistoryItemType: "StateUpdate",
      });
      expect(AlarmHistoryItems).toMatchObject([
        { AlarmName, HistorySummary: "Alarm updated from INSUFFICIENT_DATA to ALARM" },
      ]);
    });
  });

  test("DisableAlarmActions, EnableAlarmActions", async () => {
    const AlarmName = await alarm("switched");
    await target.motoDiffers(reference("DisableAlarmActions"), async () => {
      await cloudwatch.disableAlarmActions({ AlarmNames: [AlarmName] });
      expect((await found(AlarmName))?.ActionsEnabled).toBe(false);
      await cloudwatch.enableAlarmActions({ AlarmNames: [AlarmName] });
      expect((await found(AlarmName))?.ActionsEnabled).toBe(true);
    });
  });

  test("TagResource, UntagResource, ListTagsForResource", async () => {
    const ResourceARN = (await found(await alarm("tagged", { Tags: [{ Key: "app", Value: "shop" }] })))?.AlarmArn;
    await cloudwatch.tagResource({ ResourceARN, Tags: [{ Key: "team", Value: "web" }] });
    await cloudwatch.untagResource({ ResourceARN, TagKeys: ["app"] });
    expect((await cloudwatch.listTagsForResource({ ResourceARN })).Tags).toEqual([{ Key: "team", Value: "web" }]);
  });

  const metric = { Namespace: "Shop", MetricName: "Errors", Period: 60 };
  const ResourceARN = `arn:aws:cloudwatch:${target.region}:${target.accountId}:alarm:nobody`;
  refusals(target, [
    [
      "to set the state of no alarm",
      () => cloudwatch.setAlarmState({ AlarmName: "nobody", StateValue: "OK", StateReason: "-" }),
      "ResourceNotFound",
    ],
    [
      "a state there isn't",
      async () =>
        cloudwatch.setAlarmState({ AlarmName: await alarm("odd"), StateValue: "FINE" as "OK", StateReason: "-" }),
      "ValidationException",
    ],
    [
      "an alarm with two statistics",
      () => alarm("both", { ExtendedStatistic: "p99" }),
      "ValidationException",
      reference("PutMetricAlarm"),
    ],
    [
      "metrics in a namespace of AWS",
      () => cloudwatch.putMetricData({ Namespace: "AWS/ECS", MetricData: [{ MetricName: "Mine", Value: 1 }] }),
      "InvalidParameterValueException",
      reference("PutMetricData"),
    ],
    [
      "statistics without one",
      () => cloudwatch.getMetricStatistics({ ...metric, ...range }),
      "MissingRequiredParameterException",
      reference("GetMetricStatistics"),
    ],
    [
      "more datapoints than a call gives",
      () =>
        cloudwatch.getMetricStatistics({
          ...metric,
          StartTime: new Date(0),
          EndTime: new Date(),
          Statistics: ["Sum"],
        }),
      "InvalidParameterCombinationException",
      reference("GetMetricStatistics"),
    ],
    [
      "an expression of what isn't asked for",
      () => cloudwatch.getMetricData({ ...range, MetricDataQueries: [{ Id: "sum", Expression: "m1 + m2" }] }),
      "ValidationException",
      reference("GetMetricData"),
    ],
    [
      "tags of no alarm",
      () => cloudwatch.listTagsForResource({ ResourceARN }),
      "ResourceNotFoundException",
      reference("ListTagsForResource"),
    ],
    [
      "to tag no alarm",
      () => cloudwatch.tagResource({ ResourceARN, Tags: [{ Key: "a", Value: "b" }] }),
      "ResourceNotFoundException",
    ],
  ]);
});
