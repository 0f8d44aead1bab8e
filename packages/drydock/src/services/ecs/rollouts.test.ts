import { expect, test } from "vitest";
import {
  createService,
  loadBalancers,
  messages,
  register,
  rollouts,
  service,
  worldWithCluster,
} from "./scenario.fixture.ts";
import type { ImageBehaviour } from "./world.fixture.ts";

const caller = { accessKeyId: "test", requestId: "1" };

test("a service without load balancer runs its tasks, spread over the zones, and is steady 40 s later", async () => {
  const world = await worldWithCluster();
  await register(world, "web:1", {});
  await createService(world);
  await world.clock.advance(1_000);
  expect(await service(world)).toMatchObject({ runningCount: 2, pendingCount: 0, desiredCount: 2 });
  expect((await service(world)).deployments).toMatchObject([{ status: "PRIMARY", rolloutState: "IN_PROGRESS" }]);
  await world.clock.advance(40_000);
  const steady = await service(world);
  expect(steady.deployments).toMatchObject([{ rolloutState: "COMPLETED", runningCount: 2 }]);
  expect(messages(steady)).toEqual([
    "(service web) has started 2 tasks: (task ID) (task ID).",
    "(service web) (deployment ecs-svc/N) deployment completed.",
    "(service web) has reached a steady state.",
  ]);
  const { taskArns = [] } = await world.call.ListTasks({ cluster: "main", serviceName: "web" }, caller);
  const { tasks = [] } = await world.call.DescribeTasks({ cluster: "main", tasks: taskArns }, caller);
  expect(tasks.map((task) => task.availabilityZone).sort()).toEqual(["eu-west-1a", "eu-west-1b"]);
  const addresses = tasks.map((task) => task.attachments?.[0]?.details?.find((d) => d.name === "privateIPv4Address"));
  expect(addresses.map((detail) => detail?.value).sort()).toEqual(["10.0.0.4", "10.0.1.4"]);
  expect(await rollouts(world)).toMatchObject([{ status: "SUCCESSFUL", deploymentCircuitBreaker: { threshold: 3 } }]);
});

test("a rollout shows two deployments, drains the old targets in full before it signals, and then completes", async () => {
  const world = await worldWithCluster();
  await register(world, "web:1", {});
  await createService(world, { desiredCount: 1, loadBalancers: loadBalancers(world) });
  await world.clock.advance(10_000);
  expect((await service(world)).deployments).toMatchObject([{ rolloutState: "COMPLETED" }]);
  const second = await register(world, "web:2", {});
  await world.call.UpdateService({ cluster: "main", service: "web", taskDefinition: second }, caller);
  await world.clock.advance(1_000);
  expect((await service(world)).deployments).toMatchObject([
    { status: "PRIMARY", rolloutState: "IN_PROGRESS", taskDefinition: second, runningCount: 1 },
    { status: "ACTIVE", rolloutState: "COMPLETED", runningCount: 1 },
  ]);
  await world.clock.advance(5_000);
  const { taskArns = [] } = await world.call.ListTasks({ cluster: "main", desiredStatus: "STOPPED" }, caller);
  const { tasks = [] } = await world.call.DescribeTasks({ cluster: "main", tasks: taskArns }, caller);
  expect(tasks.map((task) => task.lastStatus)).toEqual(["DEACTIVATING"]);
  await world.clock.advance(11_000);
  const done = await service(world);
  expect(done.deployments).toMatchObject([{ rolloutState: "COMPLETED", taskDefinition: second }]);
  expect(messages(done).slice(4)).toEqual([
    "(service web) has started 1 tasks: (task ID).",
    `(service web) registered 1 targets in (target-group ${world.targetGroupArn})`,
    "(service web) has begun draining connections on 1 tasks.",
    `(service web) deregistered 1 targets in (target-group ${world.targetGroupArn})`,
    "(service web) has stopped 1 running tasks: (task ID).",
    "(service web) (deployment ecs-svc/N) deployment completed.",
    "(service web) has reached a steady state.",
  ]);
  const stopped = await world.call.DescribeTasks({ cluster: "main", tasks: taskArns }, caller);
  expect(stopped.tasks?.[0]).toMatchObject({
    lastStatus: "STOPPED",
    stopCode: "ServiceSchedulerInitiated",
    stoppedReason: expect.stringMatching(/^Scaling activity initiated by \(deployment ecs-svc\/\d+\)$/),
  });
});

