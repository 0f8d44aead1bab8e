import {
  CloudWatchClient,
  DeleteAlarmsCommand,
  DescribeAlarmHistoryCommand,
  DescribeAlarmsCommand,
  DescribeAlarmsForMetricCommand,
  DisableAlarmActionsCommand,
  ListTagsForResourceCommand,
  PutCompositeAlarmCommand,
  PutMetricAlarmCommand,
  type PutMetricAlarmCommandInput,
  SetAlarmStateCommand,
  TagResourceCommand,
  UntagResourceCommand,
} from "@aws-sdk/client-cloudwatch";
import { afterAll, beforeAll, expect, test } from "vitest";
import { startTestDrydock, type TestDrydock } from "../../../testing.ts";

let drydock: TestDrydock;
let cloudwatch: CloudWatchClient;
beforeAll(async () => {
  drydock = await startTestDrydock({ keep: true });
  cloudwatch = drydock.client(CloudWatchClient);
});
afterAll(() => drydock.close());

const Dimensions = [{ Name: "Service", Value: "web" }];
const definition = {
  Namespace: "Shop",
  MetricName: "Errors",
  Dimensions,
  Statistic: "Sum",
  Period: 60,
  EvaluationPeriods: 3,
  Threshold: 5,
  ComparisonOperator: "GreaterThanThreshold",
} satisfies Partial<PutMetricAlarmCommandInput>;

const put = (AlarmName: string, more: Partial<PutMetricAlarmCommandInput> = {}) =>
  cloudwatch.send(new PutMetricAlarmCommand({ AlarmName, ...definition, ...more }));
const describe = async (...AlarmNames: string[]) =>
  (await cloudwatch.send(new DescribeAlarmsCommand({ AlarmNames }))).MetricAlarms ?? [];

test("an alarm begins without data and takes the state it is given, which its history tells", async () => {
  await put("errors");
  expect(await describe("errors")).toEqual([
    {
      ...definition,
      AlarmName: "errors",
      AlarmArn: "arn:aws:cloudwatch:eu-west-1:000000000000:alarm:errors",
      AlarmConfigurationUpdatedTimestamp: expect.any(Date),
      ActionsEnabled: true,
      OKActions: [],
      AlarmActions: [],
      InsufficientDataActions: [],
      StateValue: "INSUFFICIENT_DATA",
      StateReason: "Unchecked: Initial alarm creation",
      StateUpdatedTimestamp: expect.any(Date),
      StateTransitionedTimestamp: expect.any(Date),
    },
  ]);
  const set = { AlarmName: "errors", StateValue: "ALARM", StateReason: "rehearsal" } as const;
  await cloudwatch.send(new SetAlarmStateCommand(set));
  expect(await describe("errors")).toMatchObject([{ StateValue: "ALARM", StateReason: "rehearsal" }]);
  const { AlarmHistoryItems } = await cloudwatch.send(new DescribeAlarmHistoryCommand({ AlarmName: "errors" }));
  expect(AlarmHistoryItems?.map(({ HistorySummary }) => HistorySummary)).toEqual([
    "Alarm updated from INSUFFICIENT_DATA to ALARM",
    'Alarm "errors" created',
  ]);
  await put("errors", { Threshold: 9 });
  expect(await describe("errors")).toMatchObject([{ Threshold: 9, StateValue: "ALARM" }]);
  await cloudwatch.send(new DeleteAlarmsCommand({ AlarmNames: ["errors", "unknown"] }));
  expect(await describe("errors")).toEqual([]);
  await expect(cloudwatch.send(new SetAlarmStateCommand(set))).rejects.toMatchObject({ name: "ResourceNotFound" });
});

test("alarms are found by prefix, state and metric, and come in pages", async () => {
  for (const name of ["page-a", "page-b", "page-c"]) await put(name, { MetricName: "Paged" });
  await cloudwatch.send(new SetAlarmStateCommand({ AlarmName: "page-b", StateValue: "OK", StateReason: "fine" }));
  const names = async (input: object) => {
    const answer = await cloudwatch.send(new DescribeAlarmsCommand({ AlarmNamePrefix: "page-", ...input }));
    return { names: answer.MetricAlarms?.map(({ AlarmName }) => AlarmName), next: answer.NextToken };
  };
  expect((await names({ StateValue: "OK" })).names).toEqual(["page-b"]);
  const first = await names({ MaxRecords: 2 });
  expect(first.names).toEqual(["page-a", "page-b"]);
  expect(await names({ MaxRecords: 2, NextToken: first.next })).toEqual({ names: ["page-c"], next: undefined });
  const { Namespace } = definition;
  const forMetric = await cloudwatch.send(
    new DescribeAlarmsForMetricCommand({ Namespace, MetricName: "Paged", Dimensions }),
  );
  expect(forMetric.MetricAlarms?.length).toBe(3);
});

test("an alarm's tags, and its actions switched off", async () => {
  await put("tagged", { Tags: [{ Key: "app", Value: "shop" }] });
  const [{ AlarmArn: ResourceARN } = {}] = await describe("tagged");
  await cloudwatch.send(new TagResourceCommand({ ResourceARN, Tags: [{ Key: "team", Value: "web" }] }));
  await cloudwatch.send(new UntagResourceCommand({ ResourceARN, TagKeys: ["app"] }));
  const { Tags } = await cloudwatch.send(new ListTagsForResourceCommand({ ResourceARN }));
  expect(Tags).toEqual([{ Key: "team", Value: "web" }]);
  await cloudwatch.send(new DisableAlarmActionsCommand({ AlarmNames: ["tagged"] }));
  expect(await describe("tagged")).toMatchObject([{ ActionsEnabled: false }]);
});

test.each<[string, Partial<PutMetricAlarmCommandInput>, string, string]>([
  [
    "an action nobody can carry out",
    { AlarmActions: ["arn:aws:sns:eu-west-1:0:ops"] },
    "ValidationException",
    "no SNS here",
  ],
  [
    "two statistics",
    { ExtendedStatistic: "p99" },
    "ValidationException",
    "Exactly one of Statistic and ExtendedStatistic",
  ],
  [
    "more datapoints than periods",
    { DatapointsToAlarm: 4 },
    "ValidationException",
    "DatapointsToAlarm must be between",
  ],
  ["an odd period", { Period: 45 }, "ValidationException", "Period must be 10, 20, 30 or a multiple of 60"],
  [
    "a trimmed mean",
    { Statistic: undefined, ExtendedStatistic: "tm90" },
    "ValidationException",
    "drydock does not build the statistic tm90",
  ],
  ["an anomaly band", { ThresholdMetricId: "band" }, "NotImplemented", "anomaly detection"],
])("an alarm with %s is refused", async (_, more, name, message) => {
  await expect(put("refused", more)).rejects.toMatchObject({ name, message: expect.stringContaining(message) });
  expect(await describe("refused")).toEqual([]);
});

test("a composite alarm is refused by name", async () => {
  const composite = new PutCompositeAlarmCommand({ AlarmName: "both", AlarmRule: "ALARM(a) AND ALARM(b)" });
  await expect(cloudwatch.send(composite)).rejects.toMatchObject({
    name: "NotImplemented",
    message: expect.stringContaining("monitoring:PutCompositeAlarm"),
  });
});
