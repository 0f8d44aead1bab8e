import {
  ApplicationAutoScalingClient,
  DeleteScalingPolicyCommand,
  DeregisterScalableTargetCommand,
  DescribeScalableTargetsCommand,
  DescribeScalingActivitiesCommand,
  DescribeScalingPoliciesCommand,
  ListTagsForResourceCommand,
  PutScalingPolicyCommand,
  type PutScalingPolicyCommandInput,
  RegisterScalableTargetCommand,
  type RegisterScalableTargetCommandInput,
  TagResourceCommand,
  UntagResourceCommand,
} from "@aws-sdk/client-application-auto-scaling";
import { DescribeSubnetsCommand, EC2Client } from "@aws-sdk/client-ec2";
import {
  CreateClusterCommand,
  CreateServiceCommand,
  DescribeServicesCommand,
  ECSClient,
  RegisterTaskDefinitionCommand,
} from "@aws-sdk/client-ecs";
import { expect, test } from "vitest";
import { startTestDrydock, type TestDrydock } from "../../testing.ts";

const target = {
  ServiceNamespace: "ecs",
  ResourceId: "service/main/web",
  ScalableDimension: "ecs:service:DesiredCount",
} as const;
const cpu = {
  ...target,
  PolicyName: "cpu",
  PolicyType: "TargetTrackingScaling",
  TargetTrackingScalingPolicyConfiguration: {
    TargetValue: 60,
    PredefinedMetricSpecification: { PredefinedMetricType: "ECSServiceAverageCPUUtilization" },
  },
} as const;
const unknown = "service namespace: ecs, resource ID: service/main/web, scalable dimension: ecs:service:DesiredCount";

const refused = (name: string, message: string) => expect.objectContaining({ name, message });

/** A region with the service web of cluster main, which wants no task and so starts none. */
async function regionWithService() {
  const drydock = await startTestDrydock();
  const ecs = drydock.client(ECSClient);
  await ecs.send(new CreateClusterCommand({ clusterName: "main" }));
  await ecs.send(
    new RegisterTaskDefinitionCommand({
      family: "web",
      networkMode: "awsvpc",
      requiresCompatibilities: ["FARGATE"],
      cpu: "256",
      memory: "512",
      containerDefinitions: [{ name: "web", image: "127.0.0.1:1/none:1" }],
    }),
  );
  await ecs.send(
    new CreateServiceCommand({
      cluster: "main",
      serviceName: "web",
      taskDefinition: "web",
      desiredCount: 0,
      launchType: "FARGATE",
      networkConfiguration: { awsvpcConfiguration: { subnets: [await defaultSubnet(drydock)] } },
    }),
  );
  const scaling = drydock.client(ApplicationAutoScalingClient);
  const desiredCount = async () => {
    const { services } = await ecs.send(new DescribeServicesCommand({ cluster: "main", services: ["web"] }));
    return services?.[0]?.desiredCount;
  };
  const register = (more: Partial<RegisterScalableTargetCommandInput>) =>
    scaling.send(new RegisterScalableTargetCommand({ ...target, ...more }));
  const put = (more: Partial<PutScalingPolicyCommandInput> = {}) =>
    scaling.send(new PutScalingPolicyCommand({ ...cpu, ...more }));
  return { scaling, desiredCount, register, put };
}

async function defaultSubnet(drydock: TestDrydock): Promise<string> {
  const { Subnets } = await drydock.client(EC2Client).send(new DescribeSubnetsCommand({}));
  return Subnets?.[0]?.SubnetId ?? "";
}

test("a registered target is described, and a second registration changes only what it says", async () => {
  const { scaling, register } = await regionWithService();
  const { ScalableTargetARN } = await register({ MinCapacity: 0, MaxCapacity: 4 });
  expect(ScalableTargetARN).toMatch(
    /^arn:aws:application-autoscaling:eu-west-1:000000000000:scalable-target\/[0-9a-f]{32}$/,
  );
  await register({ MaxCapacity: 6, SuspendedState: { DynamicScalingInSuspended: true } });
  const { ScalableTargets } = await scaling.send(new DescribeScalableTargetsCommand({ ServiceNamespace: "ecs" }));
  expect(ScalableTargets).toEqual([
    {
      ...target,
      MinCapacity: 0,
      MaxCapacity: 6,
      ScalableTargetARN,
      RoleARN:
        "arn:aws:iam::000000000000:role/aws-service-role/ecs.application-autoscaling.amazonaws.com/" +
        "AWSServiceRoleForApplicationAutoScaling_ECSService",
      SuspendedState: {
        DynamicScalingInSuspended: true,
        DynamicScalingOutSuspended: false,
        ScheduledScalingSuspended: false,
      },
      CreationTime: expect.any(Date),
    },
  ]);
  expect(await scaling.send(new DescribeScalableTargetsCommand({ ServiceNamespace: "dynamodb" }))).toMatchObject({
    ScalableTargets: [],
  });
});

