import type { MetricDataQuery } from "@aws-sdk/client-cloudwatch";
import { AwsError } from "../../../errors.ts";
import { identity, type MetricStore } from "../metric-store.ts";
import { checkStatistic } from "../statistics.ts";
import { parseExpression } from "./expression.ts";
import { evaluateExpression } from "./metric-math.ts";
import { type Grid, readSets, type Series, seriesOf } from "./series.ts";

export interface QueryResult {
  id: string;
  label: string;
  series: Series;
}

const idPattern = /^[a-z]\w*$/;

/**
 * The series that the queries return, expressions included. All of them are read in the periods of the grid that `gridOf`
 * makes of a period in seconds. Throws ValidationError for queries that contradict each other or use what isn't built.
 */
export function runQueries(
  store: MetricStore,
  queries: MetricDataQuery[],
  gridOf: (periodSeconds: number) => Grid,
): QueryResult[] {
  checkQueries(queries);
  const byId = new Map(queries.map((query) => [query.Id ?? "", query]));
  const known = new Map<string, Series[]>();
  const running = new Set<string>();
  const grid = gridOf(longestPeriod(queries));

  const run = (query: MetricDataQuery): Series[] => {
    const id = query.Id ?? "";
    const before = known.get(id);
    if (before) return before;
    if (running.has(id)) throw invalid(`The expressions refer to each other in a circle, at ${id}.`);
    running.add(id);
    const series = query.MetricStat ? [readStat(query.MetricStat)] : evaluate(query.Expression ?? "");
    known.set(id, series);
    return series;
  };
  const readStat = ({ Metric, Period = 60, Stat = "", Unit }: NonNullable<MetricDataQuery["MetricStat"]>) => {
    const metric = identity(Metric?.Namespace ?? "", Metric?.MetricName ?? "", Metric?.Dimensions);
    return seriesOf(readSets(store, metric, gridOf(Period), Unit), Stat);
  };
  const evaluate = (text: string) =>
    evaluateExpression(parseExpression(text), {
      series: (name) => {
        const query = byId.get(name);
        const [series, ...others] = query ? run(query) : [];
        if (series && others.length === 0) return series;
        throw invalid(`The expression '${text}' refers to ${name}, which is not the id of one metric.`);
      },
      metrics: () =>
        queries
          .filter(({ MetricStat }) => MetricStat)
          .flatMap((query) => run(query).map((series): [string, Series] => [query.Id ?? "", series])),
      grid,
    });

  return queries
    .filter(({ ReturnData }) => ReturnData !== false)
    .flatMap((query) => run(query).map((series) => ({ id: query.Id ?? "", label: labelOf(query), series })));
}

/** The period by which expressions over them are evaluated, in seconds. */
export function longestPeriod(queries: MetricDataQuery[]): number {
  return Math.max(...queries.map(({ MetricStat, Period }) => MetricStat?.Period ?? Period ?? 60));
}

function checkQueries(queries: MetricDataQuery[]): void {
  const ids = new Set<string>();
  for (const { Id = "", MetricStat, Expression, AccountId } of queries) {
    if (!idPattern.test(Id)) throw invalid(`The id '${Id}' must begin with a lower-case letter.`);
    if (ids.has(Id)) throw invalid(`The id ${Id} is used twice.`);
    ids.add(Id);
    if (AccountId) throw invalid("drydock has one account, and does not build queries into another one.");
    if (Boolean(MetricStat) === Boolean(Expression)) {
      throw invalid(`The query ${Id} needs either MetricStat or Expression.`);
    }
    if (MetricStat) checkStatistic(MetricStat.Stat ?? "");
  }
}

function labelOf({ Label, MetricStat, Id = "" }: MetricDataQuery): string {
  return Label ?? MetricStat?.Metric?.MetricName ?? Id;
}

function invalid(message: string): AwsError {
  return new AwsError("ValidationError", message);
}
