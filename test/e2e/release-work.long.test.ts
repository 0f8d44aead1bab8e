// What works beside requests: an ingester on a queue, scheduled tasks, counts, autoscaling, services started anew.
import { appendFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { SQS } from "@aws-sdk/client-sqs";
import { type FardelEvent, redeploy, releaseHistory, rollback, runTask, scale, takeDown } from "@fardel/core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { origin, type Shop, startShop } from "./release.fixture.ts";

const cluster = "local";
const soon = { timeout: 30_000 };
let shop: Shop;
beforeAll(async () => {
  shop = await startShop({ timeScale: 10 });
  await shop.aws.secretsManager.createSecret({ Name: "/shop/local/database-password", SecretString: "hunter2" });
  await release();
});
afterAll(() => shop.close());

/** The SDK as an app has it among its own modules. */
const sdk = createRequire(import.meta.url).resolve("@aws-sdk/client-sqs");
const ingester = `
const { SQS } = require(${JSON.stringify(sdk)});
const sqs = new SQS({});
const QueueUrl = process.env.QUEUE_URL;
process.on("SIGTERM", () => process.exit(0));
(async () => {
  for (;;) {
    const { Messages = [] } = await sqs.receiveMessage({ QueueUrl, WaitTimeSeconds: 20 });
    for (const { Body, ReceiptHandle } of Messages) {
      console.log("ingested " + Body);
      await sqs.deleteMessage({ QueueUrl, ReceiptHandle });
    }
  }
})();
`;
const report = `console.log("reported by " + process.env.REPORTER);`;

interface Work {
  web?: string;
  ingester?: string;
  /** Lines of the task. */
  schedule?: string;
}

const byQueue = "{ min: 1, max: 4, cpu: 60, queue: { name: ingest, messages: 10 } }";

async function release(work: Work = {}, expected = "succeeded") {
  const { web, ingester: scaling = byQueue, schedule = 'schedule: "* * * * *"' } = work;
  shop.write({
    worker: false,
    ...(web && { web }),
    more: `
  ingester:
    image: app
    command: [node, ingester.cjs]
    health: { command: [node, -e, "0"], interval: 5s, timeout: 20s, unhealthy: 5 }
    env: { QUEUE_URL: "\${queues.ingest.url}" }
    scale: ${scaling}`,
  });
  writeFileSync(join(shop.directory, "ingester.cjs"), ingester);
  writeFileSync(join(shop.directory, "report.cjs"), report);
  appendFileSync(
    join(shop.directory, "fardel.yaml"),
    `queues: { ingest: { visibility: 60s, retries: 2 } }
environments:
  local:
    tasks: { report: { image: app, command: [node, report.cjs], env: { REPORTER: ada }, ${schedule} } }
`,
  );
  await shop.setUp();
  const { outcome } = await shop.deploy();
  expect(outcome, JSON.stringify(outcome)).toMatchObject({ outcome: expected });
  return outcome;
}

const request = () => {
  const { aws, descriptor } = shop;
  const events: FardelEvent[] = [];
  return { aws, descriptor, origin, emit: (event: FardelEvent) => void events.push(event), events };
};

async function lines(workload: string): Promise<string[]> {
  const logGroupName = shop.descriptor.logGroups[workload] ?? "";
  const { events = [] } = await shop.aws.logs.filterLogEvents({ logGroupName });
  return events.flatMap(({ message }) => message ?? []);
}

async function service(name: string) {
  const { services = [] } = await shop.aws.ecs.describeServices({ cluster, services: [`shop-${name}`] });
  return services[0];
}

async function scaling() {
  const ecs = { ServiceNamespace: "ecs" } as const;
  const { ScalableTargets = [] } = await shop.aws.applicationAutoScaling.describeScalableTargets(ecs);
  const { ScalingPolicies = [] } = await shop.aws.applicationAutoScaling.describeScalingPolicies(ecs);
  return {
    targets: ScalableTargets.map(({ ResourceId, MinCapacity, MaxCapacity }) => [ResourceId, MinCapacity, MaxCapacity]),
    policies: ScalingPolicies.map(({ PolicyName }) => PolicyName).sort(),
  };
}

const schedule = () => shop.aws.scheduler.getSchedule({ GroupName: "shop-local", Name: "report" });

test("B2: the ingester gets what is sent to its queue, and what it can't work off goes to the dead letters", async () => {
  const url = shop.descriptor.queues.ingest ?? "";
  const credentials = { accessKeyId: "local", secretAccessKey: "local" };
  const sqs = new SQS({ endpoint: shop.drydock.endpoint, region: shop.drydock.region, credentials });
  await sqs.sendMessage({ QueueUrl: url, MessageBody: "hello" });
  await expect.poll(() => lines("ingester"), soon).toContain("ingested hello");
  const { Attributes = {} } = await sqs.getQueueAttributes({ QueueUrl: url, AttributeNames: ["All"] });
  expect(Attributes).toMatchObject({ VisibilityTimeout: "60", ReceiveMessageWaitTimeSeconds: "20" });
  expect(JSON.parse(Attributes.RedrivePolicy ?? "")).toMatchObject({
    deadLetterTargetArn: expect.stringMatching(/:shop-local-ingest-dead$/),
    maxReceiveCount: 2,
  });
});

test("C3, A6: services scale by targets and policies, which releases and hands change without undoing each other", async () => {
  const id = "service/local/shop-ingester";
  expect(await scaling()).toEqual({ targets: [[id, 1, 4]], policies: ["fardel-cpu", "fardel-queue"] });
  const outcome = await scale({ ...request(), service: "ingester", to: { min: 2 } });
  expect(outcome).toEqual({
    service: "ingester",
    before: expect.any(Number),
    desired: expect.any(Number),
    bounds: { min: 2, max: 4 },
    reached: true,
  });
  expect(outcome.desired).toBeGreaterThanOrEqual(2);
  await release({ ingester: "{ min: 1, max: 4, memory: 70 }" });
  expect(await scaling()).toEqual({ targets: [[id, 2, 4]], policies: ["fardel-memory"] });
  expect((await service("ingester"))?.desiredCount).toBeGreaterThanOrEqual(2);
  await expect(scale({ ...request(), service: "ingester", to: { count: 9 } })).rejects.toMatchObject({
    code: "SCALE_OUTSIDE",
  });
  await release({ ingester: "1" });
  expect(await scaling()).toEqual({ targets: [], policies: [] });
  expect((await service("ingester"))?.desiredCount).toBe(1);
});

test("B2: a count set by hand or through the API stays, until the manifest says another", async () => {
  const outcome = await scale({ ...request(), service: "web", to: { count: 3 } });
  expect(outcome).toEqual({ service: "web", before: 2, desired: 3, reached: true });
  await release({ web: "    stop: 20s", ingester: "1" });
  expect(await service("web")).toMatchObject({ desiredCount: 3, runningCount: 3 });
  await shop.aws.ecs.updateService({ cluster, service: "shop-web", desiredCount: 1 });
  await release({ web: "    stop: 25s", ingester: "1" });
  expect(await service("web")).toMatchObject({ desiredCount: 1, runningCount: 1 });
  await expect(scale({ ...request(), service: "web", to: { max: 3 } })).rejects.toMatchObject({ code: "SCALE_FIXED" });
});

test("B3: a task runs on its schedule, and from the API, as the release defines it", async () => {
  await expect.poll(() => lines("report"), soon).toContain("reported by ada");
  const { Target, ScheduleExpression } = await schedule();
  expect(ScheduleExpression).toBe("cron(* * * * ? *)");
  const taskDefinition = Target?.EcsParameters?.TaskDefinitionArn ?? "";
  const { exitCode } = await runTask({ ...request(), workload: "report", actor: "ada" });
  expect(exitCode).toBe(0);
  const { subnets, securityGroups } = shop.descriptor.network;
  const networkConfiguration = { awsvpcConfiguration: { subnets, securityGroups } };
  const started = await shop.aws.ecs.runTask({ cluster, taskDefinition, launchType: "FARGATE", networkConfiguration });
  const tasks = started.tasks?.flatMap(({ taskArn }) => taskArn ?? []) ?? [];
  await expect
    .poll(
      async () => (await shop.aws.ecs.describeTasks({ cluster, tasks })).tasks?.[0]?.containers?.[0]?.exitCode,
      soon,
    )
    .toBe(0);
  const { taskArns } = await shop.aws.ecs.listTasks({ cluster, family: "shop-local-report", desiredStatus: "STOPPED" });
  expect(taskArns).toContain(tasks[0]);
});

test("a schedule changes with the release, comes back with a rollback, and goes with the manifest", async () => {
  const former = await release({
    ingester: "1",
    schedule: 'schedule: "0 3 * * mon-fri", timezone: Europe/Berlin',
  });
  expect(await schedule()).toMatchObject({
    ScheduleExpression: "cron(0 3 ? * 2-6 *)",
    ScheduleExpressionTimezone: "Europe/Berlin",
    State: "ENABLED",
  });
  expect((await rollback(request())).outcome).toBe("succeeded");
  expect((await schedule()).ScheduleExpression).toBe("cron(* * * * ? *)");
  expect((await rollback({ ...request(), to: former.release })).outcome).toBe("succeeded");
  // Its group goes with the infrastructure, and with it the schedule.
  await release({ ingester: "1", schedule: "" }, "unchanged");
  await expect(schedule()).rejects.toMatchObject({ code: "AWS_ResourceNotFoundException" });
});

test("B6, D7: redeploying replaces every task by one of the same revision, and history tells of it", async () => {
  const tasks = async () => (await shop.aws.ecs.listTasks({ cluster })).taskArns ?? [];
  const before = await tasks();
  const definition = (await service("web"))?.taskDefinition;
  const [served] = await releaseHistory(request());
  const number = (served?.number ?? 0) + 1;
  const outcome = await redeploy(request());
  expect(outcome).toMatchObject({
    outcome: "succeeded",
    release: number,
    services: { web: { change: "updated", result: "serving" }, ingester: { change: "updated", result: "serving" } },
  });
  await expect.poll(async () => (await tasks()).filter((task) => before.includes(task)), soon).toEqual([]);
  expect((await service("web"))?.taskDefinition).toBe(definition);
  const [newest] = await releaseHistory(request());
  expect(newest).toMatchObject({ number, redeploys: served?.rollbackTo });
  await expect(redeploy({ ...request(), services: ["webb"] })).rejects.toMatchObject({ code: "REDEPLOY_UNKNOWN" });
});

test("down leaves no schedule, target or policy", async () => {
  await release();
  await takeDown(request());
  expect(await scaling()).toEqual({ targets: [], policies: [] });
  const { Schedules } = await shop.aws.scheduler.listSchedules({ GroupName: "shop-local" });
  expect(Schedules).toEqual([]);
});
