import { CloudWatchClient, PutMetricAlarmCommand } from "@aws-sdk/client-cloudwatch";
import {
  ContinueServiceDeploymentCommand,
  CreateServiceCommand,
  type DeploymentConfiguration,
  type DeploymentLifecycleHookStage,
  DescribeServiceDeploymentsCommand,
  ListServiceDeploymentsCommand,
  type ServiceDeployment,
  StopServiceDeploymentCommand,
  UpdateServiceCommand,
} from "@aws-sdk/client-ecs";
import { CreateRuleCommand, DescribeRulesCommand } from "@aws-sdk/client-elastic-load-balancing-v2";
import { expect, test } from "vitest";
import { startEcs, webServer } from "./testing.ts";

type EcsRegion = Awaited<ReturnType<typeof startEcs>>;
const web = { cluster: "main", service: "web" };

/** Production is the listener's default rule, test traffic what has a header. */
async function createWeb(region: EcsRegion, taskDefinition: string, deploymentConfiguration: DeploymentConfiguration) {
  const alternateTargetGroupArn = await region.promptTargetGroup("web-alternate");
  const production = await region.elb.send(new DescribeRulesCommand({ ListenerArn: region.listenerArn }));
  const productionListenerRule = production.Rules?.[0]?.RuleArn ?? "";
  const { Rules: tests = [] } = await region.elb.send(
    new CreateRuleCommand({
      ListenerArn: region.listenerArn,
      Priority: 1,
      Conditions: [{ Field: "http-header", HttpHeaderConfig: { HttpHeaderName: "x-test", Values: ["yes"] } }],
      Actions: [{ Type: "forward", TargetGroupArn: region.targetGroupArn }],
    }),
  );
  await region.ecs.send(
    new CreateServiceCommand({
      cluster: "main",
      serviceName: "web",
      taskDefinition,
      desiredCount: 1,
      launchType: "FARGATE",
      healthCheckGracePeriodSeconds: 60,
      networkConfiguration: region.networkConfiguration,
      loadBalancers: [
        {
          targetGroupArn: region.targetGroupArn,
          containerName: "web",
          containerPort: 8080,
          advancedConfiguration: {
            alternateTargetGroupArn,
            productionListenerRule,
            testListenerRule: tests[0]?.RuleArn,
            roleArn: "arn:aws:iam::000000000000:role/infrastructure",
          },
        },
      ],
      deploymentConfiguration,
    }),
  );
  return async () => {
    const { Rules = [] } = await region.elb.send(new DescribeRulesCommand({ RuleArns: [productionListenerRule] }));
    return Rules[0]?.Actions?.[0]?.ForwardConfig?.TargetGroups?.map(({ Weight }) => Weight);
  };
}

async function latestDeployment({ ecs }: EcsRegion): Promise<ServiceDeployment> {
  const { serviceDeployments = [] } = await ecs.send(new ListServiceDeploymentsCommand(web));
  const serviceDeploymentArns = [serviceDeployments[0]?.serviceDeploymentArn ?? ""];
  const described = await ecs.send(new DescribeServiceDeploymentsCommand({ serviceDeploymentArns }));
  return described.serviceDeployments?.[0] ?? {};
}

async function deploy(
  { ecs }: EcsRegion,
  taskDefinition: string | undefined,
  deploymentConfiguration: DeploymentConfiguration,
): Promise<void> {
  await ecs.send(new UpdateServiceCommand({ ...web, taskDefinition, deploymentConfiguration }));
}

const pauseAt = (stage: DeploymentLifecycleHookStage) => ({
  lifecycleHooks: [{ targetType: "PAUSE" as const, lifecycleStages: [stage] }],
});

/** The deployment, when the `count`th of its pauses has begun. */
function nextPause(region: EcsRegion, count: number): Promise<ServiceDeployment> {
  return until(
    () => latestDeployment(region),
    ({ lifecycleHookDetails = [] }) =>
      lifecycleHookDetails.length === count && lifecycleHookDetails.at(-1)?.status === "AWAITING_ACTION",
  );
}

async function goOn({ ecs }: EcsRegion, { serviceDeploymentArn, lifecycleHookDetails }: ServiceDeployment) {
  const hookId = lifecycleHookDetails?.at(-1)?.hookId;
  await ecs.send(new ContinueServiceDeploymentCommand({ serviceDeploymentArn, hookId, action: "CONTINUE" }));
}

const isBaking = ({ lifecycleStage }: ServiceDeployment) => lifecycleStage === "BAKE_TIME";

/** An alarm of a metric that nobody puts, which counts as breaching: it stays raised. */
async function raiseAlarm({ drydock }: EcsRegion, AlarmName: string): Promise<void> {
  await drydock.client(CloudWatchClient).send(
    new PutMetricAlarmCommand({
      AlarmName,
      Namespace: "web",
      MetricName: "Requests",
      Statistic: "Sum",
      Period: 60,
      EvaluationPeriods: 1,
      Threshold: 1,
      ComparisonOperator: "LessThanThreshold",
      TreatMissingData: "breaching",
    }),
  );
}

