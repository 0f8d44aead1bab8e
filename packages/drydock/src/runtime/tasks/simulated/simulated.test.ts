import {
  CreateServiceCommand,
  DescribeServicesCommand,
  DescribeTasksCommand,
  ListServiceDeploymentsCommand,
  RunTaskCommand,
  UpdateServiceCommand,
} from "@aws-sdk/client-ecs";
import { expect, test, vi } from "vitest";
import { startEcs } from "../../../services/ecs/testing.ts";

vi.setConfig({ testTimeout: 60_000 });

const web = { cluster: "main", service: "web" };

async function startSimulated() {
  const region = await startEcs({ runtime: "simulated", timeScale: 60 });
  const { ecs } = region;
  return {
    ...region,
    create: (taskDefinition: string) =>
      ecs.send(
        new CreateServiceCommand({
          cluster: "main",
          serviceName: "web",
          taskDefinition,
          desiredCount: 3,
          launchType: "FARGATE",
          networkConfiguration: region.networkConfiguration,
          loadBalancers: [{ targetGroupArn: region.targetGroupArn, containerName: "web", containerPort: 8080 }],
          deploymentConfiguration: { deploymentCircuitBreaker: { enable: true, rollback: true } },
        }),
      ),
    /** The statuses of the service's deployments, newest first, once the newest has ended. */
    ended: () =>
      expect.poll(
        async () =>
          (await ecs.send(new ListServiceDeploymentsCommand(web))).serviceDeployments?.map((each) => each.status),
        { timeout: 20_000 },
      ),
    describe: async () => {
      const { services } = await ecs.send(new DescribeServicesCommand({ cluster: "main", services: ["web"] }));
      return services?.[0];
    },
  };
}

test("a service of simulated tasks is rolled out, answers for what it is, and is rolled over", async () => {
  const region = await startSimulated();
  const one = await region.register(await region.push("one", ""));
  await region.create(one);
  await region.ended().toEqual(["SUCCESSFUL"]);
  const response = await fetch(region.address);
  expect({ status: response.status, body: await response.text() }).toEqual({
    status: 200,
    body: expect.stringMatching(/^This task is simulated, so no app has answered: arn:aws:ecs:/),
  });
  expect(Object.values(await region.health(region.targetGroupArn))).toEqual(["healthy", "healthy", "healthy"]);

  const two = await region.register(await region.push("two", ""));
  await region.ecs.send(new UpdateServiceCommand({ ...web, taskDefinition: two }));
  await region.ended().toEqual(["SUCCESSFUL", "SUCCESSFUL"]);
  expect(await region.describe()).toMatchObject({ taskDefinition: two, runningCount: 3, pendingCount: 0 });
});

test("an image that isn't in the registry is not there for a simulated task either", async () => {
  const region = await startSimulated();
  const image = await region.push("one", "");
  const { tasks = [] } = await region.ecs.send(
    new RunTaskCommand({
      cluster: "main",
      taskDefinition: await region.register(image.replace(/one$/, "two")),
      launchType: "FARGATE",
      networkConfiguration: region.networkConfiguration,
    }),
  );
  const look = async () =>
    (await region.ecs.send(new DescribeTasksCommand({ cluster: "main", tasks: [tasks[0]?.taskArn ?? ""] }))).tasks?.[0];
  await expect.poll(look, { timeout: 30_000 }).toMatchObject({
    stopCode: "TaskFailedToStart",
    stoppedReason: expect.stringMatching(/^CannotPullContainerError: .*not found/),
  });
});

test("a task of no service has done its work after a second, and exits with 0", async () => {
  const region = await startSimulated();
  const { tasks = [] } = await region.ecs.send(
    new RunTaskCommand({
      cluster: "main",
      taskDefinition: await region.register(await region.push("one", "")),
      launchType: "FARGATE",
      networkConfiguration: region.networkConfiguration,
    }),
  );
  const look = async () =>
    (await region.ecs.send(new DescribeTasksCommand({ cluster: "main", tasks: [tasks[0]?.taskArn ?? ""] }))).tasks?.[0];
  await expect.poll(look, { timeout: 30_000 }).toMatchObject({ lastStatus: "STOPPED", containers: [{ exitCode: 0 }] });
});
