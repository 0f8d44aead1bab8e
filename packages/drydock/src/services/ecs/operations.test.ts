import type { RegisterTaskDefinitionCommandInput, RunTaskCommandInput } from "@aws-sdk/client-ecs";
import { expect, test } from "vitest";
import { AwsError } from "../../errors.ts";
import type { EcsOperations } from "./operations.ts";
import { World } from "./world.fixture.ts";

const caller = { accessKeyId: "test", requestId: "1" };
const networkConfiguration = { awsvpcConfiguration: { subnets: ["subnet-a"] } };

async function worldWithTaskDefinition(): Promise<World> {
  const world = new World();
  await world.call.CreateCluster({ clusterName: "main" }, caller);
  await world.call.RegisterTaskDefinition(definition(), caller);
  return world;
}

const container = (more: object = {}) => ({
  name: "web",
  image: "web:1",
  portMappings: [{ containerPort: 80 }],
  ...more,
});

function definition(more: Partial<RegisterTaskDefinitionCommandInput> = {}) {
  return {
    family: "web",
    requiresCompatibilities: ["FARGATE" as const],
    networkMode: "awsvpc" as const,
    cpu: "256",
    memory: "512",
    containerDefinitions: [container()],
    ...more,
  };
}

/** `Code: message` of what an operation throws. */
async function refusal(work: () => unknown): Promise<string> {
  try {
    await work();
  } catch (error) {
    if (error instanceof AwsError) return `${error.code}: ${error.message}`;
    throw error;
  }
  return "nothing was refused";
}

const runTask = (more: Partial<RunTaskCommandInput> = {}) => ({
  cluster: "main",
  taskDefinition: "web",
  launchType: "FARGATE" as const,
  networkConfiguration,
  ...more,
});

const service = (more: object = {}) => ({
  cluster: "main",
  serviceName: "web",
  taskDefinition: "web",
  desiredCount: 1,
  launchType: "FARGATE" as const,
  networkConfiguration,
  ...more,
});

test("clusters: created once, described with what was asked for, deleted when empty", async () => {
  const world = new World();
  const created = await world.call.CreateCluster({ clusterName: "main", tags: [{ key: "a", value: "1" }] }, caller);
  expect(created.cluster).toMatchObject({
    clusterArn: "arn:aws:ecs:eu-west-1:123456789012:cluster/main",
    status: "ACTIVE",
    tags: [{ key: "a", value: "1" }],
  });
  expect((await world.call.CreateCluster({ clusterName: "main" }, caller)).cluster?.clusterName).toBe("main");
  expect((await world.call.ListClusters({}, caller)).clusterArns).toEqual([created.cluster?.clusterArn]);
  await world.call.UpdateClusterSettings(
    { cluster: "main", settings: [{ name: "containerInsights", value: "enabled" }] },
    caller,
  );
  const include = ["SETTINGS" as const, "TAGS" as const];
  const described = await world.call.DescribeClusters({ clusters: ["main", "other"], include }, caller);
  expect(described.clusters).toMatchObject([
    { settings: [{ name: "containerInsights", value: "enabled" }], tags: [{ key: "a", value: "1" }] },
  ]);
  expect(described.failures).toEqual([{ arn: "arn:aws:ecs:eu-west-1:123456789012:cluster/other", reason: "MISSING" }]);

  await world.call.RegisterTaskDefinition(definition(), caller);
  await world.call.CreateService(service({ desiredCount: 0 }), caller);
  const remove = () => world.call.DeleteCluster({ cluster: "main" }, caller);
  expect(await refusal(remove)).toBe(
    "ClusterContainsServicesException: The Cluster cannot be deleted while Services are active.",
  );
  await world.call.DeleteService({ cluster: "main", service: "web" }, caller);
  const { tasks = [] } = await world.call.RunTask(runTask(), caller);
  await world.clock.advance(1_000);
  expect(await refusal(remove)).toBe(
    "ClusterContainsTasksException: The Cluster cannot be deleted while Tasks are active.",
  );
  await world.call.StopTask({ cluster: "main", task: tasks[0]?.taskArn ?? "" }, caller);
  await world.clock.advance(1_000);
  expect((await remove()).cluster).toMatchObject({ status: "INACTIVE" });
  expect(await refusal(remove)).toBe("ClusterNotFoundException: Cluster not found.");
});

