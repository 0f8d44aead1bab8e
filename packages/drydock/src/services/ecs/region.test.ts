import {
  CreateServiceCommand,
  type CreateServiceCommandInput,
  DeleteServiceCommand,
  DescribeServiceDeploymentsCommand,
  DescribeServicesCommand,
  DescribeTasksCommand,
  ListServiceDeploymentsCommand,
  ListTasksCommand,
  PutClusterCapacityProvidersCommand,
  RunTaskCommand,
  UpdateServiceCommand,
  waitUntilServicesStable,
  waitUntilTasksStopped,
} from "@aws-sdk/client-ecs";
import { expect, test } from "vitest";
import { startEcs, webServer } from "./testing.ts";

type EcsRegion = Awaited<ReturnType<typeof startEcs>>;
const web = { cluster: "main", service: "web" };

const describing = { cluster: "main", services: ["web"] };

async function createWeb(
  region: EcsRegion,
  taskDefinition: string,
  more: Partial<CreateServiceCommandInput> = {},
): Promise<void> {
  await region.ecs.send(
    new CreateServiceCommand({
      cluster: "main",
      serviceName: "web",
      taskDefinition,
      desiredCount: 2,
      launchType: "FARGATE",
      networkConfiguration: region.networkConfiguration,
      loadBalancers: [{ targetGroupArn: region.targetGroupArn, containerName: "web", containerPort: 8080 }],
      deploymentConfiguration: { deploymentCircuitBreaker: { enable: true, rollback: true } },
      healthCheckGracePeriodSeconds: 60,
      ...more,
    }),
  );
}

async function describeWeb({ ecs }: EcsRegion) {
  const { services = [] } = await ecs.send(new DescribeServicesCommand(describing));
  return services[0];
}

async function latestDeployment({ ecs }: EcsRegion) {
  const { serviceDeployments = [] } = await ecs.send(new ListServiceDeploymentsCommand(web));
  const serviceDeploymentArns = serviceDeployments
    .slice(0, 1)
    .map((deployment) => deployment.serviceDeploymentArn ?? "");
  const described = await ecs.send(new DescribeServiceDeploymentsCommand({ serviceDeploymentArns }));
  return described.serviceDeployments?.[0];
}

