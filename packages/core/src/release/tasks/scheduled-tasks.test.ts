import { describe, expect, test } from "vitest";
import type { Aws } from "../../aws/clients.ts";
import type { Task } from "../../config/app.ts";
import { descriptor as bare, shop } from "../release.fixture.ts";
import { runWith } from "../rollout/watch.fixture.ts";
import { changeSchedule, scheduleChange } from "./scheduled-tasks.ts";

const descriptor = {
  ...bare,
  scheduler: { group: "shop-production", role: "arn:aws:iam::123456789012:role/scheduler" },
};
const { migrate } = shop.tasks;
if (migrate === undefined) throw new Error("the shop has no migrate");
const nightly: Task = { ...migrate, name: "report", schedule: { cron: "0 3 * * *", timezone: "Europe/Berlin" } };
const definition = "arn:aws:ecs:eu-west-1:123456789012:task-definition/shop-production-report:3";

async function put(task: Task, state: "ENABLED" | "DISABLED" = "ENABLED") {
  const calls: [string, unknown][] = [];
  const record = (name: string) => async (input: unknown) => void calls.push([name, input]);
  const scheduler = { createSchedule: record("create"), updateSchedule: record("update") };
  const run = { ...runWith({ scheduler } as unknown as Aws).run, descriptor };
  const [change] = scheduleChange(task, definition, undefined, descriptor);
  if (change === undefined) throw new Error("nothing to put");
  await changeSchedule(run, { ...change, state }, definition);
  return calls[0]?.[1] as Parameters<typeof scheduleChange>[2];
}

describe("a schedule", () => {
  test("runs the release's task where the environment's tasks run", async () => {
    expect(await put(nightly)).toMatchObject({
      Name: "report",
      GroupName: "shop-production",
      ScheduleExpression: "cron(0 3 * * ? *)",
      ScheduleExpressionTimezone: "Europe/Berlin",
      FlexibleTimeWindow: { Mode: "OFF" },
      State: "ENABLED",
      Target: {
        Arn: "arn:aws:ecs:eu-west-1:123456789012:cluster/prod",
        RoleArn: descriptor.scheduler.role,
        EcsParameters: {
          TaskDefinitionArn: definition,
          LaunchType: "FARGATE",
          NetworkConfiguration: { awsvpcConfiguration: { AssignPublicIp: "DISABLED" } },
        },
      },
    });
  });

  test("is left alone when it is as wanted, also when somebody has paused it", async () => {
    const paused = await put(nightly, "DISABLED");
    expect(scheduleChange(nightly, definition, paused, descriptor)).toEqual([]);
    const [change] = scheduleChange({ ...nightly, spotPercent: 100 }, definition, paused, descriptor);
    expect(change).toMatchObject({ action: "update", state: "DISABLED" });
    expect(change?.differences).toEqual([
      { path: "schedule.capacity", before: ["FARGATE"], after: ["FARGATE_SPOT 100"] },
    ]);
  });

  test("follows the task's definition, and goes with the manifest's", async () => {
    const current = await put(nightly);
    expect(scheduleChange(nightly, undefined, current, descriptor)).toMatchObject([{ action: "update" }]);
    expect(scheduleChange(migrate, definition, current, descriptor)).toMatchObject([{ action: "delete" }]);
    expect(scheduleChange(migrate, definition, undefined, descriptor)).toEqual([]);
  });

  test("can be planned before there is anything for it to stand on", () => {
    expect(scheduleChange(nightly, undefined, undefined, bare)).toMatchObject([
      { action: "create", differences: [{ path: "schedule.expression" }, { path: "schedule.timezone" }] },
    ]);
  });
});
