import { afterAll, beforeAll, expect, test } from "vitest";
import { RandomKills } from "./random-kills.fixture.ts";

// `random-kills.long.test.ts` does a hundred, in more time than CI has.
const kills = new RandomKills(20);

beforeAll(() => kills.start());
afterAll(() => kills.close());

test("after each of 6 random kills the next release ends as it should", async () => {
  for (let trial = 0; trial < 6; trial++) expect(await kills.next()).toMatchObject({ what: expect.any(String) });
});
