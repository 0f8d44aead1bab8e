import { expect, test } from "vitest";
import { addEvents } from "./control/events.ts";
import {
  createService,
  describeTasks,
  loadBalancers,
  messages,
  register,
  rollouts,
  service,
  update,
  worldWithCluster,
} from "./scenario.fixture.ts";

const digest = (n: number) => `sha256:${String(n).repeat(64)}`;
const ecr = "123456789012.dkr.ecr.eu-west-1.amazonaws.com";

test("a deployment is PENDING while its images are looked up; what overtakes it requests its stop", async () => {
  const world = await worldWithCluster();
  await register(world, "web:1", {});
  await createService(world);
  await world.clock.advance(60_000);
  const letLooksGo = world.holdLooks();
  await register(world, `${ecr}/web:2`, {});
  await update(world, { taskDefinition: "web" });
  expect((await rollouts(world))[0]).toMatchObject({ status: "PENDING", createdAt: new Date(world.clock.now()) });
  expect((await rollouts(world))[0]?.startedAt).toBeUndefined();
  await world.clock.advance(1);
  await register(world, `${ecr}/web:3`, {});
  await update(world, { taskDefinition: "web" });
  expect((await rollouts(world)).map(({ status }) => status)).toEqual(["PENDING", "STOP_REQUESTED", "SUCCESSFUL"]);
  letLooksGo();
  await world.clock.advance(1_000);
  const [newest, overtaken] = await rollouts(world);
  expect(newest).toMatchObject({ status: "IN_PROGRESS", startedAt: expect.any(Date) });
  expect(overtaken).toMatchObject({
    status: "STOPPED",
    statusReason: "Service deployment stopped because a newer service deployment started.",
    stoppedAt: expect.any(Date),
  });
});

test("a rollback that is asked for is ROLLBACK_REQUESTED until the service is looked at, and can't be asked for twice", async () => {
  const world = await worldWithCluster();
  await register(world, "web:1", {});
  await createService(world, { loadBalancers: loadBalancers(world) });
  await world.clock.advance(10_000);
  await register(world, "web:2", { starts: 600_000 });
  await update(world, { taskDefinition: "web" });
  await world.clock.advance(1_000);
  const letLooksGo = world.holdLooks();
  const serviceDeploymentArn = (await rollouts(world))[0]?.serviceDeploymentArn ?? "";
  const stop = async () =>
    world.call.StopServiceDeployment({ serviceDeploymentArn, stopType: "ROLLBACK" }, world.caller);
  await stop();
  expect((await rollouts(world))[0]).toMatchObject({
    status: "ROLLBACK_REQUESTED",
    statusReason: "Service deployment rollback requested by the user.",
  });
  await expect(stop()).rejects.toThrow("The service deployment can't be stopped: its status is ROLLBACK_REQUESTED.");
  letLooksGo();
  await world.clock.advance(30_000);
  expect((await rollouts(world))[0]).toMatchObject({ status: "ROLLBACK_SUCCESSFUL" });
  await expect(stop()).rejects.toThrow("The service deployment can't be stopped: its status is ROLLBACK_SUCCESSFUL.");
});

test("a deployment can be stopped while it is PENDING", async () => {
  const world = await worldWithCluster();
  await register(world, "web:1", {});
  await createService(world);
  await world.clock.advance(60_000);
  const letLooksGo = world.holdLooks();
  await register(world, `${ecr}/web:2`, {});
  await update(world, { taskDefinition: "web" });
  const [pending] = await rollouts(world);
  expect(pending?.status).toBe("PENDING");
  await world.call.StopServiceDeployment({ serviceDeploymentArn: pending?.serviceDeploymentArn ?? "" }, world.caller);
  letLooksGo();
  await world.clock.advance(60_000);
  expect((await rollouts(world))[0]).toMatchObject({ status: "ROLLBACK_SUCCESSFUL" });
  expect(await describeTasks(world)).toHaveLength(2);
});

