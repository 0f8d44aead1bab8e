import { expect, test } from "vitest";
import { formatAgo, formatBytes, formatDuration } from "./quantities.ts";
import { alignColumns, fit, tame, widthOf, wrap } from "./text.ts";

test("cuts by columns, not by characters, and keeps colours whole", () => {
  expect(fit("abcdef", 6)).toBe("abcdef");
  expect(fit("abcdefg", 6)).toBe("abcde…");
  expect(fit("日本語の記録", 6)).toBe("日本…");
  expect(fit("▕██████      ▏ rest", 8)).toBe("▕██████…");
  expect(fit("\u001b[31mabcdefg\u001b[39m", 4)).toBe("\u001b[31mabc\u001b[39m…");
  expect(widthOf(fit("👩‍👩‍👧 family 👩‍👩‍👧", 10))).toBeLessThanOrEqual(10);
});

test("wraps at spaces and keeps the indent", () => {
  expect(wrap("one two three\n  four five six", 9)).toEqual(["one two", "three", "  four", "  five", "  six"]);
  expect(wrap("averyveryverylongword", 5)).toEqual(["averyveryverylongword"]);
});

test("leaves a command between backticks whole, and a single backtick be", () => {
  expect(wrap("Run `fardel up production`, then (`fardel deploy`).", 12)).toEqual([
    "Run",
    "`fardel up production`,",
    "then",
    "(`fardel deploy`).",
  ]);
  expect(wrap("a ` b", 3)).toEqual(["a `", "b"]);
});

test("aligns columns by their widest cell", () => {
  expect(
    alignColumns([
      ["a", "bbb", "c"],
      ["日本", "b", ""],
    ]),
  ).toEqual(["a     bbb  c", "日本  b"]);
});

test("takes control over the terminal out of lines of others", () => {
  expect(tame("\u001b[2J\u001b[31mred\u001b[0m\r\tend\u0007")).toBe("red  end");
});

test("durations, ages and sizes", () => {
  expect([40, 12_340, 99_960, 125_000, 11_400_000].map(formatDuration)).toEqual([
    "0.0s",
    "12.3s",
    "1m 39s",
    "2m 5s",
    "3h 10m",
  ]);
  const now = new Date("2026-03-01T12:00:00Z");
  const ages = ["2026-03-01T11:59:48Z", "2026-03-01T09:00:00Z", "2026-02-26T12:00:00Z", "2025-12-01T12:00:00Z"];
  expect(ages.map((age) => formatAgo(new Date(age), now))).toEqual(["12s ago", "3h ago", "3d ago", "2025-12-01"]);
  expect([812, 1_000, 14_200, 3_140_000].map(formatBytes)).toEqual(["812 B", "1.0 kB", "14.2 kB", "3.1 MB"]);
});
