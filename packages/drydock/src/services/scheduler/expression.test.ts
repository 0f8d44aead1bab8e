import { expect, test } from "vitest";
import { isTimezone, nextOccurrence, parseExpression } from "./expression.ts";

function occurrences(text: string, { zone = "UTC", from = "2026-01-01T00:00:00Z", count = 3, bounds = {} } = {}) {
  const expression = parseExpression(text, zone);
  if (!expression) return "invalid";
  const origin = Date.parse(from);
  const found: string[] = [];
  let after = origin - 1;
  while (found.length < count) {
    const next = nextOccurrence(expression, { origin, ...bounds }, after);
    if (next === undefined) break;
    found.push(new Date(next).toISOString().replace(":00.000Z", "Z"));
    after = next;
  }
  return found.join(" ");
}

test.each([
  ["cron(0 3 * * ? *)", "2026-01-01T03:00Z 2026-01-02T03:00Z 2026-01-03T03:00Z"],
  ["cron(0/20 12 ? * MON-FRI *)", "2026-01-01T12:00Z 2026-01-01T12:20Z 2026-01-01T12:40Z"],
  ["cron(*/30 * * * ? *)", "2026-01-01T00:00Z 2026-01-01T00:30Z 2026-01-01T01:00Z"],
  ["cron(15 10 L * ? *)", "2026-01-31T10:15Z 2026-02-28T10:15Z 2026-03-31T10:15Z"],
  ["cron(15 10 LW * ? *)", "2026-01-30T10:15Z 2026-02-27T10:15Z 2026-03-31T10:15Z"],
  ["cron(15 10 3W * ? *)", "2026-01-02T10:15Z 2026-02-03T10:15Z 2026-03-03T10:15Z"],
  ["cron(0 10 ? * 3#2 *)", "2026-01-13T10:00Z 2026-02-10T10:00Z 2026-03-10T10:00Z"],
  ["cron(0 10 ? * THUL *)", "2026-01-29T10:00Z 2026-02-26T10:00Z 2026-03-26T10:00Z"],
  ["cron(0 10 ? * L *)", "2026-01-03T10:00Z 2026-01-10T10:00Z 2026-01-17T10:00Z"],
  ["cron(0 10 ? * 1,SAT *)", "2026-01-03T10:00Z 2026-01-04T10:00Z 2026-01-10T10:00Z"],
  ["cron(0 0 1 JAN-MAR,DEC ? *)", "2026-01-01T00:00Z 2026-02-01T00:00Z 2026-03-01T00:00Z"],
  ["cron(0 0 1 1 ? 2026-2028/2)", "2026-01-01T00:00Z 2028-01-01T00:00Z"],
  ["cron(0 0 1 1 ? 2020-2022)", ""],
  ["cron(0 0 31 2 ? *)", ""],
  ["rate(5 minutes)", "2026-01-01T00:00Z 2026-01-01T00:05Z 2026-01-01T00:10Z"],
  ["rate(1 day)", "2026-01-01T00:00Z 2026-01-02T00:00Z 2026-01-03T00:00Z"],
  ["at(2026-11-20T13:00:00)", "2026-11-20T13:00Z"],
  ["at(2025-11-20T13:00:00)", ""],
])("%s occurs at %s", (text, expected) => {
  expect(occurrences(text)).toBe(expected);
});

test("a time zone's clocks are followed: what they leave out is left out, what they show twice runs once", () => {
  const zone = "Europe/Berlin";
  const nightly = "cron(30 2 * * ? *)";
  expect(occurrences(nightly, { zone, from: "2026-03-28T00:00:00Z" })).toBe(
    "2026-03-28T01:30Z 2026-03-30T00:30Z 2026-03-31T00:30Z",
  );
  expect(occurrences(nightly, { zone, from: "2026-10-24T12:00:00Z" })).toBe(
    "2026-10-25T00:30Z 2026-10-26T01:30Z 2026-10-27T01:30Z",
  );
  expect(occurrences("cron(0/30 * * * ? *)", { zone, from: "2026-10-25T00:00:00Z" })).toBe(
    "2026-10-25T00:00Z 2026-10-25T00:30Z 2026-10-25T02:00Z",
  );
  expect(occurrences("at(2026-07-01T09:00:00)", { zone })).toBe("2026-07-01T07:00Z");
  expect(occurrences("at(2026-12-01T09:00:00)", { zone: "America/New_York" })).toBe("2026-12-01T14:00Z");
});

test("a start and an end bound what recurs, and a rate counts from its start", () => {
  const start = Date.parse("2026-01-01T06:02:00Z");
  const end = Date.parse("2026-01-01T06:12:00Z");
  expect(occurrences("rate(5 minutes)", { bounds: { start, end }, count: 9 })).toBe(
    "2026-01-01T06:02Z 2026-01-01T06:07Z 2026-01-01T06:12Z",
  );
  expect(occurrences("cron(0/5 * * * ? *)", { bounds: { start, end }, count: 9 })).toBe(
    "2026-01-01T06:05Z 2026-01-01T06:10Z",
  );
  expect(occurrences("at(2026-01-02T00:00:00)", { bounds: { start, end } })).toBe("2026-01-02T00:00Z");
});

test.each([
  "cron(0 3 * * *)",
  "cron(0 3 * * * *)",
  "cron(0 3 ? * ? *)",
  "cron(60 3 * * ? *)",
  "cron(0 3 32 * ? *)",
  "cron(0 3 ? * 0 *)",
  "cron(0 3 ? * 8 *)",
  "cron(0 3 ? * 2#6 *)",
  "cron(0 3 * * ? 1969)",
  "cron(0 3 * FOO ? *)",
  "cron(0/0 3 * * ? *)",
  "cron(5-1 3 * * ? *)",
  "cron(0 3 1- * ? *)",
  "cron(0 0 3 * * ? *)",
  "rate(0 minutes)",
  "rate(5 weeks)",
  "rate(minutes)",
  "at(2026-02-30T00:00:00)",
  "at(2026-01-01 00:00:00)",
  "at(2026-01-01T24:00:00)",
  "0 3 * * *",
  "",
])("%s is no expression", (text) => {
  expect(occurrences(text)).toBe("invalid");
});

test("a time zone is one of the database's", () => {
  const names = ["UTC", "Europe/Berlin", "Asia/Kolkata", "Mars/Olympus", "+02:00", ""];
  expect(names.filter(isTimezone)).toEqual(["UTC", "Europe/Berlin", "Asia/Kolkata"]);
});
