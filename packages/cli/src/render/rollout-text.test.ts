import { expect, test } from "vitest";
import { stageText } from "./rollout-text.ts";

test("a stage is told in words, with the share of the traffic where that is known", () => {
  expect(stageText({})).toBeUndefined();
  expect(stageText({ stage: "SCALE_UP" })).toBe("scale up");
  expect(stageText({ stage: "PRODUCTION_TRAFFIC_SHIFT", productionPercent: 10 })).toBe(
    "production traffic shift, 10% of the traffic",
  );
});
