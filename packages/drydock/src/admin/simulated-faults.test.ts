import {
  CreateServiceCommand,
  DescribeTasksCommand,
  ListServiceDeploymentsCommand,
  ListTasksCommand,
  PutClusterCapacityProvidersCommand,
  RegisterTaskDefinitionCommand,
  RunTaskCommand,
} from "@aws-sdk/client-ecs";
import { expect, test, vi } from "vitest";
import { startEcs } from "../services/ecs/testing.ts";
import { ask } from "./ask.fixture.ts";

vi.setConfig({ testTimeout: 60_000 });

async function startSimulated() {
  const region = await startEcs({ runtime: "simulated", timeScale: 60 });
  const { ecs, drydock, targetGroupArn, networkConfiguration } = region;
  const polled = { timeout: 30_000 };
  return {
    ...region,
    add: async (body: unknown) => (await ask(drydock.endpoint, "POST", "faults", { body })).body,
    state: async () => (await ask(drydock.endpoint, "GET", "state")).body,
    create: async (capacityProvider = "FARGATE") => {
      await ecs.send(
        new PutClusterCapacityProvidersCommand({
          cluster: "main",
          capacityProviders: ["FARGATE", "FARGATE_SPOT"],
          defaultCapacityProviderStrategy: [],
        }),
      );
      await ecs.send(
        new CreateServiceCommand({
          cluster: "main",
          serviceName: "web",
          taskDefinition: await region.register(await region.push("one", "")),
          desiredCount: 4,
          capacityProviderStrategy: [{ capacityProvider, weight: 1 }],
          networkConfiguration,
          loadBalancers: [{ targetGroupArn, containerName: "web", containerPort: 8080 }],
          deploymentConfiguration: { deploymentCircuitBreaker: { enable: true, rollback: true } },
        }),
      );
    },
    deployment: () =>
      expect.poll(async () => {
        const service = { cluster: "main", service: "web" };
        return (await ecs.send(new ListServiceDeploymentsCommand(service))).serviceDeployments?.[0]?.status;
      }, polled),
    stopped: async () => {
      const { taskArns = [] } = await ecs.send(new ListTasksCommand({ cluster: "main", desiredStatus: "STOPPED" }));
      if (taskArns.length === 0) return [];
      const { tasks = [] } = await ecs.send(new DescribeTasksCommand({ cluster: "main", tasks: taskArns }));
      return tasks.map(({ taskArn, stopCode }) => ({ taskArn, stopCode }));
    },
    running: () =>
      expect.poll(async () => {
        const { taskArns = [] } = await ecs.send(new ListTasksCommand({ cluster: "main", desiredStatus: "RUNNING" }));
        const { tasks = [] } = await ecs.send(new DescribeTasksCommand({ cluster: "main", tasks: taskArns }));
        return tasks
          .filter(({ lastStatus }) => lastStatus === "RUNNING")
          .map(({ availabilityZone }) => availabilityZone);
      }, polled),
  };
}

test.each([
  ["exits", "EssentialContainerExited"],
  ["unhealthy", "ServiceSchedulerInitiated"],
  ["no-image", "TaskFailedToStart"],
])("a service whose tasks are made to be %s fails by its circuit breaker", async (fate, stopCode) => {
  const region = await startSimulated();
  await region.add({ kind: "broken-task", fate, family: "web" });
  await region.create();
  await region.deployment().toMatch(/ROLLBACK_FAILED|STOPPED/);
  await expect.poll(region.stopped, { timeout: 30_000 }).toContainEqual({ taskArn: expect.any(String), stopCode });
});

test("crashed tasks are replaced", async () => {
  const region = await startSimulated();
  await region.create();
  await region.deployment().toBe("SUCCESSFUL");
  const { tasks } = await region.add({ kind: "task-crash", count: 2, seed: 3 });
  expect(tasks).toHaveLength(2);
  await expect.poll(region.stopped, { timeout: 30_000 }).toHaveLength(2);
  expect((await region.stopped()).map(({ taskArn }) => taskArn).sort()).toEqual(tasks.sort());
  await region.running().toHaveLength(4);
});

test("Spot tasks are taken back, and replaced", async () => {
  const region = await startSimulated();
  await region.create("FARGATE_SPOT");
  await region.deployment().toBe("SUCCESSFUL");
  expect((await region.add({ kind: "spot-interruption", service: "web", count: 3 })).tasks).toHaveLength(3);
  await expect.poll(region.stopped, { timeout: 30_000 }).toMatchObject(Array(3).fill({ stopCode: "SpotInterruption" }));
  await region.running().toHaveLength(4);
});

test("a lost zone takes its tasks, gets none, and is back when the fault is removed", async () => {
  const region = await startSimulated();
  await region.create();
  await region.deployment().toBe("SUCCESSFUL");
  const { fault } = await region.add({ kind: "zone-loss", zone: "eu-west-1a" });
  await region.running().toEqual(Array(4).fill("eu-west-1b"));
  const { endpoint } = region.drydock;
  expect((await ask(endpoint, "DELETE", `faults/${fault.id}`)).body).toEqual({ removed: 1 });
  await region.add({ kind: "zone-loss", zone: "eu-west-1b" });
  await region.running().toEqual(Array(4).fill("eu-west-1a"));
});

test("the state dump says what runs, and no secret", async () => {
  const region = await startSimulated();
  await region.create();
  await region.deployment().toBe("SUCCESSFUL");
  const { taskDefinition } = await region.ecs.send(
    new RegisterTaskDefinitionCommand({
      family: "once",
      requiresCompatibilities: ["FARGATE"],
      networkMode: "awsvpc",
      cpu: "256",
      memory: "512",
      containerDefinitions: [
        { name: "once", image: "example.com/once:1", environment: [{ name: "TOKEN", value: "hush-definition" }] },
      ],
    }),
  );
  await region.ecs.send(
    new RunTaskCommand({
      cluster: "main",
      taskDefinition: taskDefinition?.taskDefinitionArn,
      networkConfiguration: region.networkConfiguration,
      launchType: "FARGATE",
      overrides: { containerOverrides: [{ name: "once", environment: [{ name: "TOKEN", value: "hush-override" }] }] },
    }),
  );
  const state = await region.state();
  expect(state).toMatchObject({
    timeScale: 60,
    runtime: "simulated",
    faults: [],
    services: [{ cluster: "main", name: "web", desiredCount: 4, runningCount: 4 }],
    databases: [],
  });
  expect(state.tasks).toHaveLength(5);
  expect(state.tasks.map(({ listens }: { listens: unknown }) => listens)).toContainEqual({ 8080: "simulated" });
  expect(state.targets).toHaveLength(4);
  expect(state.listeners).toMatchObject([{ port: 80, url: region.address }]);
  expect(JSON.stringify(state)).not.toContain("hush");
});

test("a reset stops tasks and closes listeners", async () => {
  const region = await startSimulated();
  await region.create();
  await region.deployment().toBe("SUCCESSFUL");
  await ask(region.drydock.endpoint, "POST", "reset");
  expect(await region.state()).toMatchObject({ timeScale: 60, services: [], tasks: [], targets: [], listeners: [] });
  await expect(fetch(region.address)).rejects.toThrow();
});
