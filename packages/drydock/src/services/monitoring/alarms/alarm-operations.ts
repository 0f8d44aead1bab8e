import type { MetricAlarm, PutMetricAlarmCommandInput } from "@aws-sdk/client-cloudwatch";
import { AwsError } from "../../../errors.ts";
import { paginate } from "../../../pagination.ts";
import type { Region } from "../../../region.ts";
import type { Operations } from "../../../service.ts";
import { identity } from "../metric-store.ts";
import { checkAlarm } from "./alarm-checks.ts";
import { note } from "./history.ts";
import { type AlarmRecord, alarmArn, alarmsOf, historyOf, tagsOf } from "./records.ts";
import { setState } from "./state.ts";

const defaultPageSize = 50;

export function alarmOperations(region: Region): Operations<typeof import("@aws-sdk/client-cloudwatch")> {
  const alarms = alarmsOf(region);

  const requireAlarm = (name: string): AlarmRecord => {
    const alarm = alarms.get(name);
    if (!alarm) throw new AwsError("ResourceNotFound", `Unknown alarm: ${name}`);
    return alarm;
  };
  const enableActions = (names: string[], ActionsEnabled: boolean) => {
    // AWS says nothing of names it doesn't know.
    for (const alarm of names.flatMap((name) => alarms.get(name) ?? [])) {
      alarms.put(alarm.AlarmName, { ...alarm, ActionsEnabled });
    }
    return {};
  };

  return {
    PutMetricAlarm: (input) => {
      checkAlarm(input);
      const before = alarms.get(input.AlarmName);
      const alarm = described(region, input, before);
      region.store.transaction(() => {
        alarms.put(input.AlarmName, alarm);
        // "If you use PutMetricAlarm to update an existing alarm, tags you specify … are ignored."
        if (!before && input.Tags) tagsOf(region).put(alarm.AlarmArn, tagRecord(input.Tags));
        note(
          region,
          input.AlarmName,
          "ConfigurationUpdate",
          `Alarm "${input.AlarmName}" ${before ? "updated" : "created"}`,
          { type: before ? "Update" : "Create" },
        );
      });
      return {};
    },

    DescribeAlarms: (input) => {
      const types = input.AlarmTypes ?? ["MetricAlarm"];
      if (input.ChildrenOfAlarmName !== undefined || input.ParentsOfAlarmName !== undefined) {
        return { MetricAlarms: [], CompositeAlarms: [] };
      }
      if (input.AlarmNames?.length && input.AlarmNamePrefix !== undefined) {
        throw new AwsError("ValidationError", "AlarmNames and AlarmNamePrefix can't both be given.");
      }
      const found = types.includes("MetricAlarm")
        ? (input.AlarmNames?.flatMap((name) => alarms.get(name) ?? []) ?? alarms.list(input.AlarmNamePrefix))
        : [];
      const wanted = found
        .filter(({ StateValue }) => input.StateValue === undefined || StateValue === input.StateValue)
        .filter((alarm) => input.ActionPrefix === undefined || hasAction(alarm, input.ActionPrefix))
        .sort((one, other) => (one.AlarmName < other.AlarmName ? -1 : 1));
      const page = paginate(wanted, ({ AlarmName }) => AlarmName, {
        token: input.NextToken,
        limit: input.MaxRecords ?? defaultPageSize,
      });
      return { MetricAlarms: page.items, CompositeAlarms: [], NextToken: page.nextToken };
    },

    DescribeAlarmsForMetric: (input) => {
      const asked = key(input.Namespace, input.MetricName, input.Dimensions);
      const MetricAlarms = alarms
        .list()
        .filter(({ Namespace, MetricName, Dimensions }) => key(Namespace, MetricName, Dimensions) === asked)
        .filter(({ Statistic }) => input.Statistic === undefined || Statistic === input.Statistic)
        .filter((alarm) => input.ExtendedStatistic === undefined || alarm.ExtendedStatistic === input.ExtendedStatistic)
        .filter(({ Period }) => input.Period === undefined || Period === input.Period)
        .filter(({ Unit }) => input.Unit === undefined || Unit === input.Unit);
      return { MetricAlarms };
    },

    DeleteAlarms: (input) => {
      // "If you specify an incorrect alarm name, the others are deleted all the same", and nobody is told.
      region.store.transaction(() => {
        for (const alarm of input.AlarmNames.flatMap((name) => alarms.get(name) ?? [])) {
          alarms.delete(alarm.AlarmName);
          tagsOf(region).delete(alarm.AlarmArn);
          note(region, alarm.AlarmName, "ConfigurationUpdate", `Alarm "${alarm.AlarmName}" deleted`, {
            type: "Delete",
          });
        }
      });
      return {};
    },

    SetAlarmState: async (input) => {
      requireAlarm(input.AlarmName);
      await setState(region, input.AlarmName, {
        value: input.StateValue,
        reason: input.StateReason,
        reasonData: input.StateReasonData,
      });
      return {};
    },

    EnableAlarmActions: (input) => enableActions(input.AlarmNames, true),
    DisableAlarmActions: (input) => enableActions(input.AlarmNames, false),

    DescribeAlarmHistory: (input) => {
      const [from, to] = [input.StartDate?.getTime() ?? 0, input.EndDate?.getTime() ?? Number.POSITIVE_INFINITY];
      const inOrder = historyOf(region)
        .entries(input.AlarmName === undefined ? "" : `${input.AlarmName}\0`)
        .filter(([, { at }]) => at >= from && at <= to)
        .filter(([, { type }]) => input.HistoryItemType === undefined || type === input.HistoryItemType)
        .map(([historyKey, item]) => ({ item, order: historyKey.slice(historyKey.indexOf("\0") + 1) }))
        .sort((one, other) => (one.order < other.order ? -1 : 1));
      const oldestFirst = input.ScanBy === "TimestampAscending";
      const items = oldestFirst ? inOrder : inOrder.reverse();
      const start = startOf(input.NextToken);
      const limit = input.MaxRecords ?? 100;
      return {
        AlarmHistoryItems: items.slice(start, start + limit).map(({ item }) => ({
          AlarmName: item.alarm,
          AlarmType: "MetricAlarm",
          Timestamp: new Date(item.at),
          HistoryItemType: item.type,
          HistorySummary: item.summary,
          HistoryData: item.data,
        })),
        NextToken: start + limit < items.length ? String(start + limit) : undefined,
      };
    },
  };
}