test("registering a target moves the service inside its bounds, and only that is a scaling activity", async () => {
  const { scaling, desiredCount, register, put } = await regionWithService();
  const activities = async () => {
    const asked = new DescribeScalingActivitiesCommand({ ServiceNamespace: "ecs", ResourceId: target.ResourceId });
    return (await scaling.send(asked)).ScalingActivities?.map(({ Cause, StatusMessage }) => [Cause, StatusMessage]);
  };
  await register({ MinCapacity: 0, MaxCapacity: 4 });
  await put();
  expect([await desiredCount(), await activities()]).toEqual([0, []]);
  await register({ MinCapacity: 2 });
  expect(await desiredCount()).toBe(2);
  expect(await activities()).toEqual([
    ["minimum capacity was set to 2", "Successfully set desired count to 2. Change successfully fulfilled by ecs."],
  ]);
  await register({ MinCapacity: 0, MaxCapacity: 1 });
  expect([await desiredCount(), (await activities())?.length]).toEqual([1, 2]);
});

test("what can't be scaled is not registered", async () => {
  const { register } = await regionWithService();
  await expect(register({})).rejects.toEqual(
    refused("ValidationException", "MinCapacity and MaxCapacity are required when registering a new scalable target."),
  );
  await expect(register({ MinCapacity: 3, MaxCapacity: 2 })).rejects.toEqual(
    refused("ValidationException", "Maximum capacity cannot be less than minimum capacity"),
  );
  await expect(register({ ResourceId: "service/main/api", MinCapacity: 1, MaxCapacity: 2 })).rejects.toEqual(
    refused("ValidationException", "ECS service doesn't exist: service/main/api"),
  );
  await expect(register({ ScalableDimension: "dynamodb:table:ReadCapacityUnits" })).rejects.toEqual(
    refused("ValidationException", "Unsupported service namespace, resource type or scalable dimension"),
  );
  const table = {
    ServiceNamespace: "dynamodb",
    ResourceId: "table/orders",
    ScalableDimension: "dynamodb:table:ReadCapacityUnits",
  } as const;
  await expect(register({ ...table, MinCapacity: 1, MaxCapacity: 2 })).rejects.toEqual(
    refused("NotImplemented", "drydock scales ECS services only, nothing of dynamodb."),
  );
});

test("a policy is kept as it was put, and changed under its ARN with the alarms it has", async () => {
  const { scaling, register, put } = await regionWithService();
  await expect(put()).rejects.toEqual(
    refused("ObjectNotFoundException", `No scalable target registered for ${unknown}`),
  );
  await register({ MinCapacity: 0, MaxCapacity: 4 });
  const { PolicyARN, Alarms } = await put();
  expect(PolicyARN).toMatch(
    /^arn:aws:autoscaling:eu-west-1:000000000000:scalingPolicy:[0-9a-f-]{36}:resource\/ecs\/service\/main\/web:policyName\/cpu$/,
  );
  expect(Alarms?.map(({ AlarmName }) => AlarmName)).toEqual([
    expect.stringMatching(/^TargetTracking-service\/main\/web-AlarmHigh-[0-9a-f-]{36}$/),
    expect.stringMatching(/^TargetTracking-service\/main\/web-AlarmLow-[0-9a-f-]{36}$/),
  ]);
  const tracking = { ...cpu.TargetTrackingScalingPolicyConfiguration, TargetValue: 70, ScaleInCooldown: 300 };
  expect(await put({ TargetTrackingScalingPolicyConfiguration: tracking })).toMatchObject({ PolicyARN });
  const described = await scaling.send(new DescribeScalingPoliciesCommand({ ServiceNamespace: "ecs" }));
  expect(described.ScalingPolicies).toEqual([
    {
      ...cpu,
      TargetTrackingScalingPolicyConfiguration: tracking,
      PolicyARN,
      Alarms,
      CreationTime: expect.any(Date),
    },
  ]);
});

