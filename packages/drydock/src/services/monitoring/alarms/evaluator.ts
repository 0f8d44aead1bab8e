import type { Region } from "../../../region.ts";
import { identity, metricStoreOf, minute } from "../metric-store.ts";
import { longestPeriod, runQueries } from "../queries/metric-data.ts";
import { type Grid, readSets, type Series, seriesOf } from "../queries/series.ts";
import { type AlarmRule, type Datapoint, evaluateAlarm, extraPeriods, reasonFor } from "./evaluation.ts";
import { type AlarmRecord, alarmsOf } from "./records.ts";
import { setState } from "./state.ts";

/** Alarms with a period of less than a minute are looked at this often; the others every minute. */
export const fastInterval = 10_000;

/** Is there an alarm that can't wait for the minute's end? */
export function hasFastAlarms(region: Region): boolean {
  return alarmsOf(region)
    .list()
    .some((alarm) => periodOf(alarm) < minute);
}

/** Looks at every alarm that is due at this instant (ms, a multiple of `fastInterval`). */
export async function evaluateAlarms(region: Region, at: number): Promise<void> {
  for (const alarm of alarmsOf(region).list()) {
    if (at % minute !== 0 && periodOf(alarm) >= minute) continue;
    try {
      await evaluate(region, alarm, at);
    } catch (error) {
      region.log(`alarm ${alarm.AlarmName}: ${error instanceof Error ? error.stack : error}`);
    }
  }
}

async function evaluate(region: Region, alarm: AlarmRecord, at: number): Promise<void> {
  const rule = ruleOf(alarm);
  const datapoints = datapointsOf(region, alarm, at);
  const verdict = evaluateAlarm(rule, datapoints);
  // Another definition, or none, has come in the meantime.
  const current = alarmsOf(region).get(alarm.AlarmName);
  if (current?.AlarmConfigurationUpdatedTimestamp?.getTime() !== alarm.AlarmConfigurationUpdatedTimestamp?.getTime())
    return;
  const values = datapoints.flatMap(({ value }) => value ?? []);
  const state = verdict.state ?? alarm.StateValue;
  if (state === alarm.StateValue) {
    await setState(region, alarm.AlarmName, { value: state, reason: alarm.StateReason ?? "", values });
    return;
  }
  await setState(region, alarm.AlarmName, {
    value: state,
    reason: reasonFor(rule, { ...verdict, state }),
    reasonData: reasonData(alarm, verdict.recent, at),
    values,
  });
}

/** The datapoints of the periods that end at `at`, oldest first, missing ones included. */
export function datapointsOf(region: Region, alarm: AlarmRecord, at: number): Datapoint[] {
  const period = periodOf(alarm);
  const count = alarm.EvaluationPeriods + extraPeriods;
  const grid = { start: at - count * period, end: at, period };
  const series = seriesOfAlarm(region, alarm, grid);
  return Array.from({ length: count }, (_, index) => {
    const start = grid.start + index * period;
    return { at: start, value: series.get(start) };
  });
}

function seriesOfAlarm(region: Region, alarm: AlarmRecord, grid: Grid): Series {
  const store = metricStoreOf(region);
  if (!alarm.Metrics) {
    const metric = identity(alarm.Namespace ?? "", alarm.MetricName ?? "", alarm.Dimensions);
    return seriesOf(readSets(store, metric, grid, alarm.Unit), alarm.Statistic ?? alarm.ExtendedStatistic ?? "");
  }
  const gridOf = (seconds: number) => ({ ...grid, period: seconds * 1000 });
  return runQueries(store, alarm.Metrics, gridOf)[0]?.series ?? new Map();
}

/** Milliseconds. */
function periodOf({ Period, Metrics }: AlarmRecord): number {
  return (Period ?? longestPeriod(Metrics ?? [])) * 1000;
}

function ruleOf(alarm: AlarmRecord): AlarmRule {
  return {
    threshold: alarm.Threshold,
    comparison: alarm.ComparisonOperator ?? "GreaterThanThreshold",
    evaluationPeriods: alarm.EvaluationPeriods,
    datapointsToAlarm: alarm.DatapointsToAlarm ?? alarm.EvaluationPeriods,
    missingData: (alarm.TreatMissingData as AlarmRule["missingData"] | undefined) ?? "missing",
  };
}

function reasonData(alarm: AlarmRecord, recent: { at: number; value: number }[], at: number): string {
  return JSON.stringify({
    version: "1.0",
    queryDate: new Date(at).toISOString(),
    statistic: alarm.Statistic ?? alarm.ExtendedStatistic,
    period: periodOf(alarm) / 1000,
    recentDatapoints: recent.map(({ value }) => value),
    threshold: alarm.Threshold,
  });
}
