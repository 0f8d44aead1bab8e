import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { EC2 } from "@aws-sdk/client-ec2";
import { ECS } from "@aws-sdk/client-ecs";
import { expect, onTestFinished, test, vi } from "vitest";
import { minute, startScheduled } from "./scheduled.fixture.ts";

const hour = 60 * minute;
const day = 24 * hour;

test("a cron schedule runs at its time in its zone, with what is known of the run", async () => {
  const { create, after, scheduler } = await startScheduled();
  await create("cron(0 3 * * ? *)", { ScheduleExpressionTimezone: "Europe/Berlin" });
  expect(await after(2 * hour - 1000)).toEqual([]);
  expect(await after(2000)).toEqual(["2026-01-01T02:00:00Z"]);
  expect(await after(2 * day)).toEqual(["2026-01-02T02:00:00Z", "2026-01-03T02:00:00Z"]);
  await scheduler.deleteSchedule({ Name: "nightly" });
  expect(await after(day)).toEqual([]);
});

test("a rate runs at once and then over and over, within its dates, while it is enabled", async () => {
  const { create, after, scheduler, target, clock } = await startScheduled();
  await create("rate(10 minutes)", { EndDate: new Date(clock.now() + hour) });
  expect(await after(1000)).toEqual(["2026-01-01T00:00:00Z"]);
  expect(await after(10 * minute)).toEqual(["2026-01-01T00:10:00Z"]);
  const FlexibleTimeWindow = { Mode: "OFF" } as const;
  const changed = { Name: "nightly", ScheduleExpression: "rate(10 minutes)", FlexibleTimeWindow, Target: target };
  await scheduler.updateSchedule({ ...changed, State: "DISABLED" });
  expect(await after(day)).toEqual([]);
  const StartDate = new Date(clock.now() + hour);
  await scheduler.updateSchedule({ ...changed, StartDate, EndDate: new Date(StartDate.getTime() + 15 * minute) });
  expect(await after(59 * minute)).toEqual([]);
  const told = (await after(day)).map((body) => JSON.parse(body));
  expect(told).toMatchObject([
    { source: "aws.scheduler", "detail-type": "Scheduled Event", time: StartDate.toISOString().replace(".000", "") },
    { time: expect.any(String) },
  ]);
});

test("a rate runs at once though time passes while it is made", async () => {
  const { create, after, clock } = await startScheduled();
  const now = clock.now.bind(clock);
  let passed = 0;
  const moving = vi.spyOn(clock, "now").mockImplementation(() => now() + passed++);
  await create("rate(1 day)");
  moving.mockRestore();
  expect(await after(1000)).toEqual(["2026-01-01T00:00:00Z"]);
});

test("a one-time schedule runs once, and is deleted afterwards where that is asked for", async () => {
  const { create, after, scheduler } = await startScheduled();
  await create("at(2026-01-01T12:00:00)", { ActionAfterCompletion: "DELETE" });
  await create("at(2026-01-01T12:00:00)", { Name: "kept" });
  expect(await after(day)).toEqual(["2026-01-01T12:00:00Z", "2026-01-01T12:00:00Z"]);
  const { Schedules = [] } = await scheduler.listSchedules({});
  expect(Schedules.map(({ Name }) => Name)).toEqual(["kept"]);
});

test("a flexible window lets a run begin within it", async () => {
  const { create, after } = await startScheduled();
  const FlexibleTimeWindow = { Mode: "FLEXIBLE", MaximumWindowInMinutes: 30 } as const;
  await create("at(2026-01-01T12:00:00)", { FlexibleTimeWindow });
  expect(await after(12 * hour - 1000)).toEqual([]);
  expect(await after(30 * minute + 1000)).toEqual(["2026-01-01T12:00:00Z"]);
});