async function until<T>(look: () => Promise<T>, wanted: (seen: T) => boolean): Promise<T> {
  for (;;) {
    const seen = await look();
    if (wanted(seen)) return seen;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

/** Keeps requests under way until told to stop; answers how often each answer came. */
function startLoad({ address }: EcsRegion, clients: number) {
  const answers: Record<string, number> = {};
  let stopped = false;
  const loops = Array.from({ length: clients }, async () => {
    while (!stopped) {
      const text = await ask(address).catch((error: unknown) => `lost: ${error}`);
      answers[text] = (answers[text] ?? 0) + 1;
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  });
  return {
    answers,
    stop: async () => {
      stopped = true;
      await Promise.all(loops);
      return answers;
    },
  };
}

async function ask(address: string, headers: Record<string, string> = {}): Promise<string> {
  const response = await fetch(address, { headers });
  const text = await response.text();
  return response.status === 200 ? text : `status ${response.status}`;
}

test("under load: a gate, a rollback and an alarm while it bakes, a canary and a linear shift lose no request", async () => {
  const region = await startEcs();
  const definitions = [];
  for (const name of ["one", "two", "three", "four"]) {
    definitions.push(await region.register(await region.push(name, webServer(name))));
  }
  const [one = "", two, three, four] = definitions;
  const weights = await createWeb(region, one, { strategy: "BLUE_GREEN", bakeTimeInMinutes: 60 });
  const ended = (deployment: ServiceDeployment) => deployment.finishedAt !== undefined;
  expect(await until(() => latestDeployment(region), ended)).toMatchObject({ status: "SUCCESSFUL" });
  expect(await weights()).toEqual([100, 0]);
  const load = startLoad(region, 2);

  await deploy(region, two, { strategy: "BLUE_GREEN", bakeTimeInMinutes: 60, ...pauseAt("POST_TEST_TRAFFIC_SHIFT") });
  const paused = await nextPause(region, 1);
  expect(paused.lifecycleStage).toBe("POST_TEST_TRAFFIC_SHIFT");
  expect([await ask(region.address), await ask(region.address, { "x-test": "yes" })]).toEqual(["one", "two"]);
  await goOn(region, paused);
  await until(() => latestDeployment(region), isBaking);
  expect(await weights()).toEqual([0, 100]);
  expect(await ask(region.address)).toBe("two");
  const stoppedAt = performance.now();
  const { serviceDeploymentArn } = paused;
  await region.ecs.send(new StopServiceDeploymentCommand({ serviceDeploymentArn }));
  await until(
    () => ask(region.address),
    (text) => text === "one",
  );
  expect(performance.now() - stoppedAt).toBeLessThan(2_000);
  expect(await until(() => latestDeployment(region), ended)).toMatchObject({ status: "ROLLBACK_SUCCESSFUL" });
  expect(await weights()).toEqual([100, 0]);

  const alarms = { alarmNames: ["web-silent"], enable: true, rollback: true };
  await deploy(region, two, { strategy: "BLUE_GREEN", bakeTimeInMinutes: 60, lifecycleHooks: [], alarms });
  await until(() => latestDeployment(region), isBaking);
  await raiseAlarm(region, "web-silent");
  expect(await until(() => latestDeployment(region), ended)).toMatchObject({
    status: "ROLLBACK_SUCCESSFUL",
    alarms: { status: "TRIGGERED", triggeredAlarmNames: ["web-silent"] },
  });
  expect(await weights()).toEqual([100, 0]);

  const gradual = {
    bakeTimeInMinutes: 0,
    alarms: { ...alarms, enable: false },
    ...pauseAt("PRE_PRODUCTION_TRAFFIC_SHIFT"),
  };
  const canaryConfiguration = { canaryPercent: 12.5, canaryBakeTimeInMinutes: 0 };
  await deploy(region, three, { strategy: "CANARY", canaryConfiguration, ...gradual });
  await goOn(region, await nextPause(region, 1));
  const half = await nextPause(region, 2);
  expect(await weights()).toEqual([875, 125]);
  await until(
    async () => load.answers.three ?? 0,
    (count) => count > 0,
  );
  await goOn(region, half);
  expect(await until(() => latestDeployment(region), ended)).toMatchObject({ status: "SUCCESSFUL" });
  expect(await weights()).toEqual([0, 100]);

  const linearConfiguration = { stepPercent: 50, stepBakeTimeInMinutes: 0 };
  await deploy(region, four, { strategy: "LINEAR", linearConfiguration, ...gradual });
  await goOn(region, await nextPause(region, 1));
  const last = await nextPause(region, 2);
  expect(await weights()).toEqual([50, 50]);
  await goOn(region, last);
  expect(await until(() => latestDeployment(region), ended)).toMatchObject({ status: "SUCCESSFUL" });
  expect(await weights()).toEqual([100, 0]);
  expect(await ask(region.address)).toBe("four");
  const served = ["one", "two", "three", "four"];
  expect(Object.keys(await load.stop()).filter((answer) => !served.includes(answer))).toEqual([]);
}, 180_000);
