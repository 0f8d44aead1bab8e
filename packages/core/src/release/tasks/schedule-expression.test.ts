import { expect, test } from "vitest";
import { scheduleExpression } from "./schedule-expression.ts";

test.each([
  ["0 3 * * *", "cron(0 3 * * ? *)"],
  ["* * * * *", "cron(* * * * ? *)"],
  ["*/15 * * * *", "cron(0,15,30,45 * * * ? *)"],
  ["5/20 0-6/2 1,15 JAN-MAR *", "cron(5,25,45 0,2,4,6 1,15 1-3 ? *)"],
  ["0 0 * * 0", "cron(0 0 ? * 1 *)"],
  ["0 0 * * 7", "cron(0 0 ? * 1 *)"],
  ["30 8 * * mon-fri", "cron(30 8 ? * 2-6 *)"],
  ["0 0 * * 5-7", "cron(0 0 ? * 1,6-7 *)"],
  ["0 0 1 * 0-6", "cron(0 0 1 * ? *)"],
])("%s is %s", (cron, expected) => expect(scheduleExpression(cron)).toBe(expected));
