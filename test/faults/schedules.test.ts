import { expect, test } from "vitest";
import { runSchedules } from "./run-schedules.ts";

// A sample of schedules.long.test.ts. A schedule that failed is run again by itself with FAULT_SEED=<seed>.
test("releases under faults end succeeded or rolled back, and as they say", async () => {
  const seeds = process.env.FAULT_SEED ? [Number(process.env.FAULT_SEED)] : [1, 2, 3, 4, 5, 6, 7, 8, 9, 10];
  const endings = await runSchedules(seeds, 2);
  expect(endings).toHaveLength(seeds.length);
});
