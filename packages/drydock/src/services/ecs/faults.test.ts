import { expect, test } from "vitest";
import { taskFaults } from "./faults.ts";
import { createService, describeTasks, register, service, worldWithCluster } from "./scenario.fixture.ts";

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
  await world.clock.advance(100);
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
