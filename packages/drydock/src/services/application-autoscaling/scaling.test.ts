import {
  ApplicationAutoScaling,
  type PutScalingPolicyCommandInput,
  type RegisterScalableTargetCommandInput,
} from "@aws-sdk/client-application-auto-scaling";
import { CloudWatch } from "@aws-sdk/client-cloudwatch";
import { EC2 } from "@aws-sdk/client-ec2";
import { ECS } from "@aws-sdk/client-ecs";
import { expect, test } from "vitest";
import { ask } from "../../admin/ask.fixture.ts";
import { startTestDrydock } from "../../testing.ts";
import { VirtualClock } from "../ecs/world.fixture.ts";

const target = {
  ServiceNamespace: "ecs",
  ResourceId: "service/main/web",
  ScalableDimension: "ecs:service:DesiredCount",
} as const;
const metric = { Namespace: "Shop", MetricName: "Backlog" };
const tick = 10_000;

/** A service of a cluster that wants `desiredCount` tasks, and hands to feed the metric its policy looks at. */
async function scaledService(desiredCount: number, bounds: Partial<RegisterScalableTargetCommandInput> = {}) {
  const clock = new VirtualClock();
  const drydock = await startTestDrydock({ clock, runtime: "simulated" });
  const ecs = drydock.client(ECS);
  const cloudwatch = drydock.client(CloudWatch);
  const scaling = drydock.client(ApplicationAutoScaling);
  await ecs.createCluster({ clusterName: "main" });
  await ecs.registerTaskDefinition({
    family: "web",
    networkMode: "awsvpc",
    requiresCompatibilities: ["FARGATE"],
    cpu: "256",
    memory: "512",
    containerDefinitions: [{ name: "web", image: "public.ecr.aws/none/web:1" }],
  });
  const { Subnets = [] } = await drydock.client(EC2).describeSubnets({});
  await ecs.createService({
    cluster: "main",
    serviceName: "web",
    taskDefinition: "web",
    desiredCount: 0,
    launchType: "FARGATE",
    networkConfiguration: { awsvpcConfiguration: { subnets: [Subnets[0]?.SubnetId ?? ""] } },
  });
  await scaling.registerScalableTarget({ ...target, MinCapacity: 1, MaxCapacity: 6, ...bounds });
  // Nothing runs, the image doesn't exist: what counts is what the service is asked for.
  await ecs.updateService({ cluster: "main", service: "web", desiredCount });
  return {
    scaling,
    cloudwatch,
    ecs,
    endpoint: drydock.endpoint,
    put: (policy: Partial<PutScalingPolicyCommandInput>) =>
      scaling.putScalingPolicy({ ...target, PolicyName: "backlog", ...policy }),
    desired: async () => {
      const { services } = await ecs.describeServices({ cluster: "main", services: ["web"] });
      return services?.[0]?.desiredCount;
    },
    causes: async () => {
      const { ScalingActivities = [] } = await scaling.describeScalingActivities({ ServiceNamespace: "ecs" });
      return ScalingActivities.map(({ Cause, Description }) => `${Description} ${Cause}`);
    },
    /** Lets minutes pass, in each of which the metric has this value. A call between two ticks lets the rounds finish. */
    minutes: async (count: number, Value?: number) => {
      for (let elapsed = 0; elapsed < count * 60_000; elapsed += tick) {
        if (Value !== undefined && elapsed % 60_000 === 0) {
          await cloudwatch.putMetricData({
            Namespace: metric.Namespace,
            MetricData: [{ MetricName: metric.MetricName, Value }],
          });
        }
        await clock.advance(tick);
        await cloudwatch.listMetrics({});
      }
    },
  };
}

const tracking = {
  PolicyType: "TargetTrackingScaling",
  TargetTrackingScalingPolicyConfiguration: {
    TargetValue: 10,
    ScaleOutCooldown: 120,
    ScaleInCooldown: 60,
    CustomizedMetricSpecification: { ...metric, Statistic: "Average" },
  },
} as const;

