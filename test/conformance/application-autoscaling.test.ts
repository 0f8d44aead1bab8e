import {
  ApplicationAutoScaling,
  type PutScalingPolicyRequest,
  type RegisterScalableTargetRequest,
} from "@aws-sdk/client-application-auto-scaling";
import { EC2 } from "@aws-sdk/client-ec2";
import { ECS } from "@aws-sdk/client-ecs";
import { expect, test } from "vitest";
import { conformance, pages, refusals, refused } from "./targets.ts";

const reference = (page: string) => `https://docs.aws.amazon.com/autoscaling/application/APIReference/API_${page}.html`;
const dimension = { ServiceNamespace: "ecs", ScalableDimension: "ecs:service:DesiredCount" } as const;
const ServiceNamespace = "ecs";
const tracking = {
  TargetValue: 60,
  PredefinedMetricSpecification: { PredefinedMetricType: "ECSServiceAverageCPUUtilization" },
} as const;
const steps = {
  AdjustmentType: "ChangeInCapacity",
  StepAdjustments: [{ MetricIntervalLowerBound: 0, ScalingAdjustment: 1 }],
} as const;

conformance((target) => {
  const scaling = target.client(ApplicationAutoScaling);
  const ecs = target.client(ECS);

  /** A service that wants no task, and so starts none: its resource id. */
  const service = async (serviceName: string) => {
    const { Subnets = [] } = await target
      .client(EC2)
      .describeSubnets({ Filters: [{ Name: "default-for-az", Values: ["true"] }] });
    const cluster = "scaled";
    await ecs.createCluster({ clusterName: cluster });
    await ecs.registerTaskDefinition({
      family: "scaled",
      networkMode: "awsvpc",
      requiresCompatibilities: ["FARGATE"],
      cpu: "256",
      memory: "512",
      containerDefinitions: [{ name: "web", image: "127.0.0.1:1/none:1" }],
    });
    await ecs.createService({
      cluster,
      serviceName,
      taskDefinition: "scaled",
      desiredCount: 0,
      launchType: "FARGATE",
      networkConfiguration: { awsvpcConfiguration: { subnets: [Subnets[0]?.SubnetId ?? ""], securityGroups: [] } },
    });
    return `service/${cluster}/${serviceName}`;
  };
  const register = (ResourceId: string, more: Partial<RegisterScalableTargetRequest> = {}) =>
    scaling.registerScalableTarget({ ...dimension, ResourceId, MinCapacity: 0, MaxCapacity: 4, ...more });
  const put = (ResourceId: string, PolicyName: string, more: Partial<PutScalingPolicyRequest> = {}) =>
    scaling.putScalingPolicy({
      ...dimension,
      ResourceId,
      PolicyName,
      PolicyType: "TargetTrackingScaling",
      TargetTrackingScalingPolicyConfiguration: tracking,
      ...more,
    });

  test("a target: registered, registered again, described, deregistered", async () => {
    const ResourceId = await service("target");
    const { ScalableTargetARN } = await register(ResourceId);
    expect(ScalableTargetARN).toMatch(
      new RegExp(`^arn:aws:application-autoscaling:${target.region}:${target.accountId}:scalable-target/`),
    );
    const described = async () =>
      (await scaling.describeScalableTargets({ ServiceNamespace, ResourceIds: [ResourceId] })).ScalableTargets;
    const shown = { ...dimension, ResourceId, MinCapacity: 0, MaxCapacity: 4 };
    expect(await described()).toMatchObject([shown]);
    expect((await described())?.[0]?.CreationTime).toBeInstanceOf(Date);
    await scaling.registerScalableTarget({ ...dimension, ResourceId, MaxCapacity: 6 });
    expect(await described()).toMatchObject([{ ...shown, MaxCapacity: 6 }]);
    const SuspendedState = { DynamicScalingInSuspended: true };
    await scaling.registerScalableTarget({ ...dimension, ResourceId, SuspendedState });
    expect(await described()).toMatchObject([{ MaxCapacity: 6, SuspendedState }]);
    await scaling.deregisterScalableTarget({ ...dimension, ResourceId });
    expect(await described()).toEqual([]);
    await target.motoDiffers(reference("DeregisterScalableTarget"), () =>
      refused(scaling.deregisterScalableTarget({ ...dimension, ResourceId }), "ObjectNotFoundException"),
    );
  });

  test("a service outside its target's bounds is scaled into them, which is an activity", async () => {
    await target.motoDiffers(reference("RegisterScalableTarget"), async () => {
      const ResourceId = await service("activity");
      await register(ResourceId, { MinCapacity: 1 });
      const { ScalingActivities = [] } = await scaling.describeScalingActivities({ ServiceNamespace, ResourceId });
      expect(ScalingActivities).toMatchObject([{ ...dimension, ResourceId, StatusCode: "Successful" }]);
      expect(ScalingActivities[0]?.Cause).toContain("minimum capacity was set to 1");
      await register(ResourceId, { MaxCapacity: 0 });
      const paged = await pages(
        (NextToken) => scaling.describeScalingActivities({ ServiceNamespace, ResourceId, MaxResults: 1, NextToken }),
        (page) => [page.ScalingActivities, page.NextToken],
      );
      expect(paged.map((page) => page.length)).toEqual([1, 1]);
    });
  });

  test("targets come in pages", async () => {
    const ids = [await service("page-a"), await service("page-b"), await service("page-c")];
    for (const id of ids) await register(id);
    const paged = await pages(
      (NextToken) => scaling.describeScalableTargets({ ServiceNamespace, ResourceIds: ids, MaxResults: 2, NextToken }),
      ({ ScalableTargets, NextToken }) => [ScalableTargets, NextToken],
    );
    expect(paged.map((page) => page.length)).toEqual([2, 1]);
    expect(
      paged
        .flat()
        .map(({ ResourceId }) => ResourceId)
        .sort(),
    ).toEqual(ids);
  });

  test("a policy: put, changed under its ARN, described, deleted", async () => {
    const ResourceId = await service("policy");
    await register(ResourceId);
    const { PolicyARN } = await put(ResourceId, "cpu");
    expect(PolicyARN).toMatch(
      new RegExp(
        `^arn:aws:autoscaling:${target.region}:${target.accountId}:scalingPolicy:[0-9a-f-]{36}:resource/ecs/${ResourceId}:policyName/cpu$`,
      ),
    );
    const TargetTrackingScalingPolicyConfiguration = { ...tracking, TargetValue: 70 };
    const again = await put(ResourceId, "cpu", { TargetTrackingScalingPolicyConfiguration });
    await target.motoDiffers(reference("PutScalingPolicy"), () => expect(again.PolicyARN).toBe(PolicyARN));
    const StepScalingPolicyConfiguration = { ...steps, StepAdjustments: [...steps.StepAdjustments] };
    await put(ResourceId, "steps", {
      PolicyType: "StepScaling",
      TargetTrackingScalingPolicyConfiguration: undefined,
      StepScalingPolicyConfiguration,
    });
    const described = async (more = {}) =>
      (await scaling.describeScalingPolicies({ ServiceNamespace, ResourceId, ...more })).ScalingPolicies;
    await target.motoDiffers(reference("DescribeScalingPolicies"), async () => {
      expect(await described({ PolicyNames: ["cpu"] })).toMatchObject([
        { PolicyARN: again.PolicyARN, PolicyType: "TargetTrackingScaling", TargetTrackingScalingPolicyConfiguration },
      ]);
      expect(await described({ PolicyNames: ["steps"] })).toMatchObject([
        { PolicyType: "StepScaling", StepScalingPolicyConfiguration },
      ]);
    });
    const paged = await pages(
      (NextToken) => scaling.describeScalingPolicies({ ServiceNamespace, ResourceId, MaxResults: 1, NextToken }),
      ({ ScalingPolicies, NextToken }) => [ScalingPolicies, NextToken],
    );
    expect(paged.map((page) => page.length)).toEqual([1, 1]);
    await scaling.deleteScalingPolicy({ ...dimension, ResourceId, PolicyName: "cpu" });
    await target.motoDiffers(reference("DeleteScalingPolicy"), () =>
      refused(scaling.deleteScalingPolicy({ ...dimension, ResourceId, PolicyName: "cpu" }), "ObjectNotFoundException"),
    );
    await scaling.deregisterScalableTarget({ ...dimension, ResourceId });
    await target.motoDiffers(reference("DeregisterScalableTarget"), async () => expect(await described()).toEqual([]));
  });

  test("tags are added, replaced and removed", async () => {
    const ResourceId = await service("tagged");
    const { ScalableTargetARN = "" } = await register(ResourceId, { Tags: { a: "1" } });
    await target.motoDiffers(reference("TagResource"), async () => {
      await scaling.tagResource({ ResourceARN: ScalableTargetARN, Tags: { a: "2", b: "3" } });
      await scaling.untagResource({ ResourceARN: ScalableTargetARN, TagKeys: ["b", "none"] });
      const { Tags } = await scaling.listTagsForResource({ ResourceARN: ScalableTargetARN });
      expect(Tags).toEqual({ a: "2" });
      const many = Object.fromEntries(Array.from({ length: 51 }, (_, index) => [`k${index}`, ""]));
      await refused(scaling.tagResource({ ResourceARN: ScalableTargetARN, Tags: many }), "TooManyTagsException");
    });
  });

  const nobody = "service/scaled/nobody";
  const ResourceARN = `arn:aws:application-autoscaling:${target.region}:${target.accountId}:scalable-target/none`;
  const invalid = "ValidationException";
  const policy = (name: string, more: Partial<PutScalingPolicyRequest>) => async () => {
    const ResourceId = await service(name);
    await register(ResourceId);
    return put(ResourceId, name, more);
  };
  refusals(target, [
    ["to register no service", () => register(nobody), invalid],
    ["a resource id of another kind", () => register("cluster/scaled"), invalid],
    [
      "a dimension of another namespace",
      () => register(nobody, { ScalableDimension: "rds:cluster:ReadReplicaCount" }),
      invalid,
    ],
    ["a namespace there isn't", () => scaling.describeScalableTargets({ ServiceNamespace: "none" as "ecs" }), invalid],
    [
      "a new target without bounds",
      async () => register(await service("bounds"), { MaxCapacity: undefined }),
      invalid,
      reference("RegisterScalableTarget"),
    ],
    [
      "bounds the wrong way round",
      async () => register(await service("order"), { MinCapacity: 5 }),
      invalid,
      reference("RegisterScalableTarget"),
    ],
    [
      "a bound below nothing",
      async () => register(await service("negative"), { MinCapacity: -1 }),
      invalid,
      reference("RegisterScalableTarget"),
    ],
    [
      "a dimension without its resource",
      () => scaling.describeScalableTargets(dimension),
      invalid,
      reference("DescribeScalableTargets"),
    ],
    [
      "a token of targets it never gave",
      () => scaling.describeScalableTargets({ ServiceNamespace, NextToken: "made up" }),
      "InvalidNextTokenException",
      reference("DescribeScalableTargets"),
    ],
    [
      "a token of policies it never gave",
      () => scaling.describeScalingPolicies({ ServiceNamespace, NextToken: "made up" }),
      "InvalidNextTokenException",
      reference("DescribeScalingPolicies"),
    ],
    [
      "a token of activities it never gave",
      () => scaling.describeScalingActivities({ ServiceNamespace, NextToken: "made up" }),
      "InvalidNextTokenException",
      reference("DescribeScalingActivities"),
    ],
    [
      "a page of nothing",
      () => scaling.describeScalableTargets({ ServiceNamespace, MaxResults: 0 }),
      invalid,
      reference("DescribeScalableTargets"),
    ],
    [
      "a policy for what isn't a target",
      async () => put(await service("untargeted"), "cpu"),
      "ObjectNotFoundException",
      reference("PutScalingPolicy"),
    ],
    [
      "a target tracking policy without its configuration",
      policy("untold", { TargetTrackingScalingPolicyConfiguration: undefined }),
      invalid,
      reference("PutScalingPolicy"),
    ],
    [
      "a step policy without steps",
      policy("stepless", { PolicyType: "StepScaling", TargetTrackingScalingPolicyConfiguration: undefined }),
      invalid,
      reference("PutScalingPolicy"),
    ],
    ["a type of policy there isn't", policy("guessing", { PolicyType: "Guessing" as "StepScaling" }), invalid],
    [
      "to delete no policy",
      () => scaling.deleteScalingPolicy({ ...dimension, ResourceId: nobody, PolicyName: "none" }),
      "ObjectNotFoundException",
      reference("DeleteScalingPolicy"),
    ],
    [
      "tags of no target",
      () => scaling.listTagsForResource({ ResourceARN }),
      "ResourceNotFoundException",
      reference("ListTagsForResource"),
    ],
    [
      "to tag no target",
      () => scaling.tagResource({ ResourceARN, Tags: { a: "b" } }),
      "ResourceNotFoundException",
      reference("TagResource"),
    ],
    [
      "to untag no target",
      () => scaling.untagResource({ ResourceARN, TagKeys: ["a"] }),
      "ResourceNotFoundException",
      reference("UntagResource"),
    ],
  ]);
});
