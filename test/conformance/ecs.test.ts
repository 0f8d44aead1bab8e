import { EC2 } from "@aws-sdk/client-ec2";
import { type CreateServiceRequest, ECS, type RegisterTaskDefinitionRequest } from "@aws-sdk/client-ecs";
import { expect, test } from "vitest";
import { conformance, pages, refusals, refused } from "./targets.ts";

const reference = (page: string) => `https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_${page}.html`;

conformance((target) => {
  const ecs = target.client(ECS);
  const cluster = async (clusterName: string, more = {}) => {
    await ecs.createCluster({ clusterName, ...more });
    return clusterName;
  };
  // Nothing listens at the image's address, and no service below wants a task.
  const register = (family: string, more: Partial<RegisterTaskDefinitionRequest> = {}) =>
    ecs.registerTaskDefinition({
      family,
      networkMode: "awsvpc",
      requiresCompatibilities: ["FARGATE"],
      cpu: "256",
      memory: "512",
      containerDefinitions: [
        { name: "web", image: "127.0.0.1:1/none:1", cpu: 256, memory: 512, portMappings: [{ containerPort: 80 }] },
      ],
      ...more,
    });
  const network = async () => {
    const filters = [{ Name: "default-for-az", Values: ["true"] }];
    const { Subnets = [] } = await target.client(EC2).describeSubnets({ Filters: filters });
    return { awsvpcConfiguration: { subnets: [Subnets[0]?.SubnetId ?? ""], securityGroups: [] } };
  };
  const service = async (clusterName: string, serviceName: string, more: Partial<CreateServiceRequest> = {}) =>
    ecs.createService({
      cluster: clusterName,
      serviceName,
      taskDefinition: "web",
      desiredCount: 0,
      launchType: "FARGATE",
      networkConfiguration: await network(),
      ...more,
    });
  const arn = (rest: string) => `arn:aws:ecs:${target.region}:${target.accountId}:${rest}`;

  test("a cluster: made twice, described, listed, deleted", async () => {
    const { cluster: made } = await ecs.createCluster({ clusterName: "made", tags: [{ key: "a", value: "1" }] });
    expect(made).toMatchObject({ clusterArn: arn("cluster/made"), clusterName: "made", status: "ACTIVE" });
    expect((await ecs.createCluster({ clusterName: "made" })).cluster?.clusterArn).toBe(made?.clusterArn);
    const described = await ecs.describeClusters({ clusters: ["made", "none"], include: ["TAGS"] });
    await target.motoDiffers(reference("CreateCluster"), () =>
      expect(described.clusters).toMatchObject([{ clusterName: "made", tags: [{ key: "a", value: "1" }] }]),
    );
    expect(described.failures).toMatchObject([{ arn: arn("cluster/none"), reason: "MISSING" }]);
    const counts = { runningTasksCount: 0, pendingTasksCount: 0, activeServicesCount: 0 };
    expect(described.clusters).toMatchObject([counts]);
    for (const name of ["listed-a", "listed-b"]) await cluster(name);
    const paged = await pages(
      (nextToken) => ecs.listClusters({ maxResults: 2, nextToken }),
      ({ clusterArns, nextToken }) => [clusterArns, nextToken],
    );
    expect(paged.slice(0, -1).every((page) => page.length === 2)).toBe(true);
    expect(paged.flat()).toEqual(expect.arrayContaining([arn("cluster/made"), arn("cluster/listed-b")]));
    expect((await ecs.deleteCluster({ cluster: "made" })).cluster).toMatchObject({ status: "INACTIVE" });
    await target.motoDiffers(reference("DeleteCluster"), async () =>
      expect((await ecs.listClusters({})).clusterArns).not.toContain(arn("cluster/made")),
    );
  });

  test("a cluster's settings and capacity providers", async () => {
    await cluster("settings");
    const settings = [{ name: "containerInsights" as const, value: "enabled" }];
    const { cluster: updated } = await ecs.updateCluster({ cluster: "settings", settings });
    expect(updated).toMatchObject({ clusterName: "settings", settings });
    const read = async () =>
      (await ecs.describeClusters({ clusters: ["settings"], include: ["SETTINGS"] })).clusters?.[0];
    expect((await read())?.settings).toEqual(settings);
    const off = [{ name: "containerInsights" as const, value: "disabled" }];
    await target.motoDiffers(reference("UpdateClusterSettings"), async () => {
      await ecs.updateClusterSettings({ cluster: "settings", settings: off });
      expect((await read())?.settings).toEqual(off);
    });
    const capacityProviders = ["FARGATE", "FARGATE_SPOT"];
    const defaultCapacityProviderStrategy = [{ capacityProvider: "FARGATE", weight: 1, base: 0 }];
    const put = { cluster: "settings", capacityProviders, defaultCapacityProviderStrategy };
    expect((await ecs.putClusterCapacityProviders(put)).cluster).toMatchObject({ capacityProviders });
    expect(await read()).toMatchObject({ capacityProviders, defaultCapacityProviderStrategy });
    await target.motoDiffers(reference("PutClusterCapacityProviders"), () =>
      refused(ecs.putClusterCapacityProviders({ ...put, capacityProviders: ["none"] }), "InvalidParameterException"),
    );
    await target.motoDiffers(reference("DescribeCapacityProviders"), async () => {
      const known = await ecs.describeCapacityProviders({ capacityProviders: ["FARGATE", "none"] });
      expect(known.capacityProviders).toMatchObject([{ name: "FARGATE", status: "ACTIVE" }]);
      expect(known.failures).toMatchObject([{ reason: "MISSING" }]);
    });
  });

  test("an account's setting is its default until it is put, and again when it is deleted", async () => {
    await target.motoDiffers(reference("PutAccountSettingDefault"), async () => {
      const name = "containerInsights" as const;
      const value = async () => (await ecs.listAccountSettings({ name, effectiveSettings: true })).settings?.[0]?.value;
      await ecs.putAccountSettingDefault({ name, value: "enabled" });
      expect(await value()).toBe("enabled");
      await ecs.deleteAccountSetting({ name });
      expect(await value()).toBe("disabled");
    });
    const put = await ecs.putAccountSetting({ name: "taskLongArnFormat", value: "enabled" });
    expect(put.setting).toMatchObject({ name: "taskLongArnFormat", value: "enabled" });
  });

  test("task definitions: revisions, described by family and revision, made inactive, deleted", async () => {
    const first = await register("revisions", { tags: [{ key: "a", value: "1" }] });
    expect(first.taskDefinition).toMatchObject({
      taskDefinitionArn: arn("task-definition/revisions:1"),
      family: "revisions",
      revision: 1,
      status: "ACTIVE",
      compatibilities: ["EC2", "FARGATE"],
      cpu: "256",
      memory: "512",
    });
    expect(first.taskDefinition?.containerDefinitions).toMatchObject([{ name: "web", essential: true }]);
    await register("revisions");
    const described = async (taskDefinition: string) =>
      (await ecs.describeTaskDefinition({ taskDefinition })).taskDefinition;
    expect(await described("revisions")).toMatchObject({ revision: 2 });
    expect(await described("revisions:1")).toMatchObject({ revision: 1 });
    expect(await described(arn("task-definition/revisions:1"))).toMatchObject({ revision: 1 });
    const tagged = await ecs.describeTaskDefinition({ taskDefinition: "revisions:1", include: ["TAGS"] });
    expect(tagged.tags).toEqual([{ key: "a", value: "1" }]);
    const early = await ecs.deleteTaskDefinitions({ taskDefinitions: ["revisions:1"] });
    expect(early.failures).toHaveLength(1);
    const inactive = await ecs.deregisterTaskDefinition({ taskDefinition: "revisions:1" });
    expect(inactive.taskDefinition).toMatchObject({ revision: 1, status: "INACTIVE" });
    expect(await described("revisions:1")).toMatchObject({ status: "INACTIVE" });
    const deleted = await ecs.deleteTaskDefinitions({ taskDefinitions: ["revisions:1", "none:1"] });
    expect(deleted.taskDefinitions).toMatchObject([{ status: "DELETE_IN_PROGRESS" }]);
    expect(deleted.failures).toHaveLength(1);
    expect((await register("revisions")).taskDefinition?.revision).toBe(3);
  });

  test("task definitions are listed by family and status, both ways, in pages", async () => {
    for (let revision = 1; revision <= 3; revision++) await register("listed");
    await register("listed-other");
    const listed = async (more = {}) =>
      (await ecs.listTaskDefinitions({ familyPrefix: "listed", ...more })).taskDefinitionArns?.map(
        (each) => each.split("/")[1],
      );
    await target.motoDiffers(reference("ListTaskDefinitions"), async () => {
      expect(await listed()).toEqual(["listed:1", "listed:2", "listed:3"]);
      expect(await listed({ sort: "DESC" })).toEqual(["listed:3", "listed:2", "listed:1"]);
      const paged = await pages(
        (nextToken) => ecs.listTaskDefinitions({ familyPrefix: "listed", sort: "DESC", maxResults: 2, nextToken }),
        ({ taskDefinitionArns, nextToken }) => [taskDefinitionArns, nextToken],
      );
      expect(paged.map((page) => page.length)).toEqual([2, 1]);
    });
    await ecs.deregisterTaskDefinition({ taskDefinition: "listed:2" });
    expect(await listed({ status: "INACTIVE" })).toEqual(["listed:2"]);
    const { families } = await ecs.listTaskDefinitionFamilies({ familyPrefix: "listed", status: "ACTIVE" });
    expect(families?.sort()).toEqual(["listed", "listed-other"]);
    const { families: all } = await ecs.listTaskDefinitionFamilies({ familyPrefix: "listed-o", status: "ALL" });
    expect(all).toEqual(["listed-other"]);
  });

  test("a service: made, described, listed, updated, deleted", async () => {
    const name = await cluster("services");
    await register("web");
    const { service: made } = await service(name, "web", { tags: [{ key: "a", value: "1" }] });
    expect(made).toMatchObject({
      serviceArn: arn("service/services/web"),
      serviceName: "web",
      clusterArn: arn("cluster/services"),
      status: "ACTIVE",
      desiredCount: 0,
      launchType: "FARGATE",
      schedulingStrategy: "REPLICA",
    });
    expect(made?.taskDefinition).toContain("task-definition/web:");
    expect(made?.deployments).toMatchObject([{ status: "PRIMARY", desiredCount: 0 }]);
    const described = await ecs.describeServices({ cluster: name, services: ["web", "none"], include: ["TAGS"] });
    expect(described.services).toMatchObject([{ serviceName: "web", tags: [{ key: "a", value: "1" }] }]);
    expect(described.failures).toMatchObject([{ reason: "MISSING" }]);
    for (const other of ["b", "c"]) await service(name, other);
    await target.motoDiffers(reference("ListServices"), async () => {
      const paged = await pages(
        (nextToken) => ecs.listServices({ cluster: name, maxResults: 2, nextToken }),
        ({ serviceArns, nextToken }) => [serviceArns, nextToken],
      );
      expect(paged.map((page) => page.length)).toEqual([2, 1]);
    });
    const { taskDefinition } = await register("web");
    const updated = await ecs.updateService({ cluster: name, service: "web", taskDefinition: "web" });
    await target.motoDiffers(reference("UpdateService"), () =>
      expect(updated.service?.taskDefinition).toBe(taskDefinition?.taskDefinitionArn),
    );
    expect((await ecs.deleteService({ cluster: name, service: "web" })).service?.serviceName).toBe("web");
    const status = async () => (await ecs.describeServices({ cluster: name, services: ["web"] })).services?.[0]?.status;
    await expect.poll(status, { timeout: 30_000 }).toBe("INACTIVE");
    await target.motoDiffers(reference("UpdateService"), () =>
      refused(ecs.updateService({ cluster: name, service: "web", desiredCount: 1 }), "ServiceNotActiveException"),
    );
    expect((await service(name, "web")).service?.status).toBe("ACTIVE");
  });

  test("a service isn't made twice, and the cluster it is in stays", async () => {
    await target.motoDiffers(reference("DeleteCluster"), async () => {
      await register("web");
      const name = await cluster("occupied");
      await service(name, "web");
      await refused(service(name, "web", { desiredCount: 1 }), "InvalidParameterException", "not idempotent");
      await refused(ecs.deleteCluster({ cluster: "occupied" }), "ClusterContainsServicesException");
    });
  });

  test("a service's rollout: its deployment and its revision", async () => {
    await target.motoDiffers(reference("ListServiceDeployments"), async () => {
      const name = await cluster("rollouts");
      await register("web");
      const clientToken = "a".repeat(32);
      const { service: made } = await service(name, "web", { clientToken });
      expect((await service(name, "web", { clientToken })).service?.serviceArn).toBe(made?.serviceArn);
      const latest = async () =>
        (await ecs.listServiceDeployments({ cluster: name, service: "web" })).serviceDeployments?.[0];
      // moto fails here; asked again and again it would only fail later.
      expect(await latest()).toMatchObject({ serviceArn: made?.serviceArn });
      await expect.poll(async () => (await latest())?.status, { timeout: 30_000 }).toBe("SUCCESSFUL");
      const serviceDeploymentArn = (await latest())?.serviceDeploymentArn ?? "";
      const none = serviceDeploymentArn.replace(/.$/, "_");
      const deployments = await ecs.describeServiceDeployments({ serviceDeploymentArns: [serviceDeploymentArn, none] });
      expect(deployments.serviceDeployments).toMatchObject([{ serviceArn: made?.serviceArn, status: "SUCCESSFUL" }]);
      expect(deployments.failures).toMatchObject([{ reason: "MISSING" }]);
      const revision = deployments.serviceDeployments?.[0]?.targetServiceRevision?.arn ?? "";
      const { serviceRevisions } = await ecs.describeServiceRevisions({ serviceRevisionArns: [revision] });
      expect(serviceRevisions).toMatchObject([{ serviceArn: made?.serviceArn, launchType: "FARGATE" }]);
      await refused(ecs.stopServiceDeployment({ serviceDeploymentArn }), "ConflictException");
      await ecs.updateService({ cluster: name, service: "web", forceNewDeployment: true });
      const paged = await pages(
        (nextToken) => ecs.listServiceDeployments({ cluster: name, service: "web", maxResults: 1, nextToken }),
        ({ serviceDeployments, nextToken }) => [serviceDeployments, nextToken],
      );
      expect(paged.map((page) => page.length)).toEqual([1, 1]);
    });
  });

  test("a task: run once for its token, described, listed, protected or not, stopped", async () => {
    const name = await cluster("tasks");
    const { taskDefinition } = await register("once");
    const run = async (more = {}) =>
      ecs.runTask({
        cluster: name,
        taskDefinition: "once",
        launchType: "FARGATE",
        networkConfiguration: await network(),
        startedBy: "conformance",
        ...more,
      });
    const clientToken = "token";
    const { tasks: [task] = [], failures } = await run({ clientToken });
    expect(failures).toEqual([]);
    expect(task).toMatchObject({
      clusterArn: arn("cluster/tasks"),
      taskDefinitionArn: taskDefinition?.taskDefinitionArn,
      launchType: "FARGATE",
      startedBy: "conformance",
    });
    const taskArn = task?.taskArn ?? "";
    expect(taskArn).toMatch(new RegExp(`^${arn("task/tasks/")}[0-9a-f-]{32,36}$`));
    await target.motoDiffers(reference("RunTask"), async () => {
      const again = await run({ clientToken });
      expect(again.tasks?.map((each) => each.taskArn)).toEqual([taskArn]);
    });
    const described = await ecs.describeTasks({ cluster: name, tasks: [taskArn] });
    expect(described.tasks).toMatchObject([{ taskArn, group: "family:once" }]);
    const stopped = await ecs.stopTask({ cluster: name, task: taskArn, reason: "enough" });
    expect(stopped.task).toMatchObject({ taskArn, desiredStatus: "STOPPED" });
    const { taskArns } = await ecs.listTasks({ cluster: name, family: "once", desiredStatus: "STOPPED" });
    expect(taskArns).toEqual([taskArn]);
    const state = async () => (await ecs.describeTasks({ cluster: name, tasks: [taskArn] })).tasks?.[0]?.lastStatus;
    await expect.poll(state, { timeout: 30_000 }).toBe("STOPPED");
    await target.motoDiffers(reference("DescribeTasks"), async () => {
      const id = "0".repeat(32);
      const missing = await ecs.describeTasks({ cluster: name, tasks: [id] });
      expect(missing.failures).toMatchObject([{ arn: arn(`task/tasks/${id}`), reason: "MISSING" }]);
    });
    await target.motoDiffers(reference("RunTask"), async () => {
      await refused(run({ count: 11 }), "InvalidParameterException");
      await refused(run({ startedBy: "with spaces" }), "InvalidParameterException", "startedBy must be");
      const overrides = { containerOverrides: [{ name: "none", command: ["true"] }] };
      await refused(run({ overrides }), "InvalidParameterException", "is not a container in the TaskDefinition");
    });
    await target.motoDiffers(reference("GetTaskProtection"), async () => {
      const { failures: unprotected } = await ecs.getTaskProtection({ cluster: name, tasks: [taskArn] });
      expect(unprotected).toHaveLength(1);
      const protect = { cluster: name, tasks: [taskArn], protectionEnabled: true };
      await refused(ecs.updateTaskProtection(protect), "UnsupportedFeatureException", "drydock doesn't build");
    });
    await target.motoDiffers(reference("ExecuteCommand"), () =>
      refused(
        ecs.executeCommand({ cluster: name, task: taskArn, command: "sh", interactive: true }),
        "InvalidParameterException",
        "drydock has no execute command agent",
      ),
    );
  });

  test("tags are added, replaced and removed", async () => {
    await cluster("tags", { tags: [{ key: "a", value: "1" }] });
    const resourceArn = arn("cluster/tags");
    const tags = [
      { key: "a", value: "2" },
      { key: "b", value: "3" },
    ];
    await ecs.tagResource({ resourceArn, tags });
    await ecs.untagResource({ resourceArn, tagKeys: ["b", "none"] });
    expect((await ecs.listTagsForResource({ resourceArn })).tags).toEqual([{ key: "a", value: "2" }]);
    const many = Array.from({ length: 51 }, (_, index) => ({ key: `k${index}`, value: "" }));
    await target.motoDiffers(reference("TagResource"), () =>
      refused(ecs.tagResource({ resourceArn, tags: many }), "InvalidParameterException"),
    );
  });

  const noCluster = "ClusterNotFoundException";
  const parameter = "InvalidParameterException";
  const client = "ClientException";
  refusals(target, [
    ["to update no cluster", () => ecs.updateCluster({ cluster: "none" }), noCluster],
    [
      "to set no cluster",
      () => ecs.updateClusterSettings({ cluster: "none", settings: [] }),
      noCluster,
      reference("UpdateClusterSettings"),
    ],
    ["to delete no cluster", () => ecs.deleteCluster({ cluster: "none" }), noCluster],
    [
      "capacity for no cluster",
      () =>
        ecs.putClusterCapacityProviders({
          cluster: "none",
          capacityProviders: [],
          defaultCapacityProviderStrategy: [],
        }),
      noCluster,
    ],
    ["a cluster with a space", () => cluster("a b"), parameter, reference("CreateCluster")],
    ["a token it never gave", () => ecs.listClusters({ nextToken: "made up" }), parameter, reference("ListClusters")],
    ["a family with a space", () => register("a b"), parameter, reference("RegisterTaskDefinition")],
    [
      "no containers",
      () => register("empty", { containerDefinitions: [] }),
      client,
      reference("RegisterTaskDefinition"),
    ],
    [
      "sizes that Fargate hasn't",
      () => register("odd", { cpu: "256", memory: "4096" }),
      client,
      reference("RegisterTaskDefinition"),
    ],
    ["to describe no task definition", () => ecs.describeTaskDefinition({ taskDefinition: "none" }), client],
    ["to deregister one without a revision", () => ecs.deregisterTaskDefinition({ taskDefinition: "none" }), client],
    ["to deregister none", () => ecs.deregisterTaskDefinition({ taskDefinition: "none:1" }), client],
    ["a service in no cluster", () => service("none", "web"), noCluster],
    ["services of no cluster", () => ecs.describeServices({ cluster: "none", services: ["web"] }), noCluster],
    ["to list services of no cluster", () => ecs.listServices({ cluster: "none" }), noCluster],
    ["to update a service of none", () => ecs.updateService({ cluster: "none", service: "web" }), noCluster],
    ["to delete a service of none", () => ecs.deleteService({ cluster: "none", service: "web" }), noCluster],
    [
      "to update no service",
      async () => ecs.updateService({ cluster: await cluster("bare"), service: "none" }),
      "ServiceNotFoundException",
    ],
    [
      "to delete no service",
      async () => ecs.deleteService({ cluster: await cluster("bare"), service: "none" }),
      "ServiceNotFoundException",
    ],
    [
      "deployments of no service",
      async () => ecs.listServiceDeployments({ cluster: await cluster("bare"), service: "none" }),
      "ServiceNotFoundException",
      reference("ListServiceDeployments"),
    ],
    [
      "to stop no deployment",
      () => ecs.stopServiceDeployment({ serviceDeploymentArn: arn("service-deployment/bare/web/none") }),
      "ServiceDeploymentNotFoundException",
      reference("StopServiceDeployment"),
    ],
    [
      "a task of no definition",
      async () => ecs.runTask({ cluster: await cluster("bare"), taskDefinition: "none" }),
      client,
    ],
    ["a task in no cluster", () => ecs.runTask({ cluster: "none", taskDefinition: "web" }), noCluster],
    ["to stop a task of no cluster", () => ecs.stopTask({ cluster: "none", task: "t" }), noCluster],
    [
      "to stop no task",
      async () => ecs.stopTask({ cluster: await cluster("bare"), task: "0".repeat(32) }),
      parameter,
      reference("StopTask"),
    ],
    ["tasks of no cluster", () => ecs.describeTasks({ cluster: "none", tasks: ["t"] }), noCluster],
    ["to describe no tasks", async () => ecs.describeTasks({ cluster: await cluster("bare"), tasks: [] }), parameter],
    ["to list tasks of no cluster", () => ecs.listTasks({ cluster: "none" }), noCluster],
    [
      "to protect tasks of no cluster",
      () => ecs.updateTaskProtection({ cluster: "none", tasks: ["t"], protectionEnabled: true }),
      noCluster,
      reference("UpdateTaskProtection"),
    ],
    [
      "protection of tasks of no cluster",
      () => ecs.getTaskProtection({ cluster: "none", tasks: ["t"] }),
      noCluster,
      reference("GetTaskProtection"),
    ],
    ["tags of no ARN", () => ecs.listTagsForResource({ resourceArn: "web" }), parameter],
    [
      "tags of no cluster",
      () => ecs.listTagsForResource({ resourceArn: arn("cluster/none") }),
      parameter,
      reference("ListTagsForResource"),
    ],
    [
      "an account setting there isn't",
      () => ecs.putAccountSetting({ name: "none" as "awsvpcTrunking", value: "enabled" }),
      parameter,
      reference("PutAccountSetting"),
    ],
  ]);
});