async function until<T>(look: () => Promise<T>, wanted: (seen: T) => boolean): Promise<T> {
  for (;;) {
    const seen = await look();
    if (wanted(seen)) return seen;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

const ended = (deployment: Awaited<ReturnType<typeof latestDeployment>>) =>
  ["SUCCESSFUL", "STOPPED", "ROLLBACK_SUCCESSFUL", "ROLLBACK_FAILED"].includes(deployment?.status ?? "");

const answer = async ({ address }: EcsRegion) => (await fetch(address)).text();

test("a service behind the load balancer: created, rolled out, rolled back, deleted, and it always answers", async () => {
  const region = await startEcs();
  const one = await region.register(await region.push("one", webServer("one")));
  await createWeb(region, one);
  expect(await until(() => latestDeployment(region), ended)).toMatchObject({ status: "SUCCESSFUL" });
  await waitUntilServicesStable(
    { client: region.ecs, maxWaitTime: 30, minDelay: 1, maxDelay: 1 },
    { cluster: "main", services: ["web"] },
  );
  expect(await answer(region)).toBe("one");

  const two = await region.register(await region.push("two", webServer("two")));
  await region.ecs.send(new UpdateServiceCommand({ ...web, taskDefinition: two }));
  const during = await until(
    () => describeWeb(region),
    (service) => service?.deployments?.length === 2,
  );
  expect(during?.deployments?.map(({ status, taskDefinition }) => [status, taskDefinition])).toEqual([
    ["PRIMARY", two],
    ["ACTIVE", one],
  ]);
  expect(await until(() => latestDeployment(region), ended)).toMatchObject({ status: "SUCCESSFUL" });
  expect((await describeWeb(region))?.deployments).toMatchObject([{ taskDefinition: two, rolloutState: "COMPLETED" }]);
  expect(await answer(region)).toBe("two");

  const broken = await region.register(await region.push("three", webServer("three", 500)));
  await region.ecs.send(new UpdateServiceCommand({ ...web, taskDefinition: broken, healthCheckGracePeriodSeconds: 0 }));
  expect(await until(() => latestDeployment(region), ended)).toMatchObject({ status: "ROLLBACK_SUCCESSFUL" });
  expect(await describeWeb(region)).toMatchObject({ taskDefinition: two, runningCount: 2 });
  expect(await answer(region)).toBe("two");
  const { taskArns: tasks } = await region.ecs.send(
    new ListTasksCommand({ cluster: "main", serviceName: "web", desiredStatus: "STOPPED" }),
  );
  const stopped = await region.ecs.send(new DescribeTasksCommand({ cluster: "main", tasks }));
  expect(stopped.tasks?.map(({ stoppedReason }) => stoppedReason)).toContain(
    `Task failed ELB health checks in (target-group ${region.targetGroupArn})`,
  );

  await region.ecs.send(new DeleteServiceCommand({ ...web, force: true }));
  await until(
    () => describeWeb(region),
    (service) => service?.status === "INACTIVE",
  );
  expect((await region.ecs.send(new ListTasksCommand({ cluster: "main" }))).taskArns).toEqual([]);
}, 60_000);

test("a task on interrupted Spot capacity gets its SIGTERM, ends by itself and is replaced", async () => {
  const region = await startEcs();
  const providers = [
    { capacityProvider: "FARGATE", base: 1, weight: 0 },
    { capacityProvider: "FARGATE_SPOT", weight: 1 },
  ];
  await region.ecs.send(
    new PutClusterCapacityProvidersCommand({
      cluster: "main",
      capacityProviders: ["FARGATE", "FARGATE_SPOT"],
      defaultCapacityProviderStrategy: providers,
    }),
  );
  await createWeb(region, await region.register(await region.push("one", webServer("one"))), { launchType: undefined });
  await waitUntilServicesStable({ client: region.ecs, maxWaitTime: 30, minDelay: 1, maxDelay: 1 }, describing);
  const response = await fetch(new URL("/_drydock/faults", region.drydock.endpoint), {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ kind: "spot-interruption", service: "web" }),
  });
  const { tasks } = (await response.json()) as { tasks: string[] };
  expect(tasks).toHaveLength(1);
  const interrupted = await until(
    async () => (await region.ecs.send(new DescribeTasksCommand({ cluster: "main", tasks }))).tasks?.[0],
    (task) => task?.lastStatus === "STOPPED",
  );
  expect(interrupted).toMatchObject({
    capacityProviderName: "FARGATE_SPOT",
    stopCode: "SpotInterruption",
    stoppedReason: "Your Spot Task was interrupted.",
    containers: [{ exitCode: 0 }],
  });
  await waitUntilServicesStable({ client: region.ecs, maxWaitTime: 30, minDelay: 1, maxDelay: 1 }, describing);
  expect(await answer(region)).toBe("one");
}, 60_000);

test("RunTask runs a command of its own and keeps its exit code", async () => {
  const region = await startEcs();
  const taskDefinition = await region.register(await region.push("one", webServer("one")));
  const { tasks = [] } = await region.ecs.send(
    new RunTaskCommand({
      cluster: "main",
      taskDefinition,
      launchType: "FARGATE",
      networkConfiguration: region.networkConfiguration,
      overrides: { containerOverrides: [{ name: "web", command: ["node", "-e", "process.exit(3)"] }] },
    }),
  );
  expect(tasks).toMatchObject([{ lastStatus: "PROVISIONING", group: "family:web", launchType: "FARGATE" }]);
  const arns = { cluster: "main", tasks: tasks.map(({ taskArn = "" }) => taskArn) };
  await waitUntilTasksStopped({ client: region.ecs, maxWaitTime: 30, minDelay: 1, maxDelay: 1 }, arns);
  const described = await region.ecs.send(new DescribeTasksCommand(arns));
  expect(described.tasks).toMatchObject([
    {
      lastStatus: "STOPPED",
      stopCode: "EssentialContainerExited",
      stoppedReason: "Essential container in task exited",
      containers: [{ name: "web", lastStatus: "STOPPED", exitCode: 3, imageDigest: expect.stringMatching(/^sha256:/) }],
    },
  ]);
}, 30_000);

test("a process has its whole grace period to start in, however fast the region's time passes", async () => {
  const region = await startEcs({ timeScale: 60 });
  const slow = `setTimeout(() => {${webServer("at last")}}, 2000);`;
  await createWeb(region, await region.register(await region.push("slow", slow)), {
    desiredCount: 1,
    healthCheckGracePeriodSeconds: 60,
  });
  expect(await until(() => latestDeployment(region), ended)).toMatchObject({ status: "SUCCESSFUL" });
  expect((await latestDeployment(region))?.targetServiceRevision).toMatchObject({ runningTaskCount: 1 });
  const { taskArns } = await region.ecs.send(
    new ListTasksCommand({ cluster: "main", serviceName: "web", desiredStatus: "STOPPED" }),
  );
  expect(taskArns).toEqual([]);
});
