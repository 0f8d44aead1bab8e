import { cronFields } from "../../config/cron.ts";

/**
 * A cron expression of five fields in the words of EventBridge Scheduler, which has a sixth for the year, counts Sunday as 1, and
 * wants a `?` for the day that doesn't matter. Steps become lists: what `a/b` means differs from cron to cron.
 * https://docs.aws.amazon.com/scheduler/latest/UserGuide/schedule-types.html#cron-based
 *
 * @param expression one that `cronProblem` has found right.
 */
export function scheduleExpression(expression: string): string {
  const [minute = [], hour = [], day = [], month = [], weekday = []] = cronFields(expression);
  // Both 0 and 7 are Sunday.
  const weekdays = [...new Set(weekday.map((each) => (each % 7) + 1))].sort((a, b) => a - b);
  const anyWeekday = weekdays.length === 7;
  const fields = [
    field(minute, 60),
    field(hour, 24),
    anyWeekday ? field(day, 31) : "?",
    field(month, 12),
    anyWeekday ? "?" : field(weekdays, 7),
    "*",
  ];
  return `cron(${fields.join(" ")})`;
}

/** `1,2,3,7` as `1-3,7`; `*` for all there are. */
function field(values: readonly number[], all: number): string {
  if (values.length === all) return "*";
  const runs: [from: number, to: number][] = [];
  for (const value of values) {
    const last = runs.at(-1);
    if (last?.[1] === value - 1) last[1] = value;
    else runs.push([value, value]);
  }
  return runs.map(([from, to]) => (from === to ? String(from) : `${from}-${to}`)).join(",");
}
