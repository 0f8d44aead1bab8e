import { expect, test } from "vitest";
import { runSchedules } from "./run-schedules.ts";

test("200 random schedules of faults: every release ends succeeded or rolled back, and as it says", async () => {
  const seeds = Array.from({ length: 200 }, (_, index) => 1000 + index);
  const endings = await runSchedules(seeds, 4);
  const counts = Object.fromEntries(
    ["succeeded", "rolled back", "refused"].map((ending) => [ending, endings.filter((each) => each === ending).length]),
  );
  console.log(`endings: ${JSON.stringify(counts)}`);
  expect(endings).toHaveLength(seeds.length);
  // Schedules that break nothing would prove nothing.
  expect(counts["rolled back"]).toBeGreaterThan(3);
  expect(counts.succeeded).toBeGreaterThan(50);
});
