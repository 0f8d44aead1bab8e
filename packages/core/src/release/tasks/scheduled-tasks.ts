import type { GetScheduleOutput, UpdateScheduleInput } from "@aws-sdk/client-scheduler";
import type { Aws } from "../../aws/clients.ts";
import { isAwsError } from "../../aws/errors.ts";
import type { Task } from "../../config/app.ts";
import { FardelError } from "../../errors.ts";
import type { EnvironmentDescriptor } from "../../infra/descriptor.ts";
import { type Comparable, type Difference, differences } from "../definitions/difference.ts";
import { withNewRole } from "../new-role.ts";
import { capacityOf } from "../rollout/capacity.ts";
import type { Run } from "../run.ts";
import { scheduleExpression } from "./schedule-expression.ts";

/** By task; the schedule of a task has its name. */
export type CurrentSchedules = ReadonlyMap<string, GetScheduleOutput>;

/** What a release makes of a task's schedule. */
export interface ScheduleChange {
  task: string;
  action: "create" | "update" | "delete";
  /** As it is to be, but for its task definition; undefined when it goes. */
  desired: Task | undefined;
  /** Somebody may have paused it, which stays. */
  state: "ENABLED" | "DISABLED";
  differences: Difference[];
}

/** A task that could be placed hours later would run in the middle of the day. */
const lateSeconds = 3600;
/** The most that Scheduler tries within that time. */
const attempts = 185;

/** The schedules of an environment; none where its infrastructure has no group for them. */
export async function readSchedules(aws: Aws, { scheduler }: EnvironmentDescriptor): Promise<CurrentSchedules> {
  if (scheduler === undefined) return new Map();
  const { group: GroupName } = scheduler;
  const names: string[] = [];
  for await (const { Schedules = [] } of aws.scheduler.paginateListSchedules({ GroupName }))
    names.push(...Schedules.flatMap(({ Name }) => Name ?? []));
  const found = await Promise.all(
    names.map(async (Name): Promise<[string, GetScheduleOutput][]> => {
      try {
        return [[Name, await aws.scheduler.getSchedule({ GroupName, Name })]];
      } catch (error) {
        if (isAwsError(error, "ResourceNotFoundException")) return [];
        throw error;
      }
    }),
  );
  return new Map(found.flat());
}

/** @param definition ARN of what the task is to run; undefined when it is yet to be registered. */
export function scheduleChange(
  task: Task,
  definition: string | undefined,
  current: GetScheduleOutput | undefined,
  descriptor: EnvironmentDescriptor,
): ScheduleChange[] {
  if (task.schedule === undefined) return current === undefined ? [] : [scheduleRemoval(task.name)];
  // The plan of what `up` will first make infrastructure for has no more to say than when the task runs.
  const { cron, timezone } = task.schedule;
  const wanted: Comparable =
    descriptor.scheduler === undefined
      ? { expression: scheduleExpression(cron), timezone }
      : comparable(scheduleOf(task, definition ?? "a new revision", descriptor));
  const found = differences(current === undefined ? {} : comparable(current), wanted, "schedule");
  if (found.length === 0) return [];
  const state = current?.State ?? "ENABLED";
  return [{ task: task.name, action: current ? "update" : "create", desired: task, state, differences: found }];
}

export function scheduleRemoval(task: string): ScheduleChange {
  return { task, action: "delete", desired: undefined, state: "ENABLED", differences: [] };
}

/**
 * Carries a change out.
 *
 * @param definition ARN of the task definition that the release has for the task.
 * @throws FardelError `SCHEDULES_MISSING` when the environment has nothing yet that schedules could be in.
 */
