import type { Datapoint } from "@aws-sdk/client-cloudwatch";
import { AwsError } from "../../../errors.ts";
import type { Region } from "../../../region.ts";
import type { Operations } from "../../../service.ts";
import { identity, metricStoreOf } from "../metric-store.ts";
import { checkStatistic, type StatisticSet, statistic } from "../statistics.ts";
import { runQueries } from "./metric-data.ts";
import { type Grid, readSets } from "./series.ts";

/** "The maximum number of data points returned from a single call is 1,440." */
const mostStatistics = 1440;

export function queryOperations(region: Region): Operations<typeof import("@aws-sdk/client-cloudwatch")> {
  return {
    GetMetricData: (input) => {
      checkTimes(input.StartTime, input.EndTime);
      const gridOf = (period: number) => aligned(input.StartTime, input.EndTime, period);
      const results = runQueries(metricStoreOf(region), input.MetricDataQueries, gridOf);
      const oldestFirst = input.ScanBy === "TimestampAscending";
      return {
        MetricDataResults: results.map(({ id, label, series }) => {
          const points = oldestFirst ? [...series] : [...series].reverse();
          const kept = points.slice(0, input.MaxDatapoints ?? points.length);
          return {
            Id: id,
            Label: label,
            Timestamps: kept.map(([at]) => new Date(at)),
            Values: kept.map(([, value]) => value),
            StatusCode: kept.length < points.length ? "PartialData" : "Complete",
          };
        }),
        Messages: [],
      };
    },

    GetMetricStatistics: (input) => {
      checkTimes(input.StartTime, input.EndTime);
      const { Statistics = [], ExtendedStatistics = [], Unit } = input;
      const names = [...Statistics, ...ExtendedStatistics];
      if (names.length === 0) {
        throw new AwsError(
          "MissingRequiredParameterException",
          "At least one of Statistics and ExtendedStatistics must be specified.",
        );
      }
      for (const name of names) checkStatistic(name);
      const grid = aligned(input.StartTime, input.EndTime, input.Period);
      if ((grid.end - grid.start) / grid.period > mostStatistics) {
        const message = `You have requested up to ${Math.ceil((grid.end - grid.start) / grid.period)} datapoints, which exceeds the limit of ${mostStatistics}. You may reduce the datapoints requested by increasing Period, or decreasing the time range.`;
        throw new AwsError("InvalidParameterCombination", message);
      }
      const store = metricStoreOf(region);
      const metric = identity(input.Namespace, input.MetricName, input.Dimensions);
      const [first] = store.read({ metric, unit: Unit, ...grid });
      return {
        Label: input.MetricName,
        Datapoints: [...readSets(store, metric, grid, Unit)].map(([at, set]) => ({
          Timestamp: new Date(at),
          ...valuesOf(set, Statistics),
          ...(ExtendedStatistics.length > 0 && { ExtendedStatistics: valuesOf(set, ExtendedStatistics) }),
          Unit: first?.unit,
        })) as Datapoint[],
      };
    },
  };
}

function valuesOf(set: StatisticSet, names: string[]): Record<string, number> {
  const values = names.map((name) => [name, statistic(name, set)] as const);
  return Object.fromEntries(values.filter((each): each is [string, number] => each[1] !== undefined));
}

/** "The start time is rounded down to a multiple of the period." */
function aligned(startTime: Date, endTime: Date, periodSeconds: number): Grid {
  const period = periodSeconds * 1000;
  const start = Math.floor(startTime.getTime() / period) * period;
  return { start, end: Math.max(start, endTime.getTime()), period };
}

function checkTimes(start: Date, end: Date): void {
  if (start < end) return;
  const message = "The parameter StartTime must be less than the parameter EndTime.";
  throw new AwsError("ValidationError", message);
}
