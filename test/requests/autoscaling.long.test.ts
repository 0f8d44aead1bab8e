import { ApplicationAutoScaling } from "@aws-sdk/client-application-auto-scaling";
import { CloudWatch } from "@aws-sdk/client-cloudwatch";
import { ECS } from "@aws-sdk/client-ecs";
import { ElasticLoadBalancingV2 } from "@aws-sdk/client-elastic-load-balancing-v2";
import { expect, test } from "vitest";
import { startEcs, webServer } from "../../packages/drydock/src/services/ecs/testing.ts";
import { startLoad } from "../load/open-loop.ts";

// A minute of the region is two seconds, and a minute's requests are those of two seconds.
const timeScale = 30;
const minutesPerSecond = timeScale / 60;
/** Requests per target and minute that the policy keeps to. */
const goal = 40;
const target = {
  ServiceNamespace: "ecs",
  ResourceId: "service/main/web",
  ScalableDimension: "ecs:service:DesiredCount",
} as const;

test("requests per target take a service from one task to three and back, and none is lost", async () => {
  const region = await startEcs({ timeScale });
  const ecs = region.drydock.client(ECS);
  const elb = region.drydock.client(ElasticLoadBalancingV2);
  const scaling = region.drydock.client(ApplicationAutoScaling);
  const cloudwatch = region.drydock.client(CloudWatch);
  const described = async () => {
    const { services = [] } = await ecs.describeServices({ cluster: "main", services: ["web"] });
    return services[0];
  };
  const settled = async (count: number) => {
    for (;;) {
      const service = await described();
      const isSteady = service?.desiredCount === count && service.runningCount === count;
      if (isSteady && service.deployments?.[0]?.rolloutState === "COMPLETED") return;
      await new Promise((resolve) => setTimeout(resolve, 200));
    }
  };

  await ecs.createService({
    cluster: "main",
    serviceName: "web",
    taskDefinition: await region.register(await region.push("one", webServer("one"))),
    desiredCount: 1,
    launchType: "FARGATE",
    networkConfiguration: region.networkConfiguration,
    loadBalancers: [{ targetGroupArn: region.targetGroupArn, containerName: "web", containerPort: 8080 }],
    healthCheckGracePeriodSeconds: 3600,
  });
  await settled(1);
  const [{ LoadBalancerArn = "" } = {}] = (await elb.describeLoadBalancers({})).LoadBalancers ?? [];
  const label = [LoadBalancerArn.split("loadbalancer/")[1], region.targetGroupArn.split(":").at(-1)];
  await scaling.registerScalableTarget({ ...target, MinCapacity: 1, MaxCapacity: 3 });
  await scaling.putScalingPolicy({
    ...target,
    PolicyName: "requests",
    PolicyType: "TargetTrackingScaling",
    TargetTrackingScalingPolicyConfiguration: {
      TargetValue: goal,
      PredefinedMetricSpecification: {
        PredefinedMetricType: "ALBRequestCountPerTarget",
        ResourceLabel: label.join("/"),
      },
    },
  });

  // Two and a half times what one task is to have: three tasks.
  const busy = startLoad({ url: region.address, rate: goal * 2.5 * minutesPerSecond, mix: { plain: 100 } });
  await settled(3);
  const busySummary = await busy.stop();
  expect(busySummary.losses).toEqual([]);
  expect(busySummary.requests).toBeGreaterThan(100);

  // Less than half of what one of the three is to have.
  const idle = startLoad({ url: region.address, rate: goal * 0.4 * minutesPerSecond, mix: { plain: 100 } });
  await settled(1);
  expect((await idle.stop()).losses).toEqual([]);

  const { ScalingActivities = [] } = await scaling.describeScalingActivities({ ServiceNamespace: "ecs" });
  const causes = ScalingActivities.map(({ Cause }) => Cause);
  expect(causes.at(-1)).toMatch(
    /^monitor alarm TargetTracking-service\/main\/web-AlarmHigh-.* in state ALARM triggered/,
  );
  expect(causes[0]).toMatch(/^monitor alarm TargetTracking-service\/main\/web-AlarmLow-.* in state ALARM triggered/);
  const { Metrics = [] } = await cloudwatch.listMetrics({ Namespace: "AWS/ECS" });
  expect(Metrics.map(({ MetricName }) => MetricName)).toEqual(["CPUUtilization", "MemoryUtilization"]);
  const measured = await cloudwatch.getMetricData({
    StartTime: new Date(Date.now() - 600_000),
    EndTime: new Date(),
    MetricDataQueries: [
      { Id: "cpu", MetricStat: { Metric: Metrics[0], Period: 60, Stat: "Maximum" } },
      { Id: "memory", MetricStat: { Metric: Metrics[1], Period: 60, Stat: "Maximum" } },
      { Id: "tasks", MetricStat: { Metric: Metrics[1], Period: 60, Stat: "SampleCount" } },
    ],
  });
  const [cpu = [], memory = [], tasks = []] = (measured.MetricDataResults ?? []).map(({ Values }) => Values);
  // A Node server needs some tens of the 512 MB that its task definition gives it.
  expect(Math.max(...memory)).toBeGreaterThan(3);
  expect(Math.max(...cpu)).toBeGreaterThan(0);
  expect(Math.max(...tasks)).toBe(3);
});