test("capacity providers are recorded, and used as a cluster's default", async () => {
  const world = await worldWithTaskDefinition();
  const strategy = [{ capacityProvider: "FARGATE_SPOT", weight: 1 }];
  const run = () => world.call.RunTask(runTask({ launchType: undefined }), caller);
  expect(await refusal(run)).toContain("UnsupportedFeatureException: drydock runs tasks on Fargate only, not on EC2");
  expect(
    await refusal(() =>
      world.call.RunTask(runTask({ launchType: undefined, capacityProviderStrategy: strategy }), caller),
    ),
  ).toContain("not associated with the cluster: FARGATE_SPOT");
  await world.call.PutClusterCapacityProviders(
    { cluster: "main", capacityProviders: ["FARGATE", "FARGATE_SPOT"], defaultCapacityProviderStrategy: strategy },
    caller,
  );
  expect((await run()).tasks).toMatchObject([{ capacityProviderName: "FARGATE_SPOT" }]);
  const put = { cluster: "main", capacityProviders: ["mine"], defaultCapacityProviderStrategy: [] };
  expect(await refusal(() => world.call.PutClusterCapacityProviders(put, caller))).toBe(
    "InvalidParameterException: The specified capacity provider mine was not found.",
  );
});

test("a task definition gets revisions, defaults and the life cycle ACTIVE, INACTIVE, gone", async () => {
  const world = await worldWithTaskDefinition();
  const second = await world.call.RegisterTaskDefinition(
    definition({ tags: [{ key: "commit", value: "abc" }], cpu: ".5 vCPU", memory: "1 GB" }),
    caller,
  );
  const arn = second.taskDefinition?.taskDefinitionArn ?? "";
  expect(second.taskDefinition).toMatchObject({
    taskDefinitionArn: "arn:aws:ecs:eu-west-1:123456789012:task-definition/web:2",
    revision: 2,
    cpu: "512",
    memory: "1024",
    status: "ACTIVE",
    compatibilities: ["EC2", "FARGATE"],
    containerDefinitions: [
      { cpu: 0, essential: true, portMappings: [{ containerPort: 80, hostPort: 80, protocol: "tcp" }] },
    ],
  });
  const describe = (taskDefinition: string) =>
    world.call.DescribeTaskDefinition({ taskDefinition, include: ["TAGS"] }, caller);
  expect(await describe("web")).toMatchObject({ taskDefinition: { revision: 2 }, tags: [{ key: "commit" }] });
  expect(await describe("web:1")).toMatchObject({ taskDefinition: { revision: 1 }, tags: [] });
  expect(await refusal(() => describe("web:9"))).toBe("ClientException: Unable to describe task definition.");

  await world.call.CreateService(service(), caller);
  const remove = () => world.call.DeleteTaskDefinitions({ taskDefinitions: [arn] }, caller);
  expect((await remove()).failures).toMatchObject([{ arn, reason: expect.stringContaining("still in ACTIVE status") }]);
  await world.call.DeregisterTaskDefinition({ taskDefinition: arn }, caller);
  expect(await describe("web")).toMatchObject({ taskDefinition: { revision: 1 } });
  expect(await refusal(() => world.call.RunTask(runTask({ taskDefinition: arn }), caller))).toBe(
    "ClientException: TaskDefinition is inactive",
  );
  await world.clock.advance(1_000);
  expect((await world.call.ListTasks({ cluster: "main" }, caller)).taskArns).toHaveLength(1);
  await remove();
  expect(await describe(arn)).toMatchObject({ taskDefinition: { status: "DELETE_IN_PROGRESS" } });
});

test("revisions are never given twice, and lists come in pages in either order", async () => {
  const world = await worldWithTaskDefinition();
  for (let n = 2; n <= 11; n++) await world.call.RegisterTaskDefinition(definition(), caller);
  await world.call.RegisterTaskDefinition(definition({ family: "api" }), caller);
  await world.call.DeregisterTaskDefinition({ taskDefinition: "web:11" }, caller);
  const list = async (sort: "ASC" | "DESC") => {
    const names: string[] = [];
    let nextToken: string | undefined;
    do {
      const page = await world.call.ListTaskDefinitions({ sort, maxResults: 4, nextToken }, caller);
      names.push(...(page.taskDefinitionArns ?? []).map((arn) => arn.slice(arn.indexOf("/") + 1)));
      nextToken = page.nextToken;
    } while (nextToken);
    return names;
  };
  const ascending = ["api:1", ...Array.from({ length: 10 }, (_, index) => `web:${index + 1}`)];
  expect(await list("ASC")).toEqual(ascending);
  expect(await list("DESC")).toEqual(ascending.toReversed());
  await world.call.DeregisterTaskDefinition({ taskDefinition: "api:1" }, caller);
  const families = async (status: "ACTIVE" | "INACTIVE" | "ALL") =>
    (await world.call.ListTaskDefinitionFamilies({ status }, caller)).families;
  expect([await families("ACTIVE"), await families("INACTIVE"), await families("ALL")]).toEqual([
    ["web"],
    ["api"],
    ["api", "web"],
  ]);
});

