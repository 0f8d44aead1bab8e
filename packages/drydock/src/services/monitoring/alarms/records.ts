import type { MetricAlarm, MetricDataQuery, StateValue } from "@aws-sdk/client-cloudwatch";
import { regionalArn } from "../../../arn.ts";
import type { Region } from "../../../region.ts";

/** An alarm as AWS describes it, with all that has a default filled in. */
export type AlarmRecord = MetricAlarm & {
  AlarmName: string;
  AlarmArn: string;
  ActionsEnabled: boolean;
  OKActions: string[];
  AlarmActions: string[];
  InsufficientDataActions: string[];
  StateValue: StateValue;
  EvaluationPeriods: number;
  DatapointsToAlarm?: number | undefined;
  Threshold: number;
  StateUpdatedTimestamp: Date;
  Metrics?: MetricDataQuery[] | undefined;
};

export type AlarmHistory = {
  alarm: string;
  at: number;
  type: "ConfigurationUpdate" | "StateUpdate" | "Action";
  summary: string;
  data: string;
};

export const alarmsOf = (region: Region) => region.store.collection<AlarmRecord>("monitoring.alarms");
export const tagsOf = (region: Region) => region.store.collection<Record<string, string>>("monitoring.tags");
/** By `<alarm> <time, 15 digits> <number>`; alarm names hold no NUL, which is what ends them here. */
export const historyOf = (region: Region) => region.store.collection<AlarmHistory>("monitoring.history");

export function alarmArn(region: Region, name: string): string {
  return regionalArn(region, "cloudwatch", `alarm:${name}`);
}
