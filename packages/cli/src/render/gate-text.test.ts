import type { FardelEvent } from "@fardel/core/events.ts";
import { expect, test } from "vitest";
import { waitingFor, waitingLines } from "./gate-text.ts";

type Waiting = Extract<FardelEvent, { type: "rollout.waiting" }>;

const event = (more: Partial<Waiting>): Waiting => ({
  type: "rollout.waiting",
  environment: "local",
  service: "web",
  waitsFor: "approval",
  otherwise: "roll-back",
  ...more,
});
const waiting = (more: Partial<Waiting>) => waitingFor(event(more));

test("a gate tells who can open it, where the new revision can be tried, and what happens without an answer", () => {
  expect(waiting({})).toBe("waits for approval: fardel approve web, or reject");
  expect(waiting({ testUrl: "http://shop.test:9000", until: "2026-01-02T00:00:00.000Z" })).toBe(
    "waits for approval (try it at http://shop.test:9000): fardel approve web, or reject; rolls back by itself at 2026-01-02 00:00 UTC",
  );
  expect(waiting({ until: "2026-01-02T00:00:00.000Z", otherwise: "continue" })).toBe(
    "waits for approval: fardel approve web, or reject; goes on by itself at 2026-01-02 00:00 UTC",
  );
  expect(waiting({ environment: "production" })).toBe(
    "waits for approval: fardel approve web -e production, or reject",
  );
});

test("in the live view it takes two lines, so that neither is cut", () => {
  expect(waitingLines(event({}))).toEqual(["waits for approval: fardel approve web, or reject"]);
  const both = { testUrl: "http://shop.test:9000", until: "2026-01-02T00:00:00.000Z" };
  expect(waitingLines(event(both))).toEqual([
    "waits for approval: fardel approve web, or reject",
    "try it at http://shop.test:9000; rolls back by itself at 2026-01-02 00:00 UTC",
  ]);
  expect(waitingLines(event({ ...both, waitsFor: "check" }))).toEqual([
    "checking the new revision at http://shop.test:9000",
  ]);
});

test("a check that runs is nobody's to answer", () => {
  expect(waiting({ waitsFor: "check" })).toBe("checking the new revision");
  expect(waiting({ waitsFor: "check", testUrl: "http://shop.test:9000" })).toBe(
    "checking the new revision at http://shop.test:9000",
  );
});
