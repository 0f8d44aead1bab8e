import type { LogGroupClass } from "@aws-sdk/client-cloudwatch-logs";
import { AwsError } from "../../errors.ts";
import type { Region } from "../../region.ts";
import { wallClock } from "../../scaled-clock.ts";

export interface LogGroup {
  name: string;
  arn: string;
  created: number;
  retentionDays: number | undefined;
  kmsKeyId: string | undefined;
  class: LogGroupClass;
  deletionProtected: boolean;
  tags: Record<string, string>;
}

export interface LogStream {
  name: string;
  created: number;
  firstEvent: number | undefined;
  lastEvent: number | undefined;
  lastIngestion: number | undefined;
}

export interface LogEvent {
  /** Grows with arrival; the order of events of the same millisecond. */
  id: number;
  stream: string;
  timestamp: number;
  ingestion: number;
  message: string;
}

export interface EventRange {
  group: string;
  streams?: string[];
  streamPrefix?: string;
  /** Milliseconds; start inclusive, end exclusive unless the operation says otherwise. */
  start?: number;
  end?: number;
  after?: { timestamp: number; id: number };
  before?: { timestamp: number; id: number };
  limit: number;
  newestFirst?: boolean;
}

const dayMilliseconds = 24 * 60 * 60 * 1000;

/** Groups are documents; streams and events have their own tables, with the indexes that reading by time needs. */
export class LogStore {
  readonly groups;
  private readonly region: Region;

  constructor(region: Region) {
    this.region = region;
    this.groups = region.store.collection<LogGroup>("logs.groups");
    region.store.database.exec(`
      CREATE TABLE IF NOT EXISTS log_streams (
        log_group TEXT NOT NULL, name TEXT NOT NULL, created INTEGER NOT NULL,
        first_event INTEGER, last_event INTEGER, last_ingestion INTEGER, PRIMARY KEY (log_group, name)
      ) WITHOUT ROWID;
      CREATE TABLE IF NOT EXISTS log_events (
        id INTEGER PRIMARY KEY AUTOINCREMENT, log_group TEXT NOT NULL, stream TEXT NOT NULL,
        timestamp INTEGER NOT NULL, ingestion INTEGER NOT NULL, message TEXT NOT NULL
      );
      CREATE INDEX IF NOT EXISTS log_events_by_time ON log_events (log_group, timestamp, id);
      CREATE INDEX IF NOT EXISTS log_events_by_stream ON log_events (log_group, stream, timestamp, id);
    `);
  }

  group(name: string): LogGroup {
    const group = this.groups.get(name);
    if (!group) throw new AwsError("ResourceNotFoundException", "The specified log group does not exist.");
    return group;
  }

  /** A group named by its name, or by its ARN with or without the `:*` at its end. */
  groupByNameOrArn(name: string | undefined, identifier: string | undefined): LogGroup {
    const given = name ?? identifier;
    if (!given)
      throw new AwsError("InvalidParameterException", "Either logGroupName or logGroupIdentifier is required.");
    return this.group(/^arn:[^:]+:logs:[^:]*:[^:]*:log-group:([^:]+)/.exec(given)?.[1] ?? given);
  }

  deleteGroup(name: string): void {
    this.region.store.transaction(() => {
      this.run("DELETE FROM log_events WHERE log_group = ?", name);
      this.run("DELETE FROM log_streams WHERE log_group = ?", name);
      this.groups.delete(name);
    });
  }

  createStream(group: string, name: string): void {
    this.group(group);
    const sql = "INSERT OR IGNORE INTO log_streams (log_group, name, created) VALUES (?, ?, ?)";
    if (this.run(sql, group, name, wallClock(this.region.clock).now()) === 0) {
      throw new AwsError("ResourceAlreadyExistsException", "The specified log stream already exists");
    }
  }

