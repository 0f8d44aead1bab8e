import { IAM } from "@aws-sdk/client-iam";
import { type CreateScheduleCommandInput, Scheduler } from "@aws-sdk/client-scheduler";
import { beforeAll, expect, test } from "vitest";
import { conformance, pages, refusals, refused } from "./targets.ts";

const reference = (page: string) => `https://docs.aws.amazon.com/scheduler/latest/APIReference/API_${page}.html`;
const guide = (page: string) => `https://docs.aws.amazon.com/scheduler/latest/UserGuide/${page}.html`;

conformance((target) => {
  const scheduler = target.client(Scheduler);
  const RoleArn = `arn:aws:iam::${target.accountId}:role/scheduler`;
  const Target = { Arn: `arn:aws:sqs:${target.region}:${target.accountId}:runs`, RoleArn, Input: "run" };
  const FlexibleTimeWindow = { Mode: "OFF" } as const;
  const desired = { ScheduleExpression: "cron(0 3 * * ? 2190)", FlexibleTimeWindow, Target };
  const create = (Name: string, more: Partial<CreateScheduleCommandInput> = {}) =>
    scheduler.createSchedule({ Name, ...desired, ...more });

  beforeAll(async () => {
    const Statement = [
      { Effect: "Allow", Principal: { Service: "scheduler.amazonaws.com" }, Action: "sts:AssumeRole" },
    ];
    const AssumeRolePolicyDocument = JSON.stringify({ Version: "2012-10-17", Statement });
    await target.client(IAM).createRole({ RoleName: "scheduler", AssumeRolePolicyDocument });
  });

  test("a schedule: made, told about, changed as a whole, deleted", async () => {
    const Arn = `arn:aws:scheduler:${target.region}:${target.accountId}:schedule/default/made`;
    const made = await create("made", { Description: "nightly", ScheduleExpressionTimezone: "Europe/Berlin" });
    expect(made.ScheduleArn).toBe(Arn);
    const shown = await scheduler.getSchedule({ Name: "made" });
    expect(shown).toMatchObject({
      Arn,
      Name: "made",
      GroupName: "default",
      State: "ENABLED",
      Description: "nightly",
      ScheduleExpression: desired.ScheduleExpression,
      ScheduleExpressionTimezone: "Europe/Berlin",
      FlexibleTimeWindow,
      Target: { ...Target, RetryPolicy: { MaximumEventAgeInSeconds: 86_400, MaximumRetryAttempts: 185 } },
    });
    expect(shown.CreationDate).toBeInstanceOf(Date);
    await scheduler.updateSchedule({ ...desired, Name: "made", State: "DISABLED" });
    const changed = await scheduler.getSchedule({ Name: "made" });
    expect(changed).toMatchObject({ State: "DISABLED", ScheduleExpressionTimezone: "UTC" });
    expect(changed.Description).toBeUndefined();
    await scheduler.deleteSchedule({ Name: "made" });
    await refusedAsMissing(scheduler.getSchedule({ Name: "made" }));
  });

  test("schedules are listed by group, prefix and state, in pages", async () => {
    await scheduler.createScheduleGroup({ Name: "listed" });
    for (const name of ["a-1", "a-2", "b-1"]) await create(name, { GroupName: "listed" });
    await scheduler.updateSchedule({ ...desired, Name: "b-1", GroupName: "listed", State: "DISABLED" });
    const names = async (more: object) =>
      (await scheduler.listSchedules({ GroupName: "listed", ...more })).Schedules?.map(({ Name }) => Name).sort();
    expect(await names({})).toEqual(["a-1", "a-2", "b-1"]);
    expect(await names({ State: "DISABLED" })).toEqual(["b-1"]);
    expect(await names({ NamePrefix: "a-" })).toEqual(["a-1", "a-2"]);
    const paged = await pages(
      (NextToken) => scheduler.listSchedules({ GroupName: "listed", MaxResults: 2, NextToken }),
      (page) => [page.Schedules, page.NextToken],
    );
    expect(paged.map((page) => page.length)).toEqual([2, 1]);
    expect(paged.flatMap((page) => page.map(({ Name }) => Name)).sort()).toEqual(["a-1", "a-2", "b-1"]);
  });

  test("a group: made, told about, listed, tagged, deleted with its schedules", async () => {
    const { ScheduleGroupArn: ResourceArn } = await scheduler.createScheduleGroup({
      Name: "grouped",
      Tags: [{ Key: "a", Value: "1" }],
    });
    expect(ResourceArn).toBe(`arn:aws:scheduler:${target.region}:${target.accountId}:schedule-group/grouped`);
    expect(await scheduler.getScheduleGroup({ Name: "grouped" })).toMatchObject({
      Arn: ResourceArn,
      Name: "grouped",
      State: "ACTIVE",
    });
    const { ScheduleGroups = [] } = await scheduler.listScheduleGroups({});
    expect(ScheduleGroups.map(({ Name }) => Name)).toEqual(expect.arrayContaining(["default", "grouped"]));
    await scheduler.tagResource({ ResourceArn, Tags: [{ Key: "b", Value: "2" }] });
    await scheduler.untagResource({ ResourceArn, TagKeys: ["a", "none"] });
    expect((await scheduler.listTagsForResource({ ResourceArn })).Tags).toEqual([{ Key: "b", Value: "2" }]);
    await create("in-group", { GroupName: "grouped" });
    await scheduler.deleteScheduleGroup({ Name: "grouped" });
    await refusedAsMissing(scheduler.getScheduleGroup({ Name: "grouped" }));
    await refusedAsMissing(scheduler.getSchedule({ Name: "in-group", GroupName: "grouped" }));
  });

  test("a call repeated with its token is answered again; without it, it is a conflict", async () => {
    const token = { ClientToken: "once" };
    const { ScheduleArn } = await create("repeated", token);
    await target.motoDiffers(reference("CreateSchedule"), async () =>
      expect(await create("repeated", token)).toMatchObject({ ScheduleArn }),
    );
    await expect(create("repeated")).rejects.toMatchObject({ name: "ConflictException" });
    await target.motoDiffers(reference("CreateSchedule"), () =>
      expect(create("repeated")).rejects.toMatchObject({ $metadata: { httpStatusCode: 409 } }),
    );
  });

  test("what drydock doesn't invoke is refused by its name", async () => {
    const lambda = { ...Target, Arn: `arn:aws:lambda:${target.region}:${target.accountId}:function:report` };
    await target.motoDiffers("docs/drydock.md", () =>
      refused(create("lambda", { Target: lambda }), "NotImplemented", /function:report/),
    );
  });

  function refusedAsMissing(call: Promise<unknown>) {
    return expect(call).rejects.toMatchObject({
      name: "ResourceNotFoundException",
      $metadata: { httpStatusCode: 404 },
    });
  }

  const invalid = "ValidationException";
  const expression = (ScheduleExpression: string) => () => create("odd", { ScheduleExpression });
  const types = guide("schedule-types");
  const api = reference("CreateSchedule");
  refusals(target, [
    ["five fields", expression("cron(0 3 * * *)"), invalid, types],
    ["two days at once", expression("cron(0 3 1 * 1 *)"), invalid, types],
    ["a rate of nothing", expression("rate(0 minutes)"), invalid, types],
    ["a date there isn't", expression("at(2030-02-30T00:00:00)"), invalid, types],
    ["a zone there isn't", () => create("odd", { ScheduleExpressionTimezone: "Mars/Olympus" }), invalid, types],
    ["a name with a space", () => create("a b"), invalid, api],
    [
      "a window without its width",
      () => create("odd", { FlexibleTimeWindow: { Mode: "FLEXIBLE" } }),
      invalid,
      reference("FlexibleTimeWindow"),
    ],
    ["a start of long ago", () => create("started", { StartDate: new Date("2020-01-01T00:00:00Z") }), invalid],
    [
      "a role that nobody can take",
      () => create("odd", { Target: { ...Target, RoleArn: `${RoleArn}-none` } }),
      invalid,
      guide("setting-up"),
    ],
    [
      "a cluster without a task definition",
      () =>
        create("odd", {
          Target: { ...Target, Arn: `arn:aws:ecs:${target.region}:${target.accountId}:cluster/main` },
        }),
      invalid,
      reference("EcsParameters"),
    ],
    [
      "retries without end",
      () => create("odd", { Target: { ...Target, RetryPolicy: { MaximumRetryAttempts: 186 } } }),
      invalid,
      reference("RetryPolicy"),
    ],
    [
      "to delete the default group",
      () => scheduler.deleteScheduleGroup({ Name: "default" }),
      invalid,
      reference("DeleteScheduleGroup"),
    ],
  ]);
});
