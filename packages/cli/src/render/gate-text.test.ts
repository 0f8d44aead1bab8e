import type { FardelEvent } from "@fardel/core/events.ts";
import { expect, test } from "vitest";
import { stageText, waitingFor } from "./gate-text.ts";

const waiting = (more: Partial<Extract<FardelEvent, { type: "rollout.waiting" }>>) =>
  waitingFor({ type: "rollout.waiting", service: "web", waitsFor: "approval", otherwise: "roll-back", ...more });

test("a gate tells who can open it, where the new revision can be tried, and what happens without an answer", () => {
  expect(waiting({})).toBe("waits for approval: fardel approve web, or reject");
  expect(waiting({ testUrl: "http://shop.test:9000", until: "2026-01-02T00:00:00.000Z" })).toBe(
    "waits for approval (try it at http://shop.test:9000): fardel approve web, or reject; is rolled back at 2026-01-02T00:00:00.000Z",
  );
  expect(waiting({ until: "2026-01-02T00:00:00.000Z", otherwise: "continue" })).toBe(
    "waits for approval: fardel approve web, or reject; goes on at 2026-01-02T00:00:00.000Z",
  );
});

test("a check that runs is nobody's to answer", () => {
  expect(waiting({ waitsFor: "check" })).toBe("checking the new revision");
  expect(waiting({ waitsFor: "check", testUrl: "http://shop.test:9000" })).toBe(
    "checking the new revision at http://shop.test:9000",
  );
});

test("a stage is told in words, with the share of the traffic where that is known", () => {
  expect(stageText({})).toBeUndefined();
  expect(stageText({ stage: "SCALE_UP" })).toBe("scale up");
  expect(stageText({ stage: "PRODUCTION_TRAFFIC_SHIFT", productionPercent: 10 })).toBe(
    "production traffic shift, 10% of the traffic",
  );
});
