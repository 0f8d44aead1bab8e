import { expect, test } from "vitest";
import { formatSize, parseDuration, parseSize } from "./units.ts";

test.each([
  ["0s", 0],
  ["30s", 30],
  ["10m", 600],
  ["2h", 7_200],
  ["7d", 604_800],
])("%s is %d seconds", (text, seconds) => expect(parseDuration(text)).toBe(seconds));

test.each(["", "5", "5 s", "1.5m", "-1s", "5S", "500ms", "5s ", "9999999999s"])("%j is no duration", (text) =>
  expect(parseDuration(text)).toBeUndefined(),
);

test.each([
  ["512MB", 512],
  ["512MiB", 512],
  ["1GB", 1024],
  ["0.5GB", 512],
  ["2TiB", 2_097_152],
])("%s is %d MiB", (text, mebibytes) => expect(parseSize(text)).toBe(mebibytes));

test.each(["", "512", "512 MB", "1gb", "1KB", ".5GB", "1.GB"])("%j is no size", (text) =>
  expect(parseSize(text)).toBeUndefined(),
);

test("sizes are written as short as they can be", () => {
  expect([512, 1024, 1536, 122_880].map(formatSize)).toEqual(["512MB", "1GB", "1536MB", "120GB"]);
});
