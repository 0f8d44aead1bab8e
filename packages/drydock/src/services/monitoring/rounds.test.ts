import { CloudWatch } from "@aws-sdk/client-cloudwatch";
import { expect, test } from "vitest";
import { startTestDrydock } from "../../testing.ts";
import { VirtualClock } from "../ecs/world.fixture.ts";

const tick = 10_000;
const metric = { Namespace: "Shop", MetricName: "Errors" };

/** A region whose time goes by hand, and an alarm of this period in seconds over errors of high resolution. */
async function watched(Period: number) {
  const clock = new VirtualClock();
  const drydock = await startTestDrydock({ clock, runtime: "simulated" });
  const cloudwatch = drydock.client(CloudWatch);
  await cloudwatch.putMetricAlarm({
    ...metric,
    AlarmName: "errors",
    Statistic: "Sum",
    Period,
    EvaluationPeriods: 1,
    Threshold: 0,
    ComparisonOperator: "GreaterThanThreshold",
    TreatMissingData: "notBreaching",
  });
  return {
    fail: () =>
      cloudwatch.putMetricData({
        Namespace: metric.Namespace,
        MetricData: [{ MetricName: metric.MetricName, Value: 1, StorageResolution: 1 }],
      }),
    state: async () => (await cloudwatch.describeAlarms({})).MetricAlarms?.[0]?.StateValue,
    pass: async (seconds: number) => {
      for (let elapsed = 0; elapsed < seconds * 1000; elapsed += tick) {
        await clock.advance(tick);
        await cloudwatch.listMetrics({});
      }
    },
  };
}

test.each([
  [60, "OK"],
  [10, "ALARM"],
])("an alarm with a period of %d s is %s ten seconds after an error, and OK minutes later", async (period, soon) => {
  const { fail, state, pass } = await watched(period);
  await pass(60);
  expect(await state()).toBe("OK");
  await fail();
  await pass(10);
  expect(await state()).toBe(soon);
  await pass(50);
  expect(await state()).toBe(period === 60 ? "ALARM" : "OK");
  await pass(240);
  expect(await state()).toBe("OK");
});