test.each<[string, Partial<RegisterTaskDefinitionCommandInput>, string]>([
  ["memory", { memory: "4096" }, "No Fargate configuration exists for given values: 256 CPU, 4096 memory."],
  ["cpu", { cpu: undefined }, "Fargate requires that 'cpu' be defined at the task level."],
  ["network mode", { networkMode: "bridge" }, "Fargate only supports network mode ‘awsvpc’."],
  ["no containers", { containerDefinitions: [] }, "Container list cannot be empty."],
  ["two of a name", { containerDefinitions: [container(), container()] }, "Duplicate container name web"],
  ["none essential", { containerDefinitions: [container({ essential: false })] }, "must be marked as essential"],
  [
    "secrets without role",
    { containerDefinitions: [container({ secrets: [{ name: "A", valueFrom: "a" }] })] },
    "execution role ARN to support secrets",
  ],
  [
    "unknown dependency",
    { containerDefinitions: [container({ dependsOn: [{ containerName: "x", condition: "START" }] })] },
    "depends on x, which is not in the task definition",
  ],
  [
    "circle",
    { containerDefinitions: [container({ dependsOn: [{ containerName: "web", condition: "START" }] })] },
    "cyclic dependencies",
  ],
])("registering for Fargate is refused as AWS does: %s", async (_case, change, message) => {
  const world = await worldWithTaskDefinition();
  const refused = await refusal(() => world.call.RegisterTaskDefinition(definition(change), caller));
  expect(refused).toMatch(/^ClientException: /);
  expect(refused).toContain(message);
});

test.each<[string, object, string]>([
  ["a missing cluster", { cluster: "other" }, "ClusterNotFoundException: Cluster not found."],
  ["a missing task definition", { taskDefinition: "other" }, "ClientException: TaskDefinition not found."],
  [
    "no network",
    { networkConfiguration: undefined },
    "InvalidParameterException: Network Configuration must be provided",
  ],
  [
    "an unknown subnet",
    { networkConfiguration: { awsvpcConfiguration: { subnets: ["subnet-z"] } } },
    "InvalidParameterException: Error retrieving subnet information for [subnet-z]: The subnet ID 'subnet-z' does not exist (ErrorCode: InvalidSubnetID.NotFound)",
  ],
  [
    "a target group of no load balancer",
    { loadBalancers: [{ targetGroupArn: "arn:targetgroup/x", containerName: "web", containerPort: 80 }] },
    "InvalidParameterException: The target group with targetGroupArn arn:targetgroup/x does not have an associated load balancer.",
  ],
  [
    "a port that the container doesn't map",
    { loadBalancers: [{ targetGroupArn: "arn:targetgroup/x", containerName: "web", containerPort: 81 }] },
    "InvalidParameterException: The container web did not have a container port 81 defined.",
  ],
  [
    "a deployment that can't move",
    { deploymentConfiguration: { minimumHealthyPercent: 100, maximumPercent: 100 } },
    "InvalidParameterException: Both maximumPercent and minimumHealthyPercent cannot be 100",
  ],
  [
    "blue/green without a bake time",
    { deploymentConfiguration: { strategy: "BLUE_GREEN" } },
    "InvalidParameterException: bakeTimeInMinutes must be specified when the deployment strategy is BLUE_GREEN.",
  ],
  [
    "CodeDeploy",
    { deploymentController: { type: "CODE_DEPLOY" } },
    "UnsupportedFeatureException: drydock doesn't build",
  ],
  ["EC2", { launchType: "EC2" }, "UnsupportedFeatureException: drydock runs tasks on Fargate only, not on EC2"],
])("creating a service is refused: %s", async (_case, change, message) => {
  const world = await worldWithTaskDefinition();
  const refused = await refusal(() => world.call.CreateService(service(change), caller));
  expect(refused.slice(0, message.length)).toBe(message);
});