test.each<[string, ImageBehaviour]>([
  ["tasks that fail to start", { failsToStart: "CannotPullContainerError: not found" }],
  ["tasks that crash", { exitsAfter: 300 }],
  ["targets that are unhealthy", { target: "unhealthy" }],
])("the circuit breaker returns to the last completed deployment: %s", async (_case, behaviour) => {
  const world = await worldWithCluster();
  const first = await register(world, "web:1", {});
  await createService(world, { loadBalancers: loadBalancers(world) });
  await world.clock.advance(10_000);
  const second = await register(world, "web:2", behaviour);
  await world.call.UpdateService({ cluster: "main", service: "web", taskDefinition: second }, caller);
  await world.clock.advance(120_000);
  const after = await service(world);
  expect(after).toMatchObject({ taskDefinition: first, runningCount: 2 });
  expect(after.deployments).toHaveLength(1);
  const [latest] = await rollouts(world);
  expect(latest).toMatchObject({
    status: "ROLLBACK_SUCCESSFUL",
    statusReason: "Service deployment rolled back because the circuit breaker threshold was exceeded.",
    deploymentCircuitBreaker: { status: "TRIGGERED", threshold: 3 },
  });
  expect(latest?.deploymentCircuitBreaker?.failureCount).toBeGreaterThanOrEqual(3);
  const { serviceRevisions = [] } = await world.call.DescribeServiceRevisions(
    { serviceRevisionArns: [latest?.rollback?.serviceRevisionArn ?? "", latest?.targetServiceRevision?.arn ?? ""] },
    caller,
  );
  expect(serviceRevisions.map((revision) => revision.taskDefinition)).toEqual([first, second]);
  const said = messages(after);
  expect(said).toContain("(service web) (deployment ecs-svc/N) deployment failed: tasks failed to start.");
  expect(said).toContain("(service web) rolling back to deployment ecs-svc/N.");
});

test("what is stored survives a restart: living tasks stay, dead ones are replaced", async () => {
  const world = await worldWithCluster();
  await register(world, "web:1", {});
  await createService(world, { loadBalancers: loadBalancers(world) });
  await world.clock.advance(10_000);
  const before = (await world.call.ListTasks({ cluster: "main" }, caller)).taskArns;
  await world.restart(true);
  await world.clock.advance(10_000);
  expect((await world.call.ListTasks({ cluster: "main" }, caller)).taskArns).toEqual(before);
  await world.restart(false);
  await world.clock.advance(60_000);
  const after = (await world.call.ListTasks({ cluster: "main" }, caller)).taskArns ?? [];
  expect(after).toHaveLength(2);
  expect(after.filter((arn) => before?.includes(arn))).toEqual([]);
  expect([...world.targets.values()]).toEqual(["healthy", "healthy"]);
});

test("a rollout goes on after a restart in the middle of its drains", async () => {
  const world = await worldWithCluster();
  await register(world, "web:1", {});
  await createService(world, { loadBalancers: loadBalancers(world) });
  await world.clock.advance(10_000);
  await register(world, "web:2", {});
  await world.call.UpdateService({ cluster: "main", service: "web", taskDefinition: "web" }, caller);
  await world.clock.advance(6_000);
  await world.restart(true);
  await world.clock.advance(30_000);
  expect((await service(world)).deployments).toMatchObject([{ rolloutState: "COMPLETED", runningCount: 2 }]);
  expect((await rollouts(world))[0]).toMatchObject({ status: "SUCCESSFUL" });
});