/** An alarm's state stays what it was when its definition changes, until the next evaluation. */
function described(region: Region, input: PutMetricAlarmCommandInput, before: AlarmRecord | undefined): AlarmRecord {
  const { Tags: _, ...definition } = input;
  const now = new Date(region.clock.now());
  const name = input.AlarmName ?? "";
  return {
    ...definition,
    AlarmName: name,
    AlarmArn: alarmArn(region, name),
    AlarmConfigurationUpdatedTimestamp: now,
    ActionsEnabled: input.ActionsEnabled ?? true,
    OKActions: input.OKActions ?? [],
    AlarmActions: input.AlarmActions ?? [],
    InsufficientDataActions: input.InsufficientDataActions ?? [],
    ...(!input.Metrics && { Dimensions: input.Dimensions ?? [] }),
    EvaluationPeriods: input.EvaluationPeriods ?? 1,
    Threshold: input.Threshold ?? 0,
    StateValue: before?.StateValue ?? "INSUFFICIENT_DATA",
    StateReason: before?.StateReason ?? "Unchecked: Initial alarm creation",
    StateReasonData: before?.StateReasonData,
    StateUpdatedTimestamp: before?.StateUpdatedTimestamp ?? now,
    StateTransitionedTimestamp: before?.StateTransitionedTimestamp ?? now,
  };
}

function hasAction({ AlarmActions, OKActions, InsufficientDataActions }: AlarmRecord, prefix: string): boolean {
  return [...AlarmActions, ...OKActions, ...InsufficientDataActions].some((action) => action.startsWith(prefix));
}

function key(namespace = "", name = "", dimensions: MetricAlarm["Dimensions"] = []): string {
  return JSON.stringify(identity(namespace, name, dimensions));
}

function tagRecord(tags: { Key?: string | undefined; Value?: string | undefined }[]): Record<string, string> {
  return Object.fromEntries(tags.map(({ Key = "", Value = "" }) => [Key, Value]));
}

function startOf(token: string | undefined): number {
  if (token === undefined) return 0;
  if (/^\d{1,9}$/.test(token)) return Number(token);
  throw new AwsError("InvalidNextToken", "The specified token is not valid.");
}