test("a tag that moves during a deployment, or later, doesn't change what the deployment runs", async () => {
  const world = await worldWithCluster();
  world.registry.set("latest", digest(1));
  // The sidecar's registry is another one: its digest comes with the first pull, long after the tag has moved.
  await world.call.RegisterTaskDefinition(
    {
      family: "web",
      requiresCompatibilities: ["FARGATE"],
      networkMode: "awsvpc",
      cpu: "256",
      memory: "512",
      executionRoleArn: "arn:aws:iam::123456789012:role/execution",
      containerDefinitions: [
        { name: "web", image: `${ecr}/web:latest` },
        { name: "sidecar", image: "public.ecr.aws/datadog/agent:7" },
        { name: "moving", image: `${ecr}/web:latest`, versionConsistency: "disabled" },
      ],
    },
    world.caller,
  );
  await createService(world, { desiredCount: 4, deploymentConfiguration: { maximumPercent: 150 } });
  await world.clock.advance(50);
  world.registry.set("latest", digest(2));
  await world.clock.advance(60_000);
  const specs = () => [...world.runner.specs.values()].map(({ imageDigests }) => imageDigests);
  expect(specs()).toEqual(Array(4).fill({ web: digest(1) }));
  for (const arn of world.runner.specs.keys()) world.runner.crash(arn);
  await world.clock.advance(60_000);
  expect(specs()).toEqual(Array(8).fill({ web: digest(1) }));
  await update(world, { forceNewDeployment: true });
  await world.clock.advance(60_000);
  expect(specs().slice(8)).toEqual(Array(4).fill({ web: digest(2) }));
});

test("a task definition set INACTIVE, even deleted, keeps its services going, but starts no new ones", async () => {
  const world = await worldWithCluster();
  const arn = await register(world, "web:1", {});
  await createService(world);
  await world.clock.advance(60_000);
  await world.call.DeregisterTaskDefinition({ taskDefinition: arn }, world.caller);
  await world.call.DeleteTaskDefinitions({ taskDefinitions: [arn] }, world.caller);
  for (const task of world.runner.specs.keys()) world.runner.crash(task);
  await update(world, { desiredCount: 3 });
  await world.clock.advance(60_000);
  expect(await service(world)).toMatchObject({ runningCount: 3, taskDefinition: arn });
  await expect(createService(world, { serviceName: "other" })).rejects.toThrow("TaskDefinition not found.");
});

test("waits grow while tasks don't reach RUNNING, whatever forces a deployment, until the task definition is new", async () => {
  const world = await worldWithCluster();
  await register(world, "web:1", { failsToStart: "CannotPullContainerError: not found" });
  await createService(world, { desiredCount: 1, deploymentConfiguration: {} });
  await world.clock.advance(1_800_000);
  const starts = () => world.runner.specs.size;
  const before = starts();
  await update(world, { forceNewDeployment: true });
  await world.clock.advance(1_000);
  expect(starts()).toBe(before);
  await register(world, "web:2", {});
  await update(world, { taskDefinition: "web" });
  await world.clock.advance(1_000);
  expect(starts()).toBe(before + 1);
  const said = messages(await service(world)).filter((message) => message.includes("unable to consistently"));
  expect(said).toEqual(["(service web) is unable to consistently start tasks successfully."]);
});

test("events are listed newest first, a hundred of them", async () => {
  const world = await worldWithCluster();
  await register(world, "web:1", {});
  await createService(world);
  await world.clock.advance(60_000);
  const record = world.ecs.records.services.get("main/web");
  if (!record) throw new Error("The service is missing.");
  for (let n = 1; n <= 120; n++) addEvents(world.ecs, record, [`event ${n}`]);
  const { events = [] } = await service(world);
  expect(events.map(({ message }) => message)).toEqual(Array.from({ length: 100 }, (_each, n) => `event ${120 - n}`));
});

test("early success is shown and kept, and refused where it makes no sense", async () => {
  const world = await worldWithCluster();
  await register(world, "web:1", {});
  const early = { enable: true, healthyPercent: 50, sourceServiceRevisionCleanup: "DEFERRED" as const };
  const configure = (earlySuccessCriteria: object) =>
    createService(world, { deploymentConfiguration: { minimumHealthyPercent: 50, earlySuccessCriteria } as object });
  await expect(configure({ enable: true })).rejects.toThrow(
    "healthyPercent and sourceServiceRevisionCleanup must be specified when earlySuccessCriteria is enabled.",
  );
  await expect(configure({ ...early, healthyPercent: 49 })).rejects.toThrow(
    "healthyPercent of earlySuccessCriteria must be at least minimumHealthyPercent and at most 100.",
  );
  await configure(early);
  await world.clock.advance(60_000);
  await register(world, "web:2", { starts: 1_000 });
  await update(world, { taskDefinition: "web" });
  await world.clock.advance(41_000);
  expect((await rollouts(world))[0]).toMatchObject({
    status: "SUCCESSFUL",
    deploymentConfiguration: { earlySuccessCriteria: early },
  });
});

