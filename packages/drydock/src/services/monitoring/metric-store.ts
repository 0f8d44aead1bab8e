import type { Dimension, StandardUnit } from "@aws-sdk/client-cloudwatch";
import type { Region } from "../../region.ts";
import type { Collection } from "../../store/store.ts";
import { merge, type StatisticSet } from "./statistics.ts";

/** "A metric is uniquely defined by a name, a namespace, and zero or more dimensions." */
export interface MetricIdentity {
  Namespace: string;
  MetricName: string;
  Dimensions: { Name: string; Value: string }[];
}

interface Series extends MetricIdentity {
  id: number;
}

/** Values of one metric in one minute, or in one second of a metric of high resolution. */
export interface MetricPoint {
  metric: MetricIdentity;
  /** Milliseconds since the epoch, in the region's time. */
  at: number;
  unit: StandardUnit;
  resolution: "minute" | "second";
  set: StatisticSet;
}

export interface PointRange {
  metric: MetricIdentity;
  unit?: StandardUnit | undefined;
  /** Milliseconds; start inclusive, end exclusive. */
  start: number;
  end: number;
}

export const minute = 60_000;
/** AWS keeps minutes for 15 days and seconds for three hours, then ever coarser sums; here three days of minutes have to do. */
const retention = { minute: 3 * 24 * 60 * minute, second: 3 * 60 * minute };

/** Which metrics there are is kept as documents; their points have a table, by metric and time. */
export class MetricStore {
  private readonly region: Region;
  private readonly documents: Collection<Series>;
  private readonly series: Map<string, Series>;
  private readonly statements;

  constructor(region: Region) {
    this.region = region;
    this.documents = region.store.collection<Series>("monitoring.metrics");
    this.series = new Map(this.documents.entries());
    const { database } = region.store;
    database.exec(`
      CREATE TABLE IF NOT EXISTS metric_points (
        metric INTEGER NOT NULL, at INTEGER NOT NULL, resolution TEXT NOT NULL, unit TEXT NOT NULL,
        count REAL NOT NULL, sum REAL NOT NULL, minimum REAL NOT NULL, maximum REAL NOT NULL, sampled TEXT,
        PRIMARY KEY (metric, at, resolution, unit)
      ) WITHOUT ROWID;
      CREATE INDEX IF NOT EXISTS metric_points_by_time ON metric_points (at);
    `);
    this.statements = {
      put: database.prepare("INSERT OR REPLACE INTO metric_points VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)"),
      one: database.prepare("SELECT * FROM metric_points WHERE metric = ? AND at = ? AND resolution = ? AND unit = ?"),
      range: database.prepare("SELECT * FROM metric_points WHERE metric = ? AND at >= ? AND at < ? ORDER BY at"),
      since: database.prepare("SELECT DISTINCT metric FROM metric_points WHERE at >= ?"),
      forget: database.prepare("DELETE FROM metric_points WHERE at < ? OR (at < ? AND resolution = 'second')"),
    };
  }

  /** Adds the points to what is known of their minutes, all of them or none. */
  put(points: MetricPoint[]): void {
    this.region.store.transaction(() => {
      for (const { metric, at, unit, resolution, set } of points) {
        const { id } = this.seriesOf(metric);
        const start = at - (at % (resolution === "minute" ? minute : 1000));
        const before = this.statements.one.get(id, start, resolution, unit);
        const merged = (before && merge([readSet(before), set])) ?? set;
        this.statements.put.run(
          ...[id, start, resolution, unit],
          ...[merged.count, merged.sum, merged.minimum, merged.maximum],
          merged.minimum === merged.maximum || !merged.values ? null : JSON.stringify([...merged.values]),
        );
      }
    });
  }

  /** A metric's points in a range, oldest first. */
  read({ metric, unit, start, end }: PointRange): { at: number; unit: StandardUnit; set: StatisticSet }[] {
    const known = this.series.get(keyOf(metric));
    if (!known) return [];
    return this.statements.range
      .all(known.id, start, end)
      .filter((row) => unit === undefined || row.unit === unit)
      .map((row) => ({ at: Number(row.at), unit: row.unit as StandardUnit, set: readSet(row) }));
  }

  /** Every metric with a point since then (ms), by its key, in the keys' order. */
  since(start: number): [key: string, metric: MetricIdentity][] {
    const recent = new Set(this.statements.since.all(start).map((row) => Number(row.metric)));
    return [...this.series]
      .filter(([, { id }]) => recent.has(id))
      .map(([key, { id: _, ...metric }]): [string, MetricIdentity] => [key, metric])
      .sort(([one], [other]) => (one < other ? -1 : 1));
  }

  /** Forgets points that are too old, and metrics that have none any more. */
  prune(): void {
    const now = this.region.clock.now();
    this.region.store.transaction(() => {
      this.statements.forget.run(now - retention.minute, now - retention.second);
      const kept = new Set(this.since(0).map(([key]) => key));
      for (const key of [...this.series.keys()].filter((key) => !kept.has(key))) {
        this.series.delete(key);
        this.documents.delete(key);
      }
    });
  }

  private seriesOf(metric: MetricIdentity): Series {
    const key = keyOf(metric);
    const known = this.series.get(key);
    if (known) return known;
    const made = { id: this.region.store.next("monitoring.metric"), ...metric };
    this.documents.put(key, made);
    this.series.set(key, made);
    return made;
  }
}

/** The dimensions of a request, in the order that doesn't depend on it. */
export function identity(Namespace: string, MetricName: string, dimensions: Dimension[] = []): MetricIdentity {
  const Dimensions = dimensions
    .map(({ Name = "", Value = "" }) => ({ Name, Value }))
    .sort((one, other) => (one.Name < other.Name ? -1 : 1));
  return { Namespace, MetricName, Dimensions };
}

function keyOf({ Namespace, MetricName, Dimensions }: MetricIdentity): string {
  return JSON.stringify([Namespace, MetricName, ...Dimensions.map(({ Name, Value }) => [Name, Value])]);
}

function readSet(row: Record<string, unknown>): StatisticSet {
  const [count, sum, minimum, maximum] = [row.count, row.sum, row.minimum, row.maximum].map(Number) as [
    number,
    number,
    number,
    number,
  ];
  const values = row.sampled === null ? undefined : new Map<number, number>(JSON.parse(String(row.sampled)));
  return { count, sum, minimum, maximum, ...(values && { values }) };
}

const stores = new WeakMap<Region, MetricStore>();

/** The one store of a region's metrics. */
export function metricStoreOf(region: Region): MetricStore {
  const known = stores.get(region);
  if (known) return known;
  const store = new MetricStore(region);
  stores.set(region, store);
  return store;
}
