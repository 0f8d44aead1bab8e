import {
  ApplicationAutoScalingClient,
  DescribeScalableTargetsCommand,
  DescribeScalingPoliciesCommand,
} from "@aws-sdk/client-application-auto-scaling";
import { CloudWatchClient, DescribeAlarmsCommand, ListTagsForResourceCommand } from "@aws-sdk/client-cloudwatch";
import { afterAll, beforeAll, expect, test } from "vitest";
import { startTestDrydock, type TestDrydock } from "../../../testing.ts";
import { TestStack } from "./test-stack.fixture.ts";

let drydock: TestDrydock;
beforeAll(async () => {
  drydock = await startTestDrydock({ keep: true });
});
afterAll(() => drydock.close());

const ref = (Ref: string) => ({ Ref });
const ecsTarget = { ScalableDimension: "ecs:service:DesiredCount", ServiceNamespace: "ecs" };

/** A service as CDK's ecs-patterns scale it. */
const resources = (scaling: object) => ({
  Cluster: { Type: "AWS::ECS::Cluster", Properties: { ClusterName: "scaled" } },
  Definition: {
    Type: "AWS::ECS::TaskDefinition",
    Properties: {
      Family: "scaled",
      Cpu: 256,
      Memory: 512,
      NetworkMode: "awsvpc",
      RequiresCompatibilities: ["FARGATE"],
      ContainerDefinitions: [{ Name: "web", Image: "127.0.0.1:1/none:1" }],
    },
  },
  Vpc: { Type: "AWS::EC2::VPC", Properties: { CidrBlock: "10.9.0.0/16" } },
  Subnet: { Type: "AWS::EC2::Subnet", Properties: { VpcId: ref("Vpc"), CidrBlock: "10.9.0.0/24" } },
  Service: {
    Type: "AWS::ECS::Service",
    Properties: {
      Cluster: ref("Cluster"),
      ServiceName: "web",
      TaskDefinition: ref("Definition"),
      DesiredCount: 0,
      LaunchType: "FARGATE",
      NetworkConfiguration: { AwsvpcConfiguration: { Subnets: [ref("Subnet")] } },
    },
  },
  ...scaling,
});

const scaled = (MaxCapacity: number, TargetValue: number) => ({
  Target: {
    Type: "AWS::ApplicationAutoScaling::ScalableTarget",
    Properties: {
      ...ecsTarget,
      MinCapacity: 0,
      MaxCapacity,
      ResourceId: { "Fn::Join": ["", ["service/", ref("Cluster"), "/", { "Fn::GetAtt": ["Service", "Name"] }]] },
      RoleARN: { "Fn::Sub": "arn:${AWS::Partition}:iam::${AWS::AccountId}:role/aws-service-role/ecs/autoscaling" },
    },
  },
  Policy: {
    Type: "AWS::ApplicationAutoScaling::ScalingPolicy",
    Properties: {
      PolicyName: "cpu",
      PolicyType: "TargetTrackingScaling",
      ScalingTargetId: ref("Target"),
      TargetTrackingScalingPolicyConfiguration: {
        PredefinedMetricSpecification: { PredefinedMetricType: "ECSServiceAverageCPUUtilization" },
        TargetValue,
      },
    },
  },
});

test("a scalable target and its policy", async () => {
  const scaling = drydock.client(ApplicationAutoScalingClient);
  const target = async () =>
    (await scaling.send(new DescribeScalableTargetsCommand({ ServiceNamespace: "ecs" }))).ScalableTargets;
  const policy = async () =>
    (await scaling.send(new DescribeScalingPoliciesCommand({ ServiceNamespace: "ecs" }))).ScalingPolicies;
  const stack = new TestStack(drydock, "scaling");
  await stack.create(resources(scaled(4, 60)));
  const ids = await stack.physicalIds();
  expect(ids.Target).toBe("service/scaled/web|ecs:service:DesiredCount|ecs");
  expect(await target()).toMatchObject([{ ...ecsTarget, ResourceId: "service/scaled/web", MaxCapacity: 4 }]);
  expect(await policy()).toMatchObject([
    { PolicyARN: ids.Policy, PolicyName: "cpu", TargetTrackingScalingPolicyConfiguration: { TargetValue: 60 } },
  ]);

  await stack.update(resources(scaled(8, 70)));
  expect(await stack.physicalIds()).toEqual(ids);
  expect(await target()).toMatchObject([{ MaxCapacity: 8 }]);
  expect(await policy()).toMatchObject([{ TargetTrackingScalingPolicyConfiguration: { TargetValue: 70 } }]);

  await stack.update(resources({}));
  expect([await target(), await policy()]).toEqual([[], []]);
  await stack.delete();
});

test("a policy names its target in one of two ways, never in both", async () => {
  const both = scaled(4, 60);
  Object.assign(both.Policy.Properties, { ...ecsTarget, ResourceId: "service/scaled/web" });
  await expect(new TestStack(drydock, "both").create(resources(both))).rejects.toThrow(
    "Policy: Specify either ScalingTargetId, or ResourceId, ScalableDimension and ServiceNamespace.",
  );
});

test("an alarm", async () => {
  const cloudwatch = drydock.client(CloudWatchClient);
  const alarms = async () =>
    (await cloudwatch.send(new DescribeAlarmsCommand({ AlarmNamePrefix: "alarms-" }))).MetricAlarms;
  const alarm = (Threshold: number, app: string) => ({
    Alarm: {
      Type: "AWS::CloudWatch::Alarm",
      Properties: {
        Namespace: "AWS/ApplicationELB",
        MetricName: "HTTPCode_Target_5XX_Count",
        Dimensions: [{ Name: "LoadBalancer", Value: "app/main/1" }],
        Statistic: "Sum",
        Period: 60,
        EvaluationPeriods: "1",
        Threshold,
        ComparisonOperator: "GreaterThanThreshold",
        TreatMissingData: "notBreaching",
        Tags: [{ Key: "app", Value: app }],
      },
    },
  });
  const stack = new TestStack(drydock, "alarms");
  await stack.create(alarm(5, "shop"));
  const [{ AlarmArn: ResourceARN = "" } = {}] = (await alarms()) ?? [];
  expect(await alarms()).toMatchObject([{ Threshold: 5, EvaluationPeriods: 1, TreatMissingData: "notBreaching" }]);
  await stack.update(alarm(9, "store"));
  expect(await alarms()).toMatchObject([{ AlarmArn: ResourceARN, Threshold: 9 }]);
  const { Tags } = await cloudwatch.send(new ListTagsForResourceCommand({ ResourceARN }));
  expect(Tags).toContainEqual({ Key: "app", Value: "store" });
  await stack.delete();
  expect(await alarms()).toEqual([]);
});
