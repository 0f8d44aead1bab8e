import { Cron } from "croner";

interface Field {
  from: number;
  to: number;
  names?: string[];
}

const months = ["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"];
const weekdays = ["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"];
const minutes: Field = { from: 0, to: 59 };
const hours: Field = { from: 0, to: 23 };
const daysOfMonth: Field = { from: 1, to: 31 };
const monthsOfYear: Field = { from: 1, to: 12, names: months };
const daysOfWeek: Field = { from: 1, to: 7, names: weekdays };
const years: Field = { from: 1970, to: 2199 };
/** Zones change their clocks by an hour, Lord Howe Island by half of one; this is far beyond either, and short of two changes. */
const beforeAnyChange = 3 * 60 * 60 * 1000;

/**
 * AWS's six fields: minutes, hours, day of month, month, day of week (1 is Sunday), year; one of the two days is `?`.
 * https://docs.aws.amazon.com/scheduler/latest/UserGuide/schedule-types.html#cron-based
 *
 * @param fields what stands between the parentheses of `cron(…)`
 * @returns undefined when it isn't one
 */
export function parseCron(fields: string, timezone: string): Cron | undefined {
  const [minute = "", hour = "", day = "", month = "", weekday = "", year = "", ...rest] = fields.trim().split(/\s+/);
  if (rest.length > 0 || (day === "?") === (weekday === "?")) return undefined;
  const valid =
    isField(minute, minutes) &&
    isField(hour, hours) &&
    (day === "?" || /^(?:L|LW|WL)$/.test(day) || isNearestWeekday(day) || isField(day, daysOfMonth)) &&
    isField(month, monthsOfYear) &&
    (weekday === "?" || weekday === "L" || isWeekdayOfMonth(weekday) || isField(weekday, daysOfWeek)) &&
    isField(year, years);
  if (!valid) return undefined;
  // By itself, L is the last day of the week. For croner, ? is the moment at which it reads the pattern.
  const days = [
    day === "?" ? "*" : day.replace("WL", "LW"),
    month,
    weekday === "?" ? "*" : weekday.replace(/^L$/, "7"),
  ];
  try {
    return new Cron(["0", minute, hour, ...days, year].join(" "), {
      timezone,
      mode: "7-part",
      alternativeWeekdays: true,
      sloppyRanges: true,
      paused: true,
    });
  } catch {
    return undefined;
  }
}

/**
 * The first time after `after`, in milliseconds. "If a cron expression falls on a non-existent date and time, your
 * schedule invocation is skipped. When time shifts backwards in the Fall, your schedule runs only once."
 */
export function nextCronTime(cron: Cron, timezone: string, after: number): number | undefined {
  for (let time = cron.nextRun(new Date(after)); time; time = cron.nextRun(time)) {
    if (cron.match(time) && !hasBeenBefore(time.getTime(), timezone)) return time.getTime();
  }
  return undefined;
}

/** Is this the second time that the zone's clocks show what they show? */
function hasBeenBefore(instant: number, timezone: string): boolean {
  const offset = offsetAt(instant, timezone);
  const earlier = offsetAt(instant - beforeAnyChange, timezone);
  return earlier > offset && offsetAt(instant - (earlier - offset), timezone) === earlier;
}

/** How far the zone's clocks are ahead of UTC, in milliseconds. */
export function offsetAt(instant: number, timezone: string): number {
  const parts = new Intl.DateTimeFormat("en-US", {
    timeZone: timezone,
    hourCycle: "h23",
    year: "numeric",
    month: "numeric",
    day: "numeric",
    hour: "numeric",
    minute: "numeric",
    second: "numeric",
  }).formatToParts(instant);
  const part = (type: string) => Number(parts.find((one) => one.type === type)?.value);
  const shown = Date.UTC(part("year"), part("month") - 1, part("day"), part("hour"), part("minute"), part("second"));
  return shown - Math.floor(instant / 1000) * 1000;
}

/** A list of `*`, values, ranges, and steps through these. */
function isField(text: string, field: Field): boolean {
  return text.split(",").every((part) => {
    const [range = "", step, ...more] = part.split("/");
    if (more.length > 0 || (step !== undefined && !/^[1-9]\d{0,3}$/.test(step))) return false;
    if (range === "*") return true;
    const ends = range.split("-").map((end) => numberOf(end, field));
    const [from = Number.NaN, to = from] = ends;
    return ends.length <= 2 && from >= field.from && to <= field.to && from <= to;
  });
}

function numberOf(text: string, { from, names = [] }: Field): number {
  const named = names.indexOf(text.toUpperCase());
  if (named >= 0) return from + named;
  return /^\d{1,4}$/.test(text) ? Number(text) : Number.NaN;
}

/** `15W`: the weekday nearest to the 15th. */
function isNearestWeekday(text: string): boolean {
  return /W$/.test(text) && isSingle(text.slice(0, -1), daysOfMonth);
}

/** `3#2`, the second Tuesday, and `5L`, the last Thursday. */
function isWeekdayOfMonth(text: string): boolean {
  const weekday = /^(.+?)(?:#[1-5]|L)$/.exec(text)?.[1];
  return weekday !== undefined && isSingle(weekday, daysOfWeek);
}

function isSingle(text: string, field: Field): boolean {
  return /^\w+$/.test(text) && isField(text, field);
}
