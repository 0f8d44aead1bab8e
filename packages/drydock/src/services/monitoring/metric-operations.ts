import type { MetricDatum } from "@aws-sdk/client-cloudwatch";
import { AwsError } from "../../errors.ts";
import { paginate } from "../../pagination.ts";
import type { Region } from "../../region.ts";
import type { Operations } from "../../service.ts";
import { identity, type MetricIdentity, type MetricPoint, metricStoreOf } from "./metric-store.ts";
import { type StatisticSet, statisticSetOf } from "./statistics.ts";

const hour = 3_600_000;
/** "Metrics are listed for two weeks after data was last reported": as long as their points are kept. */
const listed = 14 * 24 * hour;
/** "Time stamps … up to two weeks before the current date, and up to 2 hours after the current day and time." */
const futureAllowed = 2 * hour;
const mostListed = 500;

export function metricOperations(region: Region): Operations<typeof import("@aws-sdk/client-cloudwatch")> {
  return {
    PutMetricData: (input) => {
      if (input.EntityMetricData) {
        throw new AwsError("NotImplemented", "drydock does not build EntityMetricData.", { status: 501 });
      }
      // "The namespace can't begin with AWS/": those are the services' own.
      if (input.Namespace.startsWith("AWS/")) {
        throw new AwsError("InvalidParameterValue", "The value AWS/ for parameter Namespace is invalid.");
      }
      const now = region.clock.now();
      metricStoreOf(region).put((input.MetricData ?? []).map((datum) => pointOf(input.Namespace, datum, now)));
      return {};
    },

    ListMetrics: (input) => {
      const since = region.clock.now() - (input.RecentlyActive === "PT3H" ? 3 * hour : listed);
      const wanted = (metric: MetricIdentity) =>
        (input.Namespace === undefined || metric.Namespace === input.Namespace) &&
        (input.MetricName === undefined || metric.MetricName === input.MetricName) &&
        (input.Dimensions ?? []).every(({ Name, Value }) =>
          metric.Dimensions.some((one) => one.Name === Name && (Value === undefined || one.Value === Value)),
        );
      const found = metricStoreOf(region)
        .since(since)
        .filter(([, metric]) => wanted(metric));
      const page = paginate(found, ([key]) => key, { token: input.NextToken, limit: mostListed });
      return { Metrics: page.items.map(([, metric]) => metric), NextToken: page.nextToken };
    },
  };
}

function pointOf(namespace: string, datum: MetricDatum, now: number): MetricPoint {
  const at = datum.Timestamp?.getTime() ?? now;
  if (at > now + futureAllowed || at < now - listed) {
    const message = "The parameter MetricData.member.Timestamp must specify a time within the past two weeks.";
    throw new AwsError("InvalidParameterValue", message);
  }
  return {
    metric: identity(namespace, datum.MetricName ?? "", datum.Dimensions),
    at,
    unit: datum.Unit ?? "None",
    resolution: datum.StorageResolution === 1 ? "second" : "minute",
    set: setOf(datum),
  };
}

function setOf({ Value, Values, Counts = [], StatisticValues: given }: MetricDatum): StatisticSet {
  if ([Value, Values, given].filter((one) => one !== undefined).length !== 1) {
    const message = "Exactly one of Value, Values and StatisticValues must be specified for a datum.";
    throw new AwsError("InvalidParameterCombination", message);
  }
  if (Values && Counts.length > 0 && Counts.length !== Values.length) {
    throw new AwsError("InvalidParameterValue", "Values and Counts must have the same length.");
  }
  if (!given) return statisticSetOf((Values ?? [Value ?? 0]).map((value, index) => [value, Counts[index] ?? 1]));
  return {
    count: given.SampleCount ?? 0,
    sum: given.Sum ?? 0,
    minimum: given.Minimum ?? 0,
    maximum: given.Maximum ?? 0,
  };
}
