import { expect, test } from "vitest";
import { redact } from "./redact.ts";

const clean = redact(["hunter2hunter2", "postgres://shop:p%40ss%20word@db:5432/shop", "ok"]);

test.each([
  ["password is hunter2hunter2!", "password is ***!"],
  ["connecting to postgres://shop:p%40ss%20word@db:5432/shop", "connecting to ***"],
  ["password p@ss word and p%40ss%20word", "password *** and ***"],
  ["redis://:anybodys@cache:6379", "redis://:***@cache:6379"],
  ["ok, that is too short to be one", "ok, that is too short to be one"],
  ['{"key":"line\\nbreak"}', '{"key":"line\\nbreak"}'],
])("%s", (text, expected) => {
  expect(clean(text)).toBe(expected);
});

test("a value is found as it stands in JSON, and the longer of two that overlap first", () => {
  expect(redact(['quo"ted', "abcd", "abcdefgh"])('{"a":"quo\\"ted"} abcdefgh')).toBe('{"a":"***"} ***');
});
