import { releaseHistory } from "@fardel/core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { underLoad } from "./shop-load.fixture.ts";
import { byGrace, isAt, TakenBackShop } from "./taken-back.fixture.ts";

let app: TakenBackShop;
beforeAll(async () => {
  app = await TakenBackShop.start();
});
afterAll(() => app.close());

test("a rolling update under way goes back as well, and no request is lost", async () => {
  app.write({ text: "two", rollout: "{ strategy: rolling }" });
  const { result } = await underLoad(app.shop, async () => {
    const { ended } = await app.release((event) => event.type === "rollout.started" && event.service === "web");
    const taken = await app.takeBack();
    return { taken, deployed: (await ended).outcome };
  });
  expect(result.taken).toMatchObject({ release: 2, outcome: "rolled back", takenBack: true, failure: byGrace });
  expect(result.deployed).toMatchObject({ outcome: "rolled back", failure: byGrace });
  expect(await app.text()).toBe("one");
});

test("a rolling update goes back while it bakes, though it is over for ECS", async () => {
  app.write({ text: "three", rollout: "{ strategy: rolling, bake: 60m }" });
  const { ended } = await app.release(({ type }) => type === "rollout.baking");
  expect(await app.text()).toBe("three");
  expect(await app.takeBack()).toMatchObject({ release: 3, outcome: "rolled back", failure: byGrace });
  expect((await ended).outcome).toMatchObject({ outcome: "rolled back", failure: byGrace });
  expect(await app.text()).toBe("one");
});

test("traffic that is being shifted step by step goes back at once, and no request is lost", async () => {
  app.write({ text: "four", rollout: "{ strategy: linear, step: 25, every: 60m }" });
  const { result } = await underLoad(app.shop, async () => {
    const { ended } = await app.release((event) => event.type === "rollout.progress" && event.productionPercent === 25);
    const taken = await app.takeBack();
    return [taken.outcome, (await ended).outcome.outcome];
  });
  expect(result).toEqual(["rolled back", "rolled back"]);
  expect(await app.text()).toBe("one");
});

test("of two people who take it back the first is told, and nothing goes back further than that", async () => {
  app.write({ text: "five" });
  const { ended } = await app.release(isAt("BAKE_TIME"));
  const both = await Promise.all([app.takeBack("grace"), app.takeBack("heidi")]);
  expect(both.map(({ release, outcome, takenBack }) => [release, outcome, takenBack])).toEqual([
    [5, "rolled back", true],
    [5, "rolled back", true],
  ]);
  const { failure } = (await ended).outcome;
  expect(failure).toMatch(/^It was taken back by (grace|heidi) on build; release 1 serves again\.$/);
  const [newest] = await releaseHistory({ aws: app.shop.aws, descriptor: app.shop.descriptor }, 1);
  expect(newest).toMatchObject({ number: 5, outcome: "rolled back", failure });
});

test("one that runs its after-tasks serves already: it comes to its end, and another release leads back", async () => {
  app.write({ text: "six", rollout: "{ strategy: blue-green }" });
  const { ended } = await app.release(({ type }) => type === "task.started", { before: [], after: ["migrate"] });
  const taken = await app.takeBack();
  expect((await ended).outcome).toMatchObject({ release: 6, outcome: "succeeded" });
  expect(taken).toMatchObject({ release: 7, outcome: "succeeded" });
  expect(await app.text()).toBe("one");
});
