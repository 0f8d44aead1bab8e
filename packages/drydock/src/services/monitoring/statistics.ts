import { AwsError } from "../../errors.ts";

/** What is kept of the values of one metric in one stretch of time. */
export interface StatisticSet {
  count: number;
  sum: number;
  minimum: number;
  maximum: number;
  /** Each value with how often it came; absent where only the sums were ever known, which leaves no percentiles. */
  values?: Map<number, number>;
}

/** More different values than these are kept with two significant digits: percentiles are then within 5 %. */
const mostExactValues = 200;

export function statisticSetOf(values: Iterable<[value: number, count: number]>): StatisticSet {
  const set: StatisticSet = { count: 0, sum: 0, minimum: Infinity, maximum: -Infinity, values: new Map() };
  for (const [value, count] of values) add(set, value, count);
  return set;
}

/** Adds a value that came `count` times. */
export function add(set: StatisticSet, value: number, count = 1): void {
  set.count += count;
  set.sum += value * count;
  set.minimum = Math.min(set.minimum, value);
  set.maximum = Math.max(set.maximum, value);
  if (!set.values) return;
  const kept = set.values.size > mostExactValues ? Number(value.toPrecision(2)) : value;
  set.values.set(kept, (set.values.get(kept) ?? 0) + count);
  if (set.values.size === mostExactValues + 1) set.values = coarse(set.values);
}

/** Undefined for none. */
export function merge(sets: StatisticSet[]): StatisticSet | undefined {
  const [first, ...others] = sets;
  if (!first || others.length === 0) return first;
  return {
    count: total(sets.map(({ count }) => count)),
    sum: total(sets.map(({ sum }) => sum)),
    minimum: Math.min(...sets.map(({ minimum }) => minimum)),
    maximum: Math.max(...sets.map(({ maximum }) => maximum)),
    ...mergedValues(sets),
  };
}

function mergedValues(sets: StatisticSet[]): Pick<StatisticSet, "values"> {
  const values = new Map<number, number>();
  for (const set of sets) {
    const known = knownValues(set);
    if (!known) return {};
    for (const [value, count] of known) values.set(value, (values.get(value) ?? 0) + count);
  }
  return { values: values.size > mostExactValues ? coarse(values) : values };
}

/**
 * "If your data is statistic sets, percentiles are available only if the SampleCount is 1, or the Min and the Max values are
 * equal": then all values are known after all.
 */
function knownValues({ values, count, minimum, maximum }: StatisticSet): Map<number, number> | undefined {
  return values ?? (minimum === maximum ? new Map([[minimum, count]]) : undefined);
}

function coarse(values: Map<number, number>): Map<number, number> {
  const rounded = new Map<number, number>();
  for (const [value, count] of values) {
    const kept = Number(value.toPrecision(2));
    rounded.set(kept, (rounded.get(kept) ?? 0) + count);
  }
  return rounded;
}

function total(numbers: number[]): number {
  return numbers.reduce((sum, number) => sum + number, 0);
}

const simpleStatistics: Record<string, (set: StatisticSet) => number> = {
  SampleCount: ({ count }) => count,
  Sum: ({ sum }) => sum,
  Average: ({ sum, count }) => sum / count,
  Minimum: ({ minimum }) => minimum,
  Maximum: ({ maximum }) => maximum,
};

/** `Average` and the like, or a percentile: `p99.9`. Throws ValidationError for others, by name. */
export function checkStatistic(name: string): void {
  if (name in simpleStatistics || percentileOf(name) !== undefined) return;
  const built = [...Object.keys(simpleStatistics), "percentiles (p0 to p100)"].join(", ");
  throw new AwsError("ValidationError", `drydock does not build the statistic ${name}; it has ${built}.`);
}

/** A statistic's value; undefined for a percentile of values that aren't known. */
export function statistic(name: string, set: StatisticSet): number | undefined {
  const simple = simpleStatistics[name];
  if (simple) return simple(set);
  const percentile = percentileOf(name);
  const values = knownValues(set);
  if (percentile === undefined || !values) return undefined;
  const sorted = [...values].sort(([one], [other]) => one - other);
  const rank = Math.max(1, Math.ceil((percentile / 100) * set.count));
  let seen = 0;
  for (const [value, count] of sorted) {
    seen += count;
    if (seen >= rank) return value;
  }
  return set.maximum;
}

function percentileOf(name: string): number | undefined {
  const percentile = /^p(\d{1,3}(?:\.\d{1,10})?)$/.exec(name)?.[1];
  return percentile !== undefined && Number(percentile) <= 100 ? Number(percentile) : undefined;
}
