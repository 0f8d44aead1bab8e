import type { ActionAfterCompletion, FlexibleTimeWindow, ScheduleState, Target } from "@aws-sdk/client-scheduler";
import { regionalArn } from "../../arn.ts";
import { AwsError } from "../../errors.ts";
import type { Region } from "../../region.ts";

export interface ScheduleRecord {
  Name: string;
  GroupName: string;
  ScheduleExpression: string;
  ScheduleExpressionTimezone: string;
  State: ScheduleState;
  Target: Target;
  FlexibleTimeWindow: FlexibleTimeWindow;
  ActionAfterCompletion: ActionAfterCompletion;
  Description?: string;
  KmsKeyArn?: string;
  /** Milliseconds of the region's time, as all times here. */
  start?: number;
  end?: number;
  created: number;
  modified: number;
  clientToken?: string;
  /** The run it waits for: the time it is for, and when in its window it begins. */
  next?: { occurrence: number; invoke: number };
}

export interface GroupRecord {
  Name: string;
  created: number;
  modified: number;
  tags: Record<string, string>;
  clientToken?: string;
}

/** A run that has begun and has not reached its target yet. */
export interface InvocationRecord {
  id: string;
  schedule: string;
  scheduleArn: string;
  scheduleName: string;
  target: Target;
  scheduled: number;
  /** When its first attempt was due. */
  begun: number;
  attempts: number;
  nextAttempt: number;
}

export const schedulesOf = (region: Region) => region.store.collection<ScheduleRecord>("scheduler.schedules");
export const groupsOf = (region: Region) => region.store.collection<GroupRecord>("scheduler.groups");
export const invocationsOf = (region: Region) => region.store.collection<InvocationRecord>("scheduler.invocations");

const defaultGroup = "default";

export function scheduleKey({ GroupName = defaultGroup, Name }: { GroupName?: string | undefined; Name: string }) {
  return `${GroupName}/${Name}`;
}

export function scheduleArn(region: Region, schedule: { GroupName: string; Name: string }): string {
  return regionalArn(region, "scheduler", `schedule/${scheduleKey(schedule)}`);
}

export function groupArn(region: Region, name: string): string {
  return regionalArn(region, "scheduler", `schedule-group/${name}`);
}

/** @throws AwsError ResourceNotFoundException. The default group is always there. */
export function findGroup(region: Region, name: string = defaultGroup): GroupRecord {
  const group = groupsOf(region).get(name);
  if (group) return group;
  if (name === defaultGroup) return { Name: name, created: 0, modified: 0, tags: {} };
  throw new AwsError("ResourceNotFoundException", `Schedule group ${name} does not exist.`);
}

/** @throws AwsError ResourceNotFoundException */
export function findSchedule(region: Region, input: { GroupName?: string | undefined; Name: string }): ScheduleRecord {
  findGroup(region, input.GroupName);
  const schedule = schedulesOf(region).get(scheduleKey(input));
  if (!schedule) throw new AwsError("ResourceNotFoundException", `Schedule ${input.Name} does not exist.`);
  return schedule;
}