export async function changeSchedule(run: Run, change: ScheduleChange, definition: string): Promise<void> {
  const { aws, descriptor, emit } = run;
  const { task, action, desired, state } = change;
  if (desired === undefined) {
    await removeSchedule(run, task);
  } else {
    const schedule = { ...scheduleOf(desired, definition, descriptor), State: state };
    await withNewRole(run, () =>
      action === "create" ? aws.scheduler.createSchedule(schedule) : aws.scheduler.updateSchedule(schedule),
    );
  }
  emit({ type: "schedule.changed", task, action, ...(desired?.schedule && { schedule: told(desired.schedule) }) });
}

export async function removeSchedule({ aws, descriptor, check }: Run, Name: string): Promise<void> {
  check();
  try {
    await aws.scheduler.deleteSchedule({ GroupName: descriptor.scheduler?.group, Name });
  } catch (error) {
    if (!isAwsError(error, "ResourceNotFoundException")) throw error;
  }
}

function told({ cron, timezone }: NonNullable<Task["schedule"]>): string {
  return `${cron} (${timezone})`;
}

function scheduleOf(task: Task, definition: string, descriptor: EnvironmentDescriptor) {
  const { app, environment, region, accountId, cluster, network, roles, scheduler } = descriptor;
  const { name, schedule } = task;
  if (scheduler === undefined || schedule === undefined) {
    throw new FardelError("SCHEDULES_MISSING", `The task ${name} can't be scheduled in ${environment} yet.`, {
      why: "Its infrastructure has no role that a schedule could run as.",
      fix: `Run \`fardel up ${environment}\`, which makes it.`,
    });
  }
  const { launchType, capacityProviderStrategy } = capacityOf(task);
  const partition = roles.execution.split(":")[1];
  return {
    Name: name,
    GroupName: scheduler.group,
    Description: `${name} of ${app} in ${environment}: ${told(schedule)}`,
    ScheduleExpression: scheduleExpression(schedule.cron),
    ScheduleExpressionTimezone: schedule.timezone,
    FlexibleTimeWindow: { Mode: "OFF" },
    Target: {
      Arn: `arn:${partition}:ecs:${region}:${accountId}:cluster/${cluster}`,
      RoleArn: scheduler.role,
      RetryPolicy: { MaximumEventAgeInSeconds: lateSeconds, MaximumRetryAttempts: attempts },
      EcsParameters: {
        TaskDefinitionArn: definition,
        TaskCount: 1,
        ...(launchType && { LaunchType: launchType }),
        ...(capacityProviderStrategy && {
          CapacityProviderStrategy: capacityProviderStrategy.map(({ capacityProvider = "", weight }) => ({
            capacityProvider,
            weight,
          })),
        }),
        PropagateTags: "TASK_DEFINITION",
        EnableECSManagedTags: true,
        NetworkConfiguration: {
          awsvpcConfiguration: {
            Subnets: network.subnets,
            SecurityGroups: network.securityGroups,
            AssignPublicIp: network.assignPublicIp ? "ENABLED" : "DISABLED",
          },
        },
      },
    },
  } satisfies UpdateScheduleInput;
}

function comparable({
  ScheduleExpression,
  ScheduleExpressionTimezone,
  Target,
}: Pick<GetScheduleOutput, "ScheduleExpression" | "ScheduleExpressionTimezone" | "Target">): Comparable {
  const { EcsParameters: task, RoleArn, Arn } = Target ?? {};
  const network = task?.NetworkConfiguration?.awsvpcConfiguration;
  const values = {
    expression: ScheduleExpression,
    timezone: ScheduleExpressionTimezone,
    cluster: Arn,
    role: RoleArn,
    taskDefinition: task?.TaskDefinitionArn,
    capacity: task?.CapacityProviderStrategy?.map((each) => `${each.capacityProvider} ${each.weight}`) ?? ["FARGATE"],
    subnets: [...(network?.Subnets ?? [])].sort(),
    securityGroups: [...(network?.SecurityGroups ?? [])].sort(),
    assignPublicIp: network?.AssignPublicIp,
  };
  return Object.fromEntries(
    Object.entries(values).flatMap(([key, value]) => (value === undefined ? [] : [[key, value]])),
  );
}
