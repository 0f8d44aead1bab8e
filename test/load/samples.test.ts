import { expect, test } from "vitest";
import { isLost, type Sample, summarize } from "./samples.ts";

test("a summary counts by kind, orders losses by when they were due and tells the latencies", () => {
  const at = Date.parse("2026-01-02T03:04:05.678Z");
  const samples: Sample[] = [
    { at, kind: "plain", status: 200, latency: 1 },
    {
      at: at + 2_000,
      kind: "download",
      loss: "truncated",
      detail: "ECONNRESET aborted",
      target: "10.0.0.7",
      latency: 12.4,
    },
    { at: at + 1_000, kind: "plain", status: 503, latency: 3 },
  ];
  expect(summarize(samples)).toEqual({
    requests: 3,
    outcomes: { plain: { "200": 1, "503": 1 }, download: { truncated: 1 } },
    latency: { p50: 3, p99: 12, max: 12 },
    lost: 2,
    losses: [
      "2026-01-02T03:04:06.678Z plain: status 503 after 3 ms",
      "2026-01-02T03:04:07.678Z download: truncated (ECONNRESET aborted, from 10.0.0.7) after 12 ms",
    ],
  });
});

test.each([
  [{ status: 200 }, false],
  [{ status: 204 }, false],
  [{ status: 101 }, false],
  [{ status: 404 }, true],
  [{ status: 301 }, true],
  [{ loss: "cut", status: 101 }, true],
  [{}, true],
] as const)("%j is lost: %s", (outcome, lost) => expect(isLost(outcome)).toBe(lost));
