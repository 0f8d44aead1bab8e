import { exitCodeOf, type FardelEvent, rollback } from "@fardel/core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { origin } from "./release.fixture.ts";
import { underLoad } from "./shop-load.fixture.ts";
import { byGrace, isAt, TakenBackShop } from "./taken-back.fixture.ts";

let app: TakenBackShop;
beforeAll(async () => {
  app = await TakenBackShop.start();
});
afterAll(() => app.close());

test("services of earlier waves return after it, what was new goes with its rule, and no request is lost", async () => {
  const { shop } = app;
  app.write({ text: "two", api: true });
  await shop.setUp();
  const { result } = await underLoad(shop, async () => {
    const { ended, events } = await app.release(isAt("BAKE_TIME"));
    expect([await app.text(), await app.text("/api/x")]).toEqual(["two", "two"]);
    const taken = await app.takeBack();
    return { deployed: (await ended).outcome, taken, events };
  });
  const { deployed, taken, events } = result;
  expect(taken).toMatchObject({ release: 2, outcome: "rolled back", serving: 1, takenBack: true, failure: byGrace });
  expect(taken.services).toMatchObject({ web: { change: "updated", result: "rolled back" } });
  expect(exitCodeOf(taken)).toBe(0);
  expect(deployed).toMatchObject({ release: 2, outcome: "rolled back", serving: 1, failure: byGrace, diagnoses: [] });
  expect(exitCodeOf(deployed)).toBe(3);
  const way = events.flatMap((event) => {
    if (event.type === "rollout.finished") return `${event.service} ${event.outcome}`;
    return event.type === "service.removed" ? `${event.service} removed` : [];
  });
  expect(way[2]).toBe("web rolled back");
  expect(way.slice(3).sort()).toEqual(["api removed", "worker rolled back"]);
  expect([await app.text(), await app.text("/api/x")]).toEqual(["one", "one"]);
  const { Rules = [] } = await shop.aws.elbv2.describeRules({
    ListenerArn: shop.descriptor.loadBalancer?.listeners.http,
  });
  expect(Rules.map(({ Conditions }) => Conditions?.[0]?.PathPatternConfig?.Values)).toEqual([["/*"], undefined]);
});

test("before any service has changed there is nothing to return, and none is touched", async () => {
  app.write({ text: "three" });
  const { ended, events } = await app.release(({ type }) => type === "definition.registered");
  const taken = await app.takeBack();
  expect((await ended).outcome).toMatchObject({ release: 3, outcome: "rolled back", failure: byGrace });
  expect(taken).toMatchObject({ outcome: "rolled back", serving: 1, services: {} });
  expect(events.some(({ type }) => type === "rollout.started")).toBe(false);
});

test("one that waits for its approval is rejected, watched or not", async () => {
  app.write({ text: "four", rollout: "{ strategy: blue-green, approve: manual }" });
  const { ended } = await app.release(({ type }) => type === "rollout.waiting");
  const watched = await app.takeBack();
  expect(watched).toMatchObject({ release: 4, outcome: "rolled back", takenBack: true, failure: byGrace });
  expect((await ended).outcome).toMatchObject({ outcome: "rolled back", failure: byGrace });

  const left = await app.shop.deploy({ leave: AbortSignal.abort() });
  expect(left.outcome).toMatchObject({ release: 5, outcome: "waiting" });
  const taken = await app.takeBack();
  expect(taken).toMatchObject({ release: 5, outcome: "rolled back", serving: 1, takenBack: true, failure: byGrace });
  expect(await app.text()).toBe("one");
});

test("a rollback that is under way isn't taken back: the second person is told of the first", async () => {
  app.write({ text: "six", rollout: "{ strategy: blue-green }" });
  expect((await app.shop.deploy()).outcome).toMatchObject({ release: 6, outcome: "succeeded" });
  const began = Promise.withResolvers<void>();
  const emit = ({ type }: FardelEvent) => type === "rollout.started" && began.resolve();
  const { aws, descriptor } = app.shop;
  const first = rollback({ aws, descriptor, origin, emit });
  await began.promise;
  await expect(app.takeBack()).rejects.toMatchObject({ code: "RELEASE_LOCKED", exitCode: 5 });
  expect(await first).toMatchObject({ release: 7, outcome: "succeeded" });
  expect(await app.text()).toBe("one");
});