test("a client token makes creating a service repeatable; without it the name is taken", async () => {
  const world = await worldWithTaskDefinition();
  const input = service({ clientToken: "once" });
  const first = await world.call.CreateService(input, caller);
  const second = await world.call.CreateService(input, caller);
  expect(second.service?.deployments?.[0]?.id).toBe(first.service?.deployments?.[0]?.id);
  expect(await refusal(() => world.call.CreateService(service(), caller))).toBe(
    "InvalidParameterException: Creation of service was not idempotent.",
  );
  expect(await refusal(() => world.call.UpdateService({ cluster: "main", service: "other" }, caller))).toBe(
    "ServiceNotFoundException: Service not found.",
  );
  const missing = await world.call.DescribeServices({ cluster: "main", services: ["other"] }, caller);
  expect(missing.failures).toEqual([
    { arn: "arn:aws:ecs:eu-west-1:123456789012:service/main/other", reason: "MISSING" },
  ]);
});

test("only what is part of a revision starts a deployment, and only when it changes", async () => {
  const world = await worldWithTaskDefinition();
  await world.call.CreateService(service(), caller);
  const update = async (input: object) => {
    const { service: updated } = await world.call.UpdateService({ cluster: "main", service: "web", ...input }, caller);
    return updated?.deployments?.length;
  };
  expect(await update({ desiredCount: 3 })).toBe(1);
  expect(await update({ deploymentConfiguration: { maximumPercent: 150 }, enableExecuteCommand: true })).toBe(1);
  expect(await update({ taskDefinition: "web:1", networkConfiguration })).toBe(1);
  expect(await update({ taskDefinition: "web:1", forceNewDeployment: true })).toBe(2);
  expect(await update({ networkConfiguration: { awsvpcConfiguration: { subnets: ["subnet-b"] } } })).toBe(3);
  const { services = [] } = await world.call.DescribeServices({ cluster: "main", services: ["web"] }, caller);
  expect(services[0]).toMatchObject({
    desiredCount: 3,
    enableExecuteCommand: true,
    deploymentConfiguration: { maximumPercent: 150, minimumHealthyPercent: 100 },
  });
});

test("tasks are listed by what is asked for, in pages, and stopped ones for an hour", async () => {
  const world = await worldWithTaskDefinition();
  await world.call.CreateService(service({ desiredCount: 2 }), caller);
  await world.call.RunTask(runTask({ count: 3, startedBy: "me" }), caller);
  await world.clock.advance(1_000);
  const list = async (input: Parameters<NonNullable<EcsOperations["ListTasks"]>>[0] = {}) =>
    (await world.call.ListTasks({ cluster: "main", ...input }, caller)).taskArns ?? [];
  expect(await list()).toHaveLength(5);
  expect(await list({ startedBy: "me" })).toHaveLength(3);
  expect(await list({ serviceName: "web" })).toHaveLength(2);
  expect(await list({ family: "web" })).toHaveLength(5);
  expect(await list({ family: "api" })).toEqual([]);
  const page = await world.call.ListTasks({ cluster: "main", maxResults: 3 }, caller);
  expect(page.taskArns).toHaveLength(3);
  expect(await list({ maxResults: 3, nextToken: page.nextToken })).toHaveLength(2);
  expect(await refusal(() => list({ serviceName: "other" }))).toBe("ServiceNotFoundException: Service not found.");
  expect(await refusal(() => list({ nextToken: "x" }))).toMatch(/^InvalidParameterException: /);

  const [task = ""] = await list({ startedBy: "me" });
  await world.call.StopTask({ cluster: "main", task, reason: "enough" }, caller);
  await world.clock.advance(1_000);
  expect(await list({ desiredStatus: "STOPPED" })).toEqual([task]);
  const { tasks } = await world.call.DescribeTasks({ cluster: "main", tasks: [task, "f".repeat(32)] }, caller);
  expect(tasks).toMatchObject([{ lastStatus: "STOPPED", stopCode: "UserInitiated", stoppedReason: "enough" }]);
  await world.clock.advance(3_599_000);
  expect(await list({ desiredStatus: "STOPPED" })).toEqual([task]);
  await world.clock.advance(1_800_000);
  const [other = ""] = await list({ startedBy: "me" });
  await world.call.StopTask({ cluster: "main", task: other }, caller);
  await world.clock.advance(1_000);
  expect(await list({ desiredStatus: "STOPPED" })).toEqual([other]);
  expect(await refusal(() => world.call.StopTask({ cluster: "main", task }, caller))).toBe(
    "InvalidParameterException: The referenced task was not found.",
  );
});

