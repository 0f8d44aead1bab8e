import type { ComparisonOperator, StateValue } from "@aws-sdk/client-cloudwatch";

/** What an alarm's state is decided by. */
export interface AlarmRule {
  threshold: number;
  comparison: ComparisonOperator;
  evaluationPeriods: number;
  datapointsToAlarm: number;
  missingData: "missing" | "ignore" | "breaching" | "notBreaching";
}

/** One period's value; undefined where the metric has none. */
export type Datapoint = { at: number; value: number | undefined };

/** "Whenever an alarm evaluates … it retrieves a higher number of data points than specified by Evaluation Periods." */
export const extraPeriods = 2;

export interface Verdict {
  /** Undefined: it stays what it is. */
  state: StateValue | undefined;
  /** The datapoints that decided, newest first. */
  recent: { at: number; value: number }[];
  breaching: number;
  missing: number;
}

/**
 * The state that datapoints (oldest first, as many as the evaluation periods and `extraPeriods`) put an alarm in. Missing
 * ones are told apart as in "How alarm state is evaluated when data is missing":
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarms-and-missing-data.html
 */
export function evaluateAlarm(rule: AlarmRule, datapoints: Datapoint[]): Verdict {
  const { evaluationPeriods, datapointsToAlarm, missingData } = rule;
  const present = datapoints.filter((point): point is { at: number; value: number } => point.value !== undefined);
  const recent = present.slice(-evaluationPeriods).reverse();
  const breaching = recent.filter(({ value }) => breaches(rule, value)).length;
  const missing = evaluationPeriods - recent.length;
  const verdict = (state: StateValue | undefined): Verdict => ({ state, recent, breaching, missing });

  if (breaching >= datapointsToAlarm) return verdict("ALARM");
  // "If the number of existing data points … is equal to or more than the alarm's Evaluation Periods, CloudWatch … evaluates
  // the most recent real data points", and what is missing doesn't matter.
  if (missing === 0 || missingData === "notBreaching") return verdict("OK");
  if (missingData === "breaching") return verdict(breaching + missing >= datapointsToAlarm ? "ALARM" : "OK");
  if (breaching < recent.length) return verdict("OK");
  if (missingData === "ignore") return verdict(undefined);
  if (recent.length === 0) return verdict("INSUFFICIENT_DATA");
  // "…when the oldest available breaching datapoint during the Evaluation Periods number of data points is at least as old as
  // the value of Datapoints to Alarm, and all other more recent data points are breaching or missing."
  const window = datapoints.slice(-evaluationPeriods);
  const oldest = window.findIndex(({ value }) => value !== undefined);
  return verdict(oldest >= 0 && window.length - oldest >= datapointsToAlarm ? "ALARM" : undefined);
}

function breaches({ threshold, comparison }: AlarmRule, value: number): boolean {
  if (comparison === "GreaterThanThreshold") return value > threshold;
  if (comparison === "GreaterThanOrEqualToThreshold") return value >= threshold;
  if (comparison === "LessThanThreshold") return value < threshold;
  return value <= threshold;
}

const phrases: Partial<Record<ComparisonOperator, string>> = {
  GreaterThanThreshold: "greater than",
  GreaterThanOrEqualToThreshold: "greater than or equal to",
  LessThanThreshold: "less than",
  LessThanOrEqualToThreshold: "less than or equal to",
};

/** Why the state is what it is, as CloudWatch words it. */
export function reasonFor(rule: AlarmRule, { state, recent, breaching, missing }: Verdict): string {
  if (recent.length === 0) {
    const points = `${missing} datapoint${missing === 1 ? " was" : "s were"}`;
    const treated = rule.missingData === "breaching" || rule.missingData === "notBreaching";
    if (!treated) return `Insufficient Data: ${points} unknown.`;
    const as = rule.missingData === "breaching" ? "[Breaching]" : "[NonBreaching]";
    return `Threshold Crossed: no datapoints were received for ${missing} period${missing === 1 ? "" : "s"} and ${missing} missing datapoint${missing === 1 ? " was" : "s were"} treated as ${as}.`;
  }
  const shown = recent.map(({ at, value }) => `${decimal(value)} (${stamp(at)})`).join(", ");
  const isAlarm = state === "ALARM";
  const counted = isAlarm ? Math.max(breaching, 1) : recent.length - breaching;
  const was = counted === 1 ? "was" : "were";
  const minimum = rule.datapointsToAlarm;
  const transition = isAlarm ? "OK -> ALARM" : "ALARM -> OK";
  const needed = isAlarm ? minimum : rule.evaluationPeriods - minimum + 1;
  return (
    `Threshold Crossed: ${counted} out of the last ${recent.length} datapoints [${shown}] ${was} ` +
    `${isAlarm ? "" : "not "}${phrases[rule.comparison]} the threshold (${decimal(rule.threshold)}) ` +
    `(minimum ${needed} datapoint${needed === 1 ? "" : "s"} for ${transition} transition).`
  );
}

function decimal(value: number): string {
  return Number.isInteger(value) ? `${value}.0` : String(value);
}

/** `21/11/26 06:50:00` */
function stamp(at: number): string {
  const iso = new Date(at).toISOString();
  return `${iso.slice(8, 10)}/${iso.slice(5, 7)}/${iso.slice(2, 4)} ${iso.slice(11, 19)}`;
}
