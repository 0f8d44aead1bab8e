import type { StandardUnit } from "@aws-sdk/client-cloudwatch";
import type { MetricIdentity, MetricStore } from "../metric-store.ts";
import { merge, type StatisticSet, statistic } from "../statistics.ts";

/** A statistic over time: a value for each period that has one, by the period's start (ms), oldest first. */
export type Series = Map<number, number>;

/** The stretch of time a query looks at, in periods from `start` on; milliseconds. */
export interface Grid {
  start: number;
  end: number;
  period: number;
}

/** What is known of a metric in each of the grid's periods. */
export function readSets(
  store: MetricStore,
  metric: MetricIdentity,
  { start, end, period }: Grid,
  unit?: StandardUnit,
): Map<number, StatisticSet> {
  const byPeriod = new Map<number, StatisticSet[]>();
  for (const { at, set } of store.read({ metric, unit, start, end })) {
    const first = start + Math.floor((at - start) / period) * period;
    byPeriod.set(first, [...(byPeriod.get(first) ?? []), set]);
  }
  return new Map([...byPeriod].flatMap(([at, sets]) => ((set) => (set ? [[at, set] as const] : []))(merge(sets))));
}

export function seriesOf(sets: Map<number, StatisticSet>, name: string): Series {
  const values = [...sets].flatMap(([at, set]): [number, number][] => {
    const value = statistic(name, set);
    return value === undefined ? [] : [[at, value]];
  });
  return new Map(values);
}