test("RunTask repeats with its client token, and knows its containers", async () => {
  const world = await worldWithTaskDefinition();
  const first = await world.call.RunTask(runTask({ count: 2, clientToken: "once" }), caller);
  const second = await world.call.RunTask(runTask({ count: 2, clientToken: "once" }), caller);
  const arns = (tasks: { taskArn?: string }[] = []) => tasks.map(({ taskArn }) => taskArn).sort();
  expect(arns(second.tasks)).toEqual(arns(first.tasks));
  const overrides = { containerOverrides: [{ name: "api", command: ["x"] }] };
  expect(await refusal(() => world.call.RunTask(runTask({ overrides }), caller))).toBe(
    "InvalidParameterException: Override for container named api is not a container in the TaskDefinition.",
  );
});

test("tags of a cluster, service, task definition and task, and what tasks inherit", async () => {
  const world = await worldWithTaskDefinition();
  const tags = [{ key: "app", value: "shop" }];
  const created = await world.call.CreateService(
    service({ tags, propagateTags: "SERVICE", enableECSManagedTags: true }),
    caller,
  );
  const resourceArn = created.service?.serviceArn ?? "";
  await world.clock.advance(1_000);
  await world.call.TagResource(
    {
      resourceArn,
      tags: [
        { key: "app", value: "x" },
        { key: "b", value: "2" },
      ],
    },
    caller,
  );
  await world.call.UntagResource({ resourceArn, tagKeys: ["app"] }, caller);
  expect(await world.call.ListTagsForResource({ resourceArn }, caller)).toEqual({ tags: [{ key: "b", value: "2" }] });
  const { taskArns = [] } = await world.call.ListTasks({ cluster: "main" }, caller);
  const described = await world.call.DescribeTasks({ cluster: "main", tasks: taskArns, include: ["TAGS"] }, caller);
  expect(described.tasks?.[0]?.tags).toEqual([
    ...tags,
    { key: "aws:ecs:clusterName", value: "main" },
    { key: "aws:ecs:serviceName", value: "web" },
  ]);
  const unknown = { resourceArn: resourceArn.replace("/web", "/api") };
  expect(await refusal(() => world.call.ListTagsForResource(unknown, caller))).toBe(
    "InvalidParameterException: The specified service is inactive or does not exist.",
  );
});

test("account settings, capacity providers, task protection and ExecuteCommand answer the truth", async () => {
  const world = await worldWithTaskDefinition();
  await world.call.PutAccountSetting({ name: "containerInsights", value: "enhanced" }, caller);
  const settings = async (effectiveSettings: boolean) =>
    (await world.call.ListAccountSettings({ effectiveSettings, maxResults: 20 }, caller)).settings?.map(
      ({ name, value }) => `${name}=${value}`,
    );
  expect(await settings(false)).toEqual(["containerInsights=enhanced"]);
  expect(await settings(true)).toContain("taskLongArnFormat=enabled");
  expect(await settings(true)).toContain("containerInsights=enhanced");
  const providers = await world.call.DescribeCapacityProviders({ capacityProviders: ["FARGATE", "mine"] }, caller);
  expect(providers).toMatchObject({ capacityProviders: [{ name: "FARGATE" }], failures: [{ reason: "MISSING" }] });
  const { tasks = [] } = await world.call.RunTask(runTask(), caller);
  const arns = tasks.map(({ taskArn = "" }) => taskArn);
  expect(await world.call.GetTaskProtection({ cluster: "main", tasks: arns }, caller)).toEqual({
    protectedTasks: [],
    failures: [{ arn: arns[0], reason: "TASK_NOT_VALID" }],
  });
  const execute = { cluster: "main", task: arns[0] ?? "", command: "sh", interactive: true };
  expect(await refusal(() => world.call.ExecuteCommand(execute, caller))).toContain("no execute command agent");
});
