import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { expect, onTestFinished, test, vi } from "vitest";
import { unpackedImage } from "./process/driver.fixture.ts";
import { type TestRegion, taskId, taskSpec } from "./region.fixture.ts";
import { taskRoutes } from "./routes.ts";
import { testRegion, testRunner } from "./runner.fixture.ts";

// Real processes on a machine that may be busy.
vi.setConfig({ testTimeout: 60_000 });

/** Serves the routes where the region says it is reached, as the gateway does. */
async function serve(region: TestRegion): Promise<void> {
  const routes = taskRoutes(region);
  const server = createServer((request: IncomingMessage, response: ServerResponse) => {
    const route = routes.find(({ prefix }) => request.url?.startsWith(prefix));
    void route?.handle(request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => {
    server.close();
    server.closeAllConnections();
  });
  region.endpoint.port = String((server.address() as AddressInfo).port);
}

/** Runs a script as a task and gives back the JSON it logged. */
async function logged(region: TestRegion, script: string, more: Parameters<typeof taskSpec>[1] = {}) {
  const image = unpackedImage({ Entrypoint: ["node", "--input-type=module", "-e"] });
  const runner = testRunner({ "app:1": image }, region);
  runner.start(taskSpec([{ name: "web", command: [script], portMappings: [{ containerPort: 8080 }], cpu: 128 }], more));
  const { stoppedReason } = await runner.reported(({ lastStatus }) => lastStatus === "STOPPED");
  expect(stoppedReason).toBe("Essential container in task exited");
  return (region.logged.get(`/app:app/web/${taskId}`) ?? []).map((line) => JSON.parse(line));
}

test("a task reads its metadata", async () => {
  const region = testRegion();
  await serve(region);
  const script =
    "const of = async (path) => console.log(await (await fetch(process.env.ECS_CONTAINER_METADATA_URI_V4 + path)).text());" +
    'for (const path of ["", "/task", "/taskWithTags", "/stats", "/task/stats"]) await of(path);' +
    'console.log((await fetch(process.env.ECS_CONTAINER_METADATA_URI_V4 + "0")).status);';
  const [container, task, taskWithTags, stats, taskStats, missing] = await logged(region, script, {
    serviceName: "shop",
    cpu: "256",
    memory: "512",
    tags: [{ key: "fardel:app", value: "shop" }],
    containerArns: { web: "arn:aws:ecs:eu-west-1:111122223333:container/main/x/y" },
    network: {
      address: "10.0.0.7",
      attachmentId: "a",
      macAddress: "0a:00:00:00:00:01",
      subnetId: "subnet-1",
      subnetCidrBlock: "10.0.0.0/24",
      availabilityZone: "eu-west-1a",
    },
  });
  const time = expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/);
  const expectedContainer = {
    DockerId: expect.stringContaining(`${taskId}-`),
    Name: "web",
    DockerName: "web",
    Image: "app:1",
    ImageID: `sha256:${"0".repeat(64)}`,
    Ports: [{ ContainerPort: 8080, Protocol: "tcp" }],
    Labels: {
      "com.amazonaws.ecs.cluster": "arn:aws:ecs:eu-west-1:111122223333:cluster/main",
      "com.amazonaws.ecs.container-name": "web",
      "com.amazonaws.ecs.task-arn": `arn:aws:ecs:eu-west-1:111122223333:task/main/${taskId}`,
      "com.amazonaws.ecs.task-definition-family": "app",
      "com.amazonaws.ecs.task-definition-version": "1",
    },
    DesiredStatus: "RUNNING",
    KnownStatus: "RUNNING",
    Limits: { CPU: 128 },
    CreatedAt: time,
    StartedAt: time,
    Type: "NORMAL",
    LogDriver: "awslogs",
    LogOptions: { "awslogs-group": "/app", "awslogs-region": "eu-west-1", "awslogs-stream-prefix": "app" },
    ContainerARN: "arn:aws:ecs:eu-west-1:111122223333:container/main/x/y",
    Networks: [
      {
        NetworkMode: "awsvpc",
        IPv4Addresses: ["10.0.0.7"],
        AttachmentIndex: 0,
        MACAddress: "0a:00:00:00:00:01",
        IPv4SubnetCIDRBlock: "10.0.0.0/24",
        PrivateDNSName: "ip-10-0-0-7.eu-west-1.compute.internal",
      },
    ],
  };
  const expectedTask = {
    Cluster: "arn:aws:ecs:eu-west-1:111122223333:cluster/main",
    TaskARN: `arn:aws:ecs:eu-west-1:111122223333:task/main/${taskId}`,
    Family: "app",
    Revision: "1",
    ServiceName: "shop",
    DesiredStatus: "RUNNING",
    KnownStatus: "RUNNING",
    Limits: { CPU: 0.25, Memory: 512 },
    PullStartedAt: time,
    PullStoppedAt: time,
    AvailabilityZone: "eu-west-1a",
    LaunchType: "FARGATE",
    Containers: [expectedContainer],
    FaultInjectionEnabled: false,
  };
  expect(container).toEqual(expectedContainer);
  expect(task).toEqual(expectedTask);
  expect(taskWithTags).toEqual({ ...expectedTask, TaskTags: { "fardel:app": "shop" } });
  expect(stats).toMatchObject({ id: container.DockerId, name: "web", memory_stats: { usage: expect.any(Number) } });
  expect(stats.memory_stats.usage).toBeGreaterThan(10_000_000);
  expect(Object.keys(taskStats)).toEqual([container.DockerId]);
  expect(missing).toBe(404);
});

test("a task gets its role's credentials, with its token only", async () => {
  const region = testRegion();
  await serve(region);
  const script =
    "const { AWS_CONTAINER_CREDENTIALS_FULL_URI: uri, AWS_CONTAINER_AUTHORIZATION_TOKEN: token } = process.env;" +
    "console.log(await (await fetch(uri, { headers: { authorization: token } })).text());" +
    "console.log((await fetch(uri, { headers: { authorization: 'guess' } })).status);" +
    "console.log((await fetch(uri)).status);";
  const taskRoleArn = "arn:aws:iam::111122223333:role/shop";
  expect(await logged(region, script, { taskRoleArn })).toEqual([
    {
      RoleArn: taskRoleArn,
      AccessKeyId: `ASIA-${taskRoleArn}`,
      SecretAccessKey: "secret",
      Token: taskId,
      Expiration: "2030-01-01T00:00:00.000Z",
    },
    401,
    401,
  ]);
});

test("a task without a role has no credentials", async () => {
  const region = testRegion();
  expect(
    await logged(region, "console.log(JSON.stringify(process.env.AWS_CONTAINER_CREDENTIALS_FULL_URI ?? null))"),
  ).toEqual([null]);
});
