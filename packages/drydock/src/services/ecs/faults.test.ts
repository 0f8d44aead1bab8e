import { expect, test } from "vitest";
import { taskFaults } from "./faults.ts";
import { createService, describeTasks, messages, register, service, worldWithCluster } from "./scenario.fixture.ts";

const spot = (weight: number) => [
  { capacityProvider: "FARGATE", base: 1, weight: 1 },
  { capacityProvider: "FARGATE_SPOT", weight },
];

test("a strategy's base comes first, then its weights share the rest", async () => {
  const world = await worldWithCluster({ capacityProviders: ["FARGATE", "FARGATE_SPOT"] });
  await register(world, "web:1", {});
  await createService(world, { desiredCount: 9, launchType: undefined, capacityProviderStrategy: spot(3) });
  await world.clock.advance(1_000);
  const providers = (await describeTasks(world)).map(({ capacityProviderName }) => capacityProviderName);
  expect(Map.groupBy(providers, (name) => name).get("FARGATE")).toHaveLength(3);
  expect(Map.groupBy(providers, (name) => name).get("FARGATE_SPOT")).toHaveLength(6);
});

test("a Spot interruption stops Spot tasks only, takes their targets out, and they are replaced on Spot", async () => {
  const world = await worldWithCluster({ capacityProviders: ["FARGATE", "FARGATE_SPOT"] });
  await register(world, "web:1", {});
  await createService(world, {
    desiredCount: 2,
    launchType: undefined,
    capacityProviderStrategy: spot(2),
    loadBalancers: [{ targetGroupArn: world.targetGroupArn, containerName: "web", containerPort: 8080 }],
  });
  await world.clock.advance(10_000);
  const interrupted = taskFaults(world.ecs).interruptSpotTasks({ service: "web" });
  expect(interrupted).toHaveLength(1);
  await world.clock.advance(50);
  expect([...world.targets.values()].sort()).toEqual(["draining", "healthy"]);
  await world.clock.advance(20_000);
  const { tasks } = await world.call.DescribeTasks({ cluster: "main", tasks: interrupted }, world.caller);
  expect(tasks).toMatchObject([
    { lastStatus: "STOPPED", stopCode: "SpotInterruption", stoppedReason: "Your Spot Task was interrupted." },
  ]);
  expect((await describeTasks(world)).map((task) => task.capacityProviderName).sort()).toEqual([
    "FARGATE",
    "FARGATE_SPOT",
  ]);
  expect((await service(world)).deployments).toMatchObject([{ runningCount: 2, failedTasks: 0 }]);
});

test("a crashed task has ended by itself and is replaced; one that isn't running can't crash", async () => {
  const world = await worldWithCluster();
  await register(world, "web:1", {});
  await createService(world, { desiredCount: 1 });
  await world.clock.advance(1_000);
  const [task] = await describeTasks(world);
  const { crashTask } = taskFaults(world.ecs);
  crashTask(task?.taskArn ?? "");
  await world.clock.advance(1_000);
  const [replacement] = await describeTasks(world);
  expect(replacement?.taskArn).not.toBe(task?.taskArn);
  expect(() => crashTask(task?.taskArn ?? "")).toThrow(/^No task arn:.* is running: only a running task can crash\.$/);
});

test("a lost zone's tasks come back elsewhere, and spread out again once it is back", async () => {
  const world = await worldWithCluster();
  await register(world, "web:1", {});
  await createService(world);
  await world.clock.advance(60_000);
  const zones = async () => (await describeTasks(world)).map(({ availabilityZone }) => availabilityZone).sort();
  expect(await zones()).toEqual(["eu-west-1a", "eu-west-1b"]);
  const { loseZone, regainZone } = taskFaults(world.ecs);
  const lost = loseZone("eu-west-1a");
  await world.clock.advance(60_000);
  expect(await zones()).toEqual(["eu-west-1b", "eu-west-1b"]);
  const { tasks } = await world.call.DescribeTasks({ cluster: "main", tasks: lost }, world.caller);
  expect(tasks).toMatchObject([{ lastStatus: "STOPPED", stopCode: "InfrastructureHealth" }]);
  regainZone("eu-west-1a");
  await world.clock.advance(60_000);
  expect(await zones()).toEqual(["eu-west-1a", "eu-west-1b"]);
  expect(messages(await service(world)).slice(3)).toEqual([
    "(service web) has started 1 tasks: (task ID).",
    "(service web) has reached a steady state.",
    "service (web) is not AZ balanced with 0 tasks in eu-west-1a, and 2 tasks in eu-west-1b. AZ Rebalancing in progress.",
    "web has started 1 tasks in eu-west-1a to AZ Rebalance: ID.",
    "web has stopped 1 running tasks in eu-west-1b due to AZ rebalancing: ID.",
    "service (web) is AZ balanced with 1 tasks in eu-west-1a, and 1 tasks in eu-west-1b.",
    "(service web) has reached a steady state.",
  ]);
});

test("with every zone lost a service says so once and waits, and RunTask fails", async () => {
  const world = await worldWithCluster();
  await register(world, "web:1", {});
  await createService(world);
  await world.clock.advance(60_000);
  const { loseZone, regainZone } = taskFaults(world.ecs);
  loseZone("eu-west-1a");
  loseZone("eu-west-1b");
  await world.clock.advance(3_600_000);
  const described = await service(world);
  expect(described.runningCount).toBe(0);
  expect(messages(described).filter((message) => message.includes("unable to place"))).toEqual([
    "(service web) was unable to place a task. Reason: Capacity is unavailable at this time. Please try again later or in a different availability zone.",
  ]);
  const input = {
    cluster: "main",
    taskDefinition: "web",
    launchType: "FARGATE" as const,
    networkConfiguration: { awsvpcConfiguration: { subnets: ["subnet-a"] } },
  };
  expect(await world.call.RunTask(input, world.caller)).toEqual({
    tasks: [],
    failures: [
      { reason: "Capacity is unavailable at this time. Please try again later or in a different availability zone" },
    ],
  });
  regainZone("eu-west-1b");
  await world.clock.advance(60_000);
  expect(await service(world)).toMatchObject({ runningCount: 2 });
  expect(() => loseZone("eu-west-1z")).toThrow(
    "eu-west-1 has no Availability Zone eu-west-1z, only eu-west-1a, eu-west-1b, eu-west-1c.",
  );
});