test("history is kept for 90 days, and what the service runs or would return to for ever", async () => {
  const world = await worldWithCluster();
  await register(world, "web:1", {});
  await createService(world, { desiredCount: 0 });
  await world.clock.advance(1_000);
  await update(world, { forceNewDeployment: true });
  await world.clock.advance(1_000);
  const [second, first] = await rollouts(world);
  const revisions = [first?.targetServiceRevision?.arn ?? "", second?.targetServiceRevision?.arn ?? ""];
  await world.clock.advance(89 * 24 * 3_600_000);
  expect(await rollouts(world)).toHaveLength(2);
  await world.clock.advance(2 * 24 * 3_600_000);
  expect((await rollouts(world)).map(({ serviceDeploymentArn }) => serviceDeploymentArn)).toEqual([
    second?.serviceDeploymentArn,
  ]);
  const described = await world.call.DescribeServiceRevisions({ serviceRevisionArns: revisions }, world.caller);
  expect(described.serviceRevisions?.map(({ serviceRevisionArn }) => serviceRevisionArn)).toEqual([revisions[1]]);
  expect(described.failures).toEqual([{ arn: revisions[0], reason: "MISSING" }]);
});

test("service deployments come in pages, and by status and time", async () => {
  const world = await worldWithCluster();
  await register(world, "web:1", {});
  await createService(world, { desiredCount: 0 });
  for (let n = 0; n < 4; n++) {
    await world.clock.advance(1_000);
    await update(world, { forceNewDeployment: true });
  }
  await world.clock.advance(1_000);
  const list = async (more: object) =>
    world.call.ListServiceDeployments({ cluster: "main", service: "web", ...more }, world.caller);
  const all = (await list({})).serviceDeployments ?? [];
  expect(all).toHaveLength(5);
  const first = await list({ maxResults: 3 });
  const second = await list({ maxResults: 3, nextToken: first.nextToken });
  expect([...(first.serviceDeployments ?? []), ...(second.serviceDeployments ?? [])]).toEqual(all);
  expect((await list({ status: ["IN_PROGRESS"] })).serviceDeployments).toEqual([]);
  const middle = all[2]?.createdAt;
  expect((await list({ createdAt: { after: middle } })).serviceDeployments).toEqual(all.slice(0, 2));
  expect((await list({ createdAt: { before: middle } })).serviceDeployments).toEqual(all.slice(3));
});

test("tasks have the security groups of their revision, or the VPC's default one", async () => {
  const world = await worldWithCluster();
  await register(world, "web:1", {});
  const groupsOf = (name: string) => world.ecs.records.tasks.ofService("main", name).map((task) => task.securityGroups);
  await createService(world, { desiredCount: 1 });
  const own = { awsvpcConfiguration: { subnets: ["subnet-a"], securityGroups: ["sg-1", "sg-2"] } };
  await createService(world, { desiredCount: 1, serviceName: "own", networkConfiguration: own });
  await world.clock.advance(1_000);
  expect([groupsOf("web"), groupsOf("own")]).toEqual([[["sg-default"]], [["sg-1", "sg-2"]]]);
});

test.each([
  [
    [{ capacityProvider: "FARGATE" }, { capacityProvider: "FARGATE" }],
    "The capacity provider strategy cannot contain a duplicate capacity provider.",
  ],
  [
    [
      { capacityProvider: "FARGATE", base: 1, weight: 1 },
      { capacityProvider: "FARGATE_SPOT", base: 1 },
    ],
    "Only one capacity provider in a capacity provider strategy can have a base defined.",
  ],
])("a capacity provider strategy that means nothing is refused", async (capacityProviderStrategy, message) => {
  const world = await worldWithCluster({ capacityProviders: ["FARGATE", "FARGATE_SPOT"] });
  await register(world, "web:1", {});
  await expect(createService(world, { launchType: undefined, capacityProviderStrategy })).rejects.toThrow(message);
});
