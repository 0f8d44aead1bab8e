import type { CreateScheduleInput, GetScheduleOutput } from "@aws-sdk/client-scheduler";
import { AwsError } from "../../errors.ts";
import { paginate } from "../../pagination.ts";
import type { Region } from "../../region.ts";
import type { Operations } from "../../service.ts";
import type { Agenda } from "./agenda.ts";
import { checkSchedule } from "./checks.ts";
import { findGroup, findSchedule, type ScheduleRecord, scheduleArn, scheduleKey, schedulesOf } from "./records.ts";

type Desired = Pick<CreateScheduleInput, "Description" | "KmsKeyArn" | "StartDate" | "EndDate" | "ClientToken"> &
  Partial<CreateScheduleInput> & {
    Name: string;
    ScheduleExpression: string;
    Target: NonNullable<CreateScheduleInput["Target"]>;
    FlexibleTimeWindow: NonNullable<CreateScheduleInput["FlexibleTimeWindow"]>;
  };

export function scheduleOperations(region: Region, agenda: Agenda) {
  const schedules = schedulesOf(region);

  return {
    CreateSchedule: async (input) => {
      findGroup(region, input.GroupName);
      const existing = schedules.get(scheduleKey(input));
      if (existing) {
        if (input.ClientToken === undefined || existing.clientToken !== input.ClientToken) {
          throw new AwsError("ConflictException", `Schedule ${input.Name} already exists.`);
        }
        return { ScheduleArn: scheduleArn(region, existing) };
      }
      return { ScheduleArn: await keep(input) };
    },

    /** "EventBridge Scheduler uses all values, including empty values, specified in the request and overrides the existing schedule." */
    UpdateSchedule: async (input) => {
      const { created } = findSchedule(region, input);
      return { ScheduleArn: await keep(input, created) };
    },

    GetSchedule: (input) => describe(findSchedule(region, input)),

    DeleteSchedule: (input) => {
      agenda.remove(scheduleKey(findSchedule(region, input)));
      return {};
    },

    ListSchedules: ({ GroupName, NamePrefix = "", State, MaxResults, NextToken }) => {
      if (GroupName !== undefined) findGroup(region, GroupName);
      const found = schedules
        .list(GroupName === undefined ? "" : `${GroupName}/`)
        .filter(
          (schedule) => schedule.Name.startsWith(NamePrefix) && (State === undefined || schedule.State === State),
        );
      const page = paginate(found, scheduleKey, {
        token: NextToken,
        limit: MaxResults ?? 100,
        invalidTokenCode: "ValidationException",
      });
      const Schedules = page.items.map((schedule) => {
        const { Arn, Name, GroupName, State, CreationDate, LastModificationDate } = describe(schedule);
        return {
          Arn,
          Name,
          GroupName,
          State,
          CreationDate,
          LastModificationDate,
          Target: { Arn: schedule.Target.Arn },
        };
      });
      return { Schedules, NextToken: page.nextToken };
    },
  } satisfies Operations<typeof import("@aws-sdk/client-scheduler")>;

  /** Takes a schedule as it is said, and plans its next run. */
  async function keep(input: Desired, created?: number): Promise<string> {
    await checkSchedule(region, input, created === undefined);
    const now = region.clock.now();
    const { Description, KmsKeyArn, StartDate, EndDate, ClientToken } = input;
    const { RetryPolicy = {}, ...target } = input.Target;
    const schedule: ScheduleRecord = {
      Name: input.Name,
      GroupName: input.GroupName ?? "default",
      ScheduleExpression: input.ScheduleExpression,
      ScheduleExpressionTimezone: input.ScheduleExpressionTimezone ?? "UTC",
      State: input.State ?? "ENABLED",
      Target: {
        ...target,
        RetryPolicy: {
          MaximumEventAgeInSeconds: RetryPolicy.MaximumEventAgeInSeconds ?? 86_400,
          MaximumRetryAttempts: RetryPolicy.MaximumRetryAttempts ?? 185,
        },
      },
      FlexibleTimeWindow: input.FlexibleTimeWindow,
      ActionAfterCompletion: input.ActionAfterCompletion ?? "NONE",
      ...(Description !== undefined && { Description }),
      ...(KmsKeyArn !== undefined && { KmsKeyArn }),
      ...(StartDate && { start: StartDate.getTime() }),
      ...(EndDate && { end: EndDate.getTime() }),
      ...(ClientToken !== undefined && { clientToken: ClientToken }),
      created: created ?? now,
      modified: now,
    };
    agenda.put(schedule);
    return scheduleArn(region, schedule);
  }

  function describe(schedule: ScheduleRecord): GetScheduleOutput {
    const { start, end, created, modified, clientToken: _token, next: _next, ...shown } = schedule;
    return {
      ...shown,
      Arn: scheduleArn(region, schedule),
      ...(start !== undefined && { StartDate: new Date(start) }),
      ...(end !== undefined && { EndDate: new Date(end) }),
      CreationDate: new Date(created),
      LastModificationDate: new Date(modified),
    };
  }
}