test("policies come in pages of ten, and go by name or with their target", async () => {
  const { scaling, register, put } = await regionWithService();
  await register({ MinCapacity: 0, MaxCapacity: 4 });
  const names = Array.from({ length: 11 }, (_, index) => `policy-${String(index).padStart(2, "0")}`);
  for (const PolicyName of names) await put({ PolicyName });
  const page = async (NextToken?: string) => {
    const answer = await scaling.send(new DescribeScalingPoliciesCommand({ ServiceNamespace: "ecs", NextToken }));
    return { names: answer.ScalingPolicies?.map(({ PolicyName }) => PolicyName), next: answer.NextToken };
  };
  const first = await page();
  expect(first.names).toEqual(names.slice(0, 10));
  expect(await page(first.next)).toEqual({ names: names.slice(10), next: undefined });
  await expect(page("nonsense")).rejects.toMatchObject({ name: "InvalidNextTokenException" });
  await scaling.send(new DeleteScalingPolicyCommand({ ...target, PolicyName: "policy-10" }));
  await expect(scaling.send(new DeleteScalingPolicyCommand({ ...target, PolicyName: "policy-10" }))).rejects.toEqual(
    refused("ObjectNotFoundException", `No scaling policy found for ${unknown}, policy name: policy-10`),
  );
  await scaling.send(new DeregisterScalableTargetCommand(target));
  expect((await page()).names).toEqual([]);
  await expect(scaling.send(new DeregisterScalableTargetCommand(target))).rejects.toEqual(
    refused("ObjectNotFoundException", `No scalable target found for ${unknown}`),
  );
});

test.each<[string, Partial<PutScalingPolicyCommandInput>, string]>([
  ["without a type", { PolicyType: undefined }, "PolicyType is required when creating a scaling policy."],
  [
    "with two metrics or none",
    { TargetTrackingScalingPolicyConfiguration: { TargetValue: 1 } },
    "Specify either PredefinedMetricSpecification or CustomizedMetricSpecification.",
  ],
  [
    "with a metric of another service",
    {
      TargetTrackingScalingPolicyConfiguration: {
        TargetValue: 1,
        PredefinedMetricSpecification: { PredefinedMetricType: "RDSReaderAverageCPUUtilization" },
      },
    },
    "Predefined metric type RDSReaderAverageCPUUtilization is not one of ECS services.",
  ],
  [
    "of requests per target without its label",
    {
      TargetTrackingScalingPolicyConfiguration: {
        TargetValue: 1,
        PredefinedMetricSpecification: { PredefinedMetricType: "ALBRequestCountPerTarget" },
      },
    },
    "ResourceLabel is required for ALBRequestCountPerTarget, and for no other metric type.",
  ],
  [
    "of steps without one",
    {
      PolicyType: "StepScaling",
      TargetTrackingScalingPolicyConfiguration: undefined,
      StepScalingPolicyConfiguration: { AdjustmentType: "ChangeInCapacity" },
    },
    "At least one step adjustment is required.",
  ],
])("a policy %s is refused", async (_, more, message) => {
  const { register, put } = await regionWithService();
  await register({ MinCapacity: 0, MaxCapacity: 4 });
  await expect(put(more)).rejects.toEqual(refused("ValidationException", message));
});

test("what would need a forecast is refused, not accepted in silence", async () => {
  const { register, put } = await regionWithService();
  await register({ MinCapacity: 0, MaxCapacity: 4 });
  const predictive = { PolicyType: "PredictiveScaling", TargetTrackingScalingPolicyConfiguration: undefined } as const;
  await expect(put(predictive)).rejects.toEqual(
    refused("NotImplemented", "drydock does not build predictive scaling policies."),
  );
});

test("a target's tags are added, replaced and removed", async () => {
  const { scaling, register } = await regionWithService();
  const { ScalableTargetARN = "" } = await register({ MinCapacity: 0, MaxCapacity: 4, Tags: { app: "shop" } });
  const tags = async () =>
    (await scaling.send(new ListTagsForResourceCommand({ ResourceARN: ScalableTargetARN }))).Tags;
  await scaling.send(new TagResourceCommand({ ResourceARN: ScalableTargetARN, Tags: { app: "store", team: "web" } }));
  expect(await tags()).toEqual({ app: "store", team: "web" });
  await scaling.send(new UntagResourceCommand({ ResourceARN: ScalableTargetARN, TagKeys: ["app"] }));
  expect(await tags()).toEqual({ team: "web" });
  const gone = "arn:aws:application-autoscaling:eu-west-1:000000000000:scalable-target/0";
  await expect(scaling.send(new ListTagsForResourceCommand({ ResourceARN: gone }))).rejects.toMatchObject({
    name: "ResourceNotFoundException",
    ResourceName: gone,
  });
});