  streams(group: string, prefix = ""): LogStream[] {
    const sql = "SELECT * FROM log_streams WHERE log_group = ? AND substr(name, 1, length(?)) = ? ORDER BY name";
    return this.region.store.database.prepare(sql).all(group, prefix, prefix).map(toStream);
  }

  stream(group: string, name: string): LogStream {
    const sql = "SELECT * FROM log_streams WHERE log_group = ? AND name = ?";
    const row = this.region.store.database.prepare(sql).get(group, name);
    if (!row) throw new AwsError("ResourceNotFoundException", "The specified log stream does not exist.");
    return toStream(row);
  }

  deleteStream(group: string, name: string): void {
    this.stream(group, name);
    this.region.store.transaction(() => {
      this.run("DELETE FROM log_events WHERE log_group = ? AND stream = ?", group, name);
      this.run("DELETE FROM log_streams WHERE log_group = ? AND name = ?", group, name);
    });
  }

  append(group: LogGroup, stream: string, events: { timestamp: number; message: string }[]): void {
    const now = wallClock(this.region.clock).now();
    this.region.store.transaction(() => {
      const insert = this.region.store.database.prepare(
        "INSERT INTO log_events (log_group, stream, timestamp, ingestion, message) VALUES (?, ?, ?, ?, ?)",
      );
      for (const { timestamp, message } of events) insert.run(group.name, stream, timestamp, now, message);
      const times = events.map(({ timestamp }) => timestamp);
      this.run(
        `UPDATE log_streams SET first_event = min(coalesce(first_event, ?1), ?1),
           last_event = max(coalesce(last_event, ?2), ?2), last_ingestion = ?3 WHERE log_group = ?4 AND name = ?5`,
        Math.min(...times),
        Math.max(...times),
        now,
        group.name,
        stream,
      );
      if (group.retentionDays) {
        const oldest = now - group.retentionDays * dayMilliseconds;
        this.run("DELETE FROM log_events WHERE log_group = ? AND timestamp < ?", group.name, oldest);
      }
    });
  }

  /** Events in order of time, then of arrival. */
  events(range: EventRange): LogEvent[] {
    const conditions = ["log_group = ?"];
    const values: (string | number)[] = [range.group];
    const where = (condition: string, ...more: (string | number)[]) => {
      conditions.push(condition);
      values.push(...more);
    };
    if (range.streams) where(`stream IN (${range.streams.map(() => "?").join(", ")})`, ...range.streams);
    if (range.streamPrefix) where("substr(stream, 1, length(?)) = ?", range.streamPrefix, range.streamPrefix);
    if (range.start !== undefined) where("timestamp >= ?", range.start);
    if (range.end !== undefined) where("timestamp < ?", range.end);
    if (range.after) where("(timestamp, id) > (?, ?)", range.after.timestamp, range.after.id);
    if (range.before) where("(timestamp, id) < (?, ?)", range.before.timestamp, range.before.id);
    const direction = range.newestFirst ? "DESC" : "ASC";
    const sql = `SELECT id, stream, timestamp, ingestion, message FROM log_events WHERE ${conditions.join(" AND ")}
      ORDER BY timestamp ${direction}, id ${direction} LIMIT ?`;
    const rows = this.region.store.database.prepare(sql).all(...values, range.limit);
    return rows.map((row) => ({
      id: Number(row.id),
      stream: String(row.stream),
      timestamp: Number(row.timestamp),
      ingestion: Number(row.ingestion),
      message: String(row.message),
    }));
  }

  private run(sql: string, ...values: (string | number)[]): number {
    return Number(this.region.store.database.prepare(sql).run(...values).changes);
  }
}

function toStream(row: Record<string, unknown>): LogStream {
  const optional = (value: unknown) => (value === null ? undefined : Number(value));
  return {
    name: String(row.name),
    created: Number(row.created),
    firstEvent: optional(row.first_event),
    lastEvent: optional(row.last_event),
    lastIngestion: optional(row.last_ingestion),
  };
}
