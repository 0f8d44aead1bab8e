import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { CloudWatch } from "@aws-sdk/client-cloudwatch";
import { SQS } from "@aws-sdk/client-sqs";
import { expect, onTestFinished, test } from "vitest";
import { startTestDrydock } from "../../../testing.ts";
import { VirtualClock } from "../../ecs/world.fixture.ts";
import { metricName } from "./load-balancers.ts";

const tick = 10_000;

test("a queue's messages are counted every minute, alarms see them, and both outlast a restart", async () => {
  const directory = mkdtempSync(join(tmpdir(), "drydock-measured-"));
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
  const clock = new VirtualClock();
  const first = await startTestDrydock({ clock, directory, runtime: "simulated", keep: true });
  const sqs = first.client(SQS);
  const cloudwatch = first.client(CloudWatch);
  const { QueueUrl } = await sqs.createQueue({ QueueName: "ingest" });
  for (const MessageBody of ["a", "b", "c"]) await sqs.sendMessage({ QueueUrl, MessageBody });
  const metric = {
    Namespace: "AWS/SQS",
    MetricName: "ApproximateNumberOfMessagesVisible",
    Dimensions: [{ Name: "QueueName", Value: "ingest" }],
  };
  await cloudwatch.putMetricAlarm({
    ...metric,
    AlarmName: "backlog",
    Statistic: "Maximum",
    Period: 60,
    EvaluationPeriods: 2,
    Threshold: 2,
    ComparisonOperator: "GreaterThanThreshold",
  });
  const begin = clock.now();
  // A call between two ticks lets the round of a minute finish.
  for (let elapsed = 0; elapsed < 180_000; elapsed += tick) {
    await clock.advance(tick);
    await cloudwatch.listMetrics({});
  }
  const range = { StartTime: new Date(begin), EndTime: new Date(clock.now()) };
  const values = async (client: CloudWatch) => {
    const statistics = { ...metric, ...range, Period: 60, Statistics: ["Maximum" as const] };
    const { Datapoints = [] } = await client.getMetricStatistics(statistics);
    return Datapoints.map(({ Maximum }) => Maximum);
  };
  expect(await values(cloudwatch)).toEqual([3, 3, 3]);
  expect((await cloudwatch.describeAlarms({})).MetricAlarms?.[0]?.StateValue).toBe("ALARM");
  await first.close();

  const second = await startTestDrydock({ clock, directory });
  const again = second.client(CloudWatch);
  expect(await values(again)).toEqual([3, 3, 3]);
  expect((await again.describeAlarms({})).MetricAlarms?.[0]?.StateValue).toBe("ALARM");
});

test("a resource's name in dimensions is the end of its ARN", () => {
  const arn = "arn:aws:elasticloadbalancing:eu-west-1:000000000000";
  expect(metricName(`${arn}:loadbalancer/app/web/50dc6c495c0c9188`)).toBe("app/web/50dc6c495c0c9188");
  expect(metricName(`${arn}:targetgroup/web/73e2d6bc24d8a067`)).toBe("targetgroup/web/73e2d6bc24d8a067");
});
