import type { Cron } from "croner";
import { nextCronTime, offsetAt, parseCron } from "./cron.ts";

export type Expression =
  | { kind: "at"; instant: number }
  | { kind: "rate"; interval: number }
  | { kind: "cron"; cron: Cron; timezone: string };

/** When a schedule runs, in milliseconds since the epoch. */
export interface Bounds {
  /** A rate counts from here. */
  origin: number;
  start?: number;
  end?: number;
}

const minute = 60_000;
const units: Record<string, number> = { minute, hour: 60 * minute, day: 24 * 60 * minute };

/** Undefined for what is no expression. https://docs.aws.amazon.com/scheduler/latest/UserGuide/schedule-types.html */
export function parseExpression(text: string, timezone: string): Expression | undefined {
  const [, kind, content = ""] = /^(at|rate|cron)\((.*)\)$/.exec(text) ?? [];
  if (kind === "at") return parseAt(content, timezone);
  if (kind === "rate") return parseRate(content);
  const cron = kind === "cron" ? parseCron(content, timezone) : undefined;
  return cron && { kind: "cron", cron, timezone };
}

export function isTimezone(name: string): boolean {
  try {
    new Intl.DateTimeFormat("en-US", { timeZone: name });
    // Offsets are taken by Intl, and are no names of the time zone database.
    return !/^[+-]/.test(name);
  } catch {
    return false;
  }
}

/**
 * The first occurrence after `after`. "EventBridge Scheduler ignores StartDate for one-time schedules", and EndDate.
 * A rate's first one is at its start: "if you do not provide a StartDate for a rate-based schedule, your schedule starts
 * invoking the target immediately".
 */
export function nextOccurrence(expression: Expression, bounds: Bounds, after: number): number | undefined {
  if (expression.kind === "at") return expression.instant > after ? expression.instant : undefined;
  const { origin, start = origin, end = Number.POSITIVE_INFINITY } = bounds;
  const from = Math.max(after, start - 1);
  const next =
    expression.kind === "rate"
      ? start + Math.ceil((from + 1 - start) / expression.interval) * expression.interval
      : nextCronTime(expression.cron, expression.timezone, from);
  return next !== undefined && next <= end ? next : undefined;
}

function parseRate(content: string): Expression | undefined {
  const [, value, unit = ""] = /^([1-9]\d{0,8}) (minute|hour|day)s?$/.exec(content.trim()) ?? [];
  const milliseconds = units[unit];
  return value === undefined || milliseconds === undefined
    ? undefined
    : { kind: "rate", interval: Number(value) * milliseconds };
}

function parseAt(content: string, timezone: string): Expression | undefined {
  if (!/^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}$/.test(content)) return undefined;
  const shown = Date.parse(`${content}Z`);
  // Date.parse takes 30 February for 2 March.
  if (Number.isNaN(shown) || new Date(shown).toISOString().slice(0, 19) !== content) return undefined;
  // The offset of a first guess is right except around a change of the clocks, where the second is.
  const guess = shown - offsetAt(shown, timezone);
  return { kind: "at", instant: shown - offsetAt(guess, timezone) };
}