test("after a restart schedules go on; what was missed is left out, unless its window is still open", async () => {
  const directory = mkdtempSync(join(tmpdir(), "drydock-scheduler-"));
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
  const before = await startScheduled({ directory, keep: true });
  await before.create("cron(0 3 * * ? *)");
  await before.create("cron(0 4 * * ? *)", {
    Name: "flexible",
    FlexibleTimeWindow: { Mode: "FLEXIBLE", MaximumWindowInMinutes: 240 },
  });
  await before.drydock.close();
  await before.clock.advance(6 * hour);
  const { after, scheduler } = await startScheduled({ directory, clock: before.clock });
  expect(await after(2 * hour)).toEqual(["2026-01-01T04:00:00Z"]);
  await scheduler.deleteSchedule({ Name: "flexible" });
  expect(await after(day)).toEqual(["2026-01-02T03:00:00Z"]);
});

test("a target that refuses is given up at once, and told to the dead-letter queue", async () => {
  const { create, sqs, clock, target, drydock } = await startScheduled();
  const { QueueUrl = "" } = await sqs.createQueue({ QueueName: "dead" });
  const DeadLetterConfig = { Arn: `arn:aws:sqs:${drydock.region}:${drydock.accountId}:dead` };
  const gone = `arn:aws:sqs:${drydock.region}:${drydock.accountId}:gone`;
  await create("at(2026-01-01T00:01:00)", {
    Target: { ...target, Arn: gone, Input: "hello", DeadLetterConfig },
  });
  await clock.advance(2 * minute);
  const { Messages = [] } = await sqs.receiveMessage({ QueueUrl, MessageAttributeNames: ["All"] });
  const attributes = Object.entries(Messages[0]?.MessageAttributes ?? {}).map(([name, { StringValue }]) => [
    name,
    StringValue,
  ]);
  expect(Messages[0]?.Body).toBe("hello");
  expect(Object.fromEntries(attributes)).toMatchObject({
    ERROR_CODE: "QueueDoesNotExist",
    RETRY_ATTEMPTS: "0",
    SCHEDULED_TIME: "2026-01-01T00:01:00Z",
    SCHEDULE_ARN: `arn:aws:scheduler:${drydock.region}:${drydock.accountId}:schedule/default/nightly`,
    TARGET_ARN: gone,
  });
});

test("an ECS target runs its task, with the overrides of the schedule's input", { timeout: 30_000 }, async () => {
  const { create, drydock, clock, role } = await startScheduled();
  const ecs = drydock.client(ECS);
  const { Subnets = [] } = await drydock.client(EC2).describeSubnets({});
  const { cluster } = await ecs.createCluster({ clusterName: "main" });
  const { taskDefinition } = await ecs.registerTaskDefinition({
    family: "report",
    networkMode: "awsvpc",
    requiresCompatibilities: ["FARGATE"],
    cpu: "256",
    memory: "512",
    containerDefinitions: [{ name: "report", image: "127.0.0.1:1/report:1" }],
  });
  const overrides = { containerOverrides: [{ name: "report", command: ["node", "<aws.scheduler.execution-id>"] }] };
  await create("cron(30 0 * * ? *)", {
    Target: {
      Arn: cluster?.clusterArn,
      RoleArn: role,
      Input: JSON.stringify(overrides),
      EcsParameters: {
        TaskDefinitionArn: taskDefinition?.taskDefinitionArn,
        TaskCount: 2,
        LaunchType: "FARGATE",
        NetworkConfiguration: { awsvpcConfiguration: { Subnets: [Subnets[0]?.SubnetId ?? ""] } },
        Tags: [{ key: "kind", value: "report" }],
      },
    },
  });
  await clock.advance(30 * minute);
  // A simulated task ends by itself once its time has come, so the clock has to stand still.
  const started = async () => (await ecs.listTasks({ cluster: "main" })).taskArns ?? [];
  await expect.poll(started, { timeout: 20_000 }).toHaveLength(2);
  const taskArns = await started();
  const { tasks = [] } = await ecs.describeTasks({ cluster: "main", tasks: taskArns, include: ["TAGS"] });
  expect(tasks).toMatchObject([
    { startedBy: "chronos-schedule/nightly", tags: [{ key: "kind", value: "report" }], launchType: "FARGATE" },
    { startedBy: "chronos-schedule/nightly" },
  ]);
  expect(tasks[0]?.overrides?.containerOverrides?.[0]?.command?.[1]).toMatch(/^[0-9a-f-]{36}$/);
});