test("target tracking scales out after three minutes, in after fifteen, and says why", async () => {
  const { put, desired, minutes, causes, cloudwatch } = await scaledService(2);
  const { Alarms = [] } = await put(tracking);
  await minutes(2, 25);
  expect(await desired()).toBe(2);
  await minutes(2, 25);
  expect(await desired()).toBe(5);
  const [high = "", low = ""] = Alarms.map(({ AlarmName }) => AlarmName ?? "");
  expect(await causes()).toEqual([
    `Setting desired count to 5. monitor alarm ${high} in state ALARM triggered policy backlog`,
    "Setting desired count to 1. minimum capacity was set to 1",
  ]);
  await minutes(14, 2);
  expect(await desired()).toBe(5);
  await minutes(2, 2);
  expect(await desired()).toBe(1);
  const { MetricAlarms } = await cloudwatch.describeAlarms({ AlarmNames: [low] });
  expect(MetricAlarms?.[0]?.StateReason).toMatch(/^Threshold Crossed: 15 out of the last 15 datapoints \[2\.0 /);
});

test("a policy that doesn't scale in has one alarm, and bounds and suspension hold", async () => {
  const { put, desired, minutes, scaling } = await scaledService(3, { MaxCapacity: 4 });
  const configuration = { ...tracking.TargetTrackingScalingPolicyConfiguration, DisableScaleIn: true };
  const { Alarms } = await put({ ...tracking, TargetTrackingScalingPolicyConfiguration: configuration });
  expect(Alarms?.length).toBe(1);
  await scaling.registerScalableTarget({ ...target, SuspendedState: { DynamicScalingOutSuspended: true } });
  await minutes(5, 100);
  expect(await desired()).toBe(3);
  await scaling.registerScalableTarget({ ...target, SuspendedState: { DynamicScalingOutSuspended: false } });
  await minutes(1, 100);
  expect(await desired()).toBe(4);
});

test("it scales in only where every policy would", async () => {
  const { put, desired, minutes } = await scaledService(4);
  await put(tracking);
  const silent = { ...metric, MetricName: "Silent", Statistic: "Average" } as const;
  const other = { ...tracking.TargetTrackingScalingPolicyConfiguration, CustomizedMetricSpecification: silent };
  await put({ ...tracking, PolicyName: "silent", TargetTrackingScalingPolicyConfiguration: other });
  await minutes(17, 1);
  expect(await desired()).toBe(4);
});

test("while a deployment is under way it scales out but not in", async () => {
  const { put, desired, minutes, ecs, endpoint } = await scaledService(2);
  // None of the new tasks ever starts.
  const { body } = await ask(endpoint, "POST", "faults", {
    body: { kind: "broken-task", fate: "no-image", family: "web" },
  });
  expect(body).toMatchObject({ fault: { kind: "broken-task" } });
  await ecs.updateService({ cluster: "main", service: "web", forceNewDeployment: true });
  await put(tracking);
  await minutes(4, 20);
  expect(await desired()).toBe(4);
  await minutes(17, 1);
  const { services } = await ecs.describeServices({ cluster: "main", services: ["web"] });
  expect(services?.[0]?.deployments?.[0]?.rolloutState).toBe("IN_PROGRESS");
  expect(await desired()).toBe(4);
});

test("metric math: a backlog per task", async () => {
  const { put, desired, minutes } = await scaledService(1);
  const stat = (MetricName: string) => ({ Metric: { Namespace: "Shop", MetricName }, Stat: "Average" });
  await put({
    ...tracking,
    TargetTrackingScalingPolicyConfiguration: {
      TargetValue: 10,
      CustomizedMetricSpecification: {
        Metrics: [
          { Id: "backlog", MetricStat: stat("Backlog"), ReturnData: false },
          { Id: "perTask", Expression: "backlog / 4" },
        ],
      },
    },
  });
  await minutes(4, 80);
  expect(await desired()).toBe(2);
});

test("an alarm executes a step policy", async () => {
  const { put, desired, minutes, cloudwatch } = await scaledService(2);
  const { PolicyARN = "" } = await put({
    PolicyType: "StepScaling",
    StepScalingPolicyConfiguration: {
      AdjustmentType: "ChangeInCapacity",
      Cooldown: 600,
      StepAdjustments: [
        { MetricIntervalLowerBound: 0, MetricIntervalUpperBound: 50, ScalingAdjustment: 1 },
        { MetricIntervalLowerBound: 50, ScalingAdjustment: 3 },
      ],
    },
  });
  await cloudwatch.putMetricAlarm({
    ...metric,
    AlarmName: "backlog",
    Statistic: "Maximum",
    Period: 60,
    EvaluationPeriods: 1,
    Threshold: 10,
    ComparisonOperator: "GreaterThanOrEqualToThreshold",
    AlarmActions: [PolicyARN],
  });
  await minutes(2, 20);
  expect(await desired()).toBe(3);
  await minutes(2, 80);
  expect(await desired()).toBe(5);
});

test("a scheduled action changes the bounds when it is time, in its zone", async () => {
  const { scaling, desired, minutes, causes } = await scaledService(2);
  await scaling.putScheduledAction({
    ...target,
    ScheduledActionName: "morning",
    // The virtual clock begins at midnight UTC.
    Schedule: "cron(5 1 * * ? *)",
    Timezone: "Europe/Berlin",
    ScalableTargetAction: { MinCapacity: 4, MaxCapacity: 8 },
  });
  await minutes(4);
  expect(await desired()).toBe(2);
  await minutes(2);
  expect(await desired()).toBe(4);
  expect((await causes())[0]).toBe(
    "Setting desired count to 4. scheduled action name: morning was triggered, minimum capacity was set to 4",
  );
  const { ScheduledActions } = await scaling.describeScheduledActions({ ServiceNamespace: "ecs" });
  expect(ScheduledActions).toMatchObject([{ ScheduledActionName: "morning", Timezone: "Europe/Berlin" }]);
  await scaling.deleteScheduledAction({ ...target, ScheduledActionName: "morning" });
  await expect(
    scaling.putScheduledAction({ ...target, ScheduledActionName: "bad", Schedule: "every day" }),
  ).rejects.toMatchObject({ name: "ValidationException" });
});
