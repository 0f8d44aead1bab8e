import { expect, test } from "vitest";
import { seed } from "../seed.ts";
import { RandomKills, type Trial } from "./random-kills.fixture.ts";

const shops = 4;
const wanted = 100;

test(`after each of ${wanted} random kills the next release ends as it should (FARDEL_TEST_SEED=${seed})`, async () => {
  const hits: Trial[] = [];
  // Each shop mostly waits. When one fails the others come to their ends, too: nothing of theirs may stay behind.
  const ends = await Promise.allSettled(
    Array.from({ length: shops }, async (_, shop) => {
      const kills = new RandomKills(seed + shop);
      await kills.start();
      try {
        while (hits.length < wanted) {
          const trial = await kills.next();
          if (trial.hit) hits.push(trial);
        }
      } finally {
        await kills.close();
      }
    }),
  );
  for (const end of ends) if (end.status === "rejected") throw end.reason;
  expect(hits.length).toBeGreaterThanOrEqual(wanted);
}, 840_000);
