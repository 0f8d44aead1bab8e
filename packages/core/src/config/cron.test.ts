import { expect, test } from "vitest";
import { cronProblem } from "./cron.ts";

test.each(["0 3 * * *", "*/5 * * * *", "0 0-6/2 1,15 JAN-MAR *", "59 23 * 12 7", "0 0 1 * 0-6", "30 1 */1 * mon-fri"])(
  "%s is right",
  (expression) => expect(cronProblem(expression)).toBeUndefined(),
);

test.each([
  ["0 3 * *", "expected five cron fields (minute, hour, day of month, month, day of week), found 4"],
  ["60 3 * * *", 'expected minute to be *, or 0 to 59, found "60"'],
  ["0 24 * * *", 'expected hour to be *, or 0 to 23, found "24"'],
  ["0 0 0 * *", 'expected day of month to be *, or 1 to 31, found "0"'],
  ["0 0 * 5-2 *", 'expected month to be *, or 1 to 12, found "5-2"'],
  ["0 0 * * FUN", 'expected day of week to be *, or 0 to 7, found "FUN"'],
  ["*/0 * * * *", 'expected minute to be *, or 0 to 59, found "*/0"'],
  ["0 0 1 * mon", "expected day of month or day of week to be *: a schedule can't go by both"],
  ["1/2/3 * * * *", 'expected minute to be *, or 0 to 59, found "1/2/3"'],
])("%s: %s", (expression, problem) => expect(cronProblem(expression)).toBe(problem));