test("a tag becomes a digest once per deployment; forcing a new deployment looks again", async () => {
  const world = await worldWithCluster();
  const image = "123456789012.dkr.ecr.eu-west-1.amazonaws.com/web:latest";
  const digest = (n: number) => `sha256:${String(n).repeat(64)}`;
  world.registry.set("latest", digest(1));
  world.images.set(image, {});
  await world.call.RegisterTaskDefinition(
    {
      family: "web",
      requiresCompatibilities: ["FARGATE"],
      networkMode: "awsvpc",
      cpu: "256",
      memory: "512",
      executionRoleArn: "arn:aws:iam::123456789012:role/execution",
      containerDefinitions: [{ name: "web", image }],
    },
    caller,
  );
  await createService(world, { desiredCount: 1 });
  await world.clock.advance(1_000);
  world.registry.set("latest", digest(2));
  for (const arn of world.runner.specs.keys()) world.runner.crash(arn);
  await world.clock.advance(1_000);
  const digests = () => [...world.runner.specs.values()].map((spec) => spec.imageDigests.web);
  expect(digests()).toEqual([digest(1), digest(1)]);
  await world.call.UpdateService({ cluster: "main", service: "web", forceNewDeployment: true }, caller);
  await world.clock.advance(1_000);
  expect(digests().at(-1)).toBe(digest(2));
});

test("deleting a service drains it and leaves it INACTIVE; its name is free again", async () => {
  const world = await worldWithCluster();
  await register(world, "web:1", {});
  await createService(world, { loadBalancers: loadBalancers(world) });
  await world.clock.advance(10_000);
  const remove = (force: boolean) =>
    Promise.resolve().then(() => world.call.DeleteService({ cluster: "main", service: "web", force }, caller));
  await expect(remove(false)).rejects.toThrow("The service cannot be stopped while it is scaled above 0.");
  expect((await remove(true)).service).toMatchObject({ status: "DRAINING", desiredCount: 0 });
  await expect(createService(world)).rejects.toThrow("Unable to Start a service that is still Draining.");
  await world.clock.advance(11_000);
  expect(await service(world)).toMatchObject({ status: "INACTIVE", runningCount: 0 });
  expect(await world.call.ListServices({ cluster: "main" }, caller)).toMatchObject({ serviceArns: [] });
  await createService(world);
  expect(await service(world)).toMatchObject({ status: "ACTIVE" });
});

test("StopServiceDeployment rolls back, and a newer deployment stops the one under way", async () => {
  const world = await worldWithCluster();
  const first = await register(world, "web:1", {});
  await createService(world);
  await world.clock.advance(50_000);
  await register(world, "web:2", {});
  await world.call.UpdateService({ cluster: "main", service: "web", taskDefinition: "web" }, caller);
  await world.clock.advance(1_000);
  await register(world, "web:3", {});
  await world.call.UpdateService({ cluster: "main", service: "web", taskDefinition: "web" }, caller);
  await world.clock.advance(1_000);
  expect((await rollouts(world)).map(({ status }) => status)).toEqual(["IN_PROGRESS", "STOPPED", "SUCCESSFUL"]);
  const serviceDeploymentArn = (await rollouts(world))[0]?.serviceDeploymentArn ?? "";
  await world.call.StopServiceDeployment({ serviceDeploymentArn, stopType: "ROLLBACK" }, caller);
  await world.clock.advance(120_000);
  expect((await rollouts(world))[0]).toMatchObject({ status: "ROLLBACK_SUCCESSFUL" });
  expect(await service(world)).toMatchObject({ taskDefinition: first, runningCount: 2 });
});

test("a target group that is gone is said once, and the service can still be deleted", async () => {
  const world = await worldWithCluster();
  await register(world, "web:1", {});
  await createService(world, { desiredCount: 1, loadBalancers: loadBalancers(world) });
  await world.clock.advance(10_000);
  world.targetGroupExists = false;
  world.ecs.control.wakeTargetGroup(world.targetGroupArn);
  await world.clock.advance(120_000);
  expect(messages(await service(world)).slice(4)).toEqual([
    `(service web) failed to describe target health on target-group ${world.targetGroupArn} with (error One or more target groups not found)`,
    `(service web) failed to register targets in (target-group ${world.targetGroupArn}) with (error One or more target groups not found)`,
  ]);
  await world.call.DeleteService({ cluster: "main", service: "web", force: true }, caller);
  await world.clock.advance(60_000);
  expect(await service(world)).toMatchObject({ status: "INACTIVE" });
});
