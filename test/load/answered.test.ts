import { expect, test } from "vitest";
import { answeredBy, shareWithin } from "./answered.ts";
import type { Sample } from "./samples.ts";

const sample = (at: number, latency: number, target?: string, kind = "plain"): Sample => ({
  kind,
  at,
  latency,
  status: 200,
  ...(target !== undefined && { target }),
});

const samples = [
  sample(1_000, 5, "a1"),
  sample(1_400, 1_500, "a2", "slow"),
  sample(1_900, 1_500, "a1", "slow"),
  sample(2_000, 5, "a1"),
  sample(2_010, 5, "b1"),
  sample(2_020, 490, "b1"),
  sample(0, 9_000, "b1", "standing websocket"),
  sample(100, 9_000, undefined, "old http"),
];

test("who answered from when to when, and what was under way when the last request came", () => {
  expect(answeredBy(samples, ([name = ""]) => name)).toEqual([
    { by: "a", from: 1_000, to: 2_000, underWay: 2 },
    { by: "b", from: 2_010, to: 2_020, underWay: 0 },
  ]);
});

test("a share is of the requests that were sent and answered within a time", () => {
  const ofA = (target: string) => target.startsWith("a");
  expect(shareWithin(samples, { from: 1_500, to: 3_000 }, ofA)).toEqual({ share: 1 / 3, requests: 3 });
  expect(shareWithin(samples, { from: 3_000, to: 4_000 }, ofA)).toEqual({ share: Number.NaN, requests: 0 });
});
