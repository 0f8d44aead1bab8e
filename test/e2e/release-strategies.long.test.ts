import { answerRelease, exitCodeOf, type FardelEvent, type ReleaseOutcome, rollback } from "@fardel/core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { untilAnswered } from "../load/open-loop.ts";
import { addAlarm, raiseAlarm } from "./alarm.fixture.ts";
import { origin, type Shop, startShop } from "./release.fixture.ts";
import { underLoad } from "./shop-load.fixture.ts";

let shop: Shop;
const manifest = (rollout: string) => `    rollout: ${rollout}`;

beforeAll(async () => {
  // Drains, health checks and bake times pass ten times as fast; processes and requests are as they are.
  shop = await startShop({ timeScale: 10 });
  shop.write({ worker: false, migration: 0, web: manifest("{ strategy: blue-green }") });
  await shop.setUp();
  await shop.aws.secretsManager.createSecret({ Name: "/shop/local/database-password", SecretString: "secret" });
  const { outcome } = await shop.deploy();
  expect(outcome).toMatchObject({ outcome: "succeeded", release: 1 });
});
afterAll(() => shop.close());

/** A release that has come to bake, as `begin` makes it or brings it on. */
async function untilItBakes<T extends { outcome: ReleaseOutcome | undefined }>(
  begin: (emit: (event: FardelEvent) => void) => Promise<T>,
): Promise<{ release: Promise<T> }> {
  const baking = Promise.withResolvers<void>();
  const emit = (event: FardelEvent) =>
    event.type === "rollout.progress" && event.stage === "BAKE_TIME" && baking.resolve();
  const release = begin(emit);
  const ended = release.then(({ outcome }) => {
    throw new Error(`The release has ended before it baked: ${outcome?.failure}`);
  });
  await Promise.race([baking.promise, ended]);
  return { release };
}

const text = async (url = shop.url) => (await fetch(url)).text();
const stages = (events: readonly FardelEvent[]) => [
  ...new Set(events.flatMap((event) => (event.type === "rollout.progress" ? (event.stage ?? []) : []))),
];
const answer = (action: "approve" | "reject", emit: (event: FardelEvent) => void = () => {}) =>
  answerRelease({ aws: shop.aws, descriptor: shop.descriptor, origin, emit, action });

test("E4: blue-green shifts all requests to the new revision at once, and none is lost", async () => {
  shop.write({ worker: false, text: "two", web: manifest("{ strategy: blue-green }") });
  const { result, answered } = await underLoad(shop, () => shop.deploy());
  expect(result.outcome).toMatchObject({ outcome: "succeeded", serving: 2 });
  expect(stages(result.events)).toContain("SCALE_UP");
  expect(answered.map(({ by }) => by)).toEqual(["one", "two"]);
  expect(answered[0]?.underWay).toBeGreaterThan(2);
  expect(await text()).toBe("two");
});

test("a release that serves is no reason for another one, whatever weights ECS has left", async () => {
  expect((await shop.deploy()).outcome).toMatchObject({ outcome: "unchanged", release: 2 });
});

test("E4: a release waits for its approval with the new revision at the test address, and goes on when it has it", async () => {
  shop.write({ worker: false, text: "three", web: manifest("{ strategy: blue-green, approve: manual }") });
  const waiting = Promise.withResolvers<Extract<FardelEvent, { type: "rollout.waiting" }>>();
  const emit = (event: FardelEvent) => event.type === "rollout.waiting" && waiting.resolve(event);
  const release = shop.deploy({ emit });
  const { testUrl } = await waiting.promise;
  expect(await text()).toBe("two");
  expect(await text(testUrl)).toBe("three");
  expect(await answer("approve")).toMatchObject({ release: 3, services: ["web"], followedBy: { actor: "ada" } });
  expect((await release).outcome).toMatchObject({ outcome: "succeeded", serving: 3 });
  expect(await text()).toBe("three");
});

test("E4: left waiting it ends with 4, and whoever approves it brings it to its end", async () => {
  shop.write({ worker: false, text: "four", web: manifest("{ strategy: blue-green, approve: manual }") });
  const { outcome } = await shop.deploy({ leave: AbortSignal.abort() });
  expect(outcome).toMatchObject({ outcome: "waiting", release: 4, serving: 3 });
  expect(exitCodeOf(outcome)).toBe(4);
  expect(await text()).toBe("three");
  expect((await answer("approve")).outcome).toMatchObject({ outcome: "succeeded", serving: 4 });
  expect(await text()).toBe("four");
});

test("E4, E10: a rejected release is rolled back", async () => {
  shop.write({ worker: false, text: "five", web: manifest("{ strategy: blue-green, approve: manual }") });
  const { outcome } = await shop.deploy({ leave: AbortSignal.abort() });
  expect(outcome).toMatchObject({ outcome: "waiting", release: 5 });
  const rejected = await answer("reject");
  expect(rejected.outcome).toMatchObject({ outcome: "rolled back", serving: 4 });
  expect(await text()).toBe("four");
});

test("what somebody else has approved can't be rejected any more, and is told so; a rollback takes it back", async () => {
  shop.write({ worker: false, text: "late", web: manifest("{ strategy: blue-green, approve: manual, bake: 60m }") });
  expect((await shop.deploy({ leave: AbortSignal.abort() })).outcome).toMatchObject({ outcome: "waiting", release: 6 });
  const { release } = await untilItBakes((emit) => answer("approve", emit));
  await expect(answer("reject")).rejects.toMatchObject({ code: "NOTHING_WAITS" });
  const { aws, descriptor } = shop;
  expect(await rollback({ aws, descriptor, origin, emit: () => {} })).toMatchObject({ release: 6, takenBack: true });
  expect((await release).outcome).toMatchObject({ outcome: "rolled back", serving: 4 });
  expect(await text()).toBe("four");
});

test("E4: a check at the test address rejects where it fails, and approves where it passes", async () => {
  const check = (path: string) => manifest(`{ strategy: blue-green, check: ${path} }`);
  shop.write({ worker: false, text: "six", web: check("/missing") });
  const failed = await shop.deploy();
  expect(failed.outcome).toMatchObject({ outcome: "rolled back", serving: 4 });
  expect(failed.outcome.diagnoses[0]?.verdict).toMatch(/^Its check failed: .*\/missing answers 404\.$/);
  expect(await text()).toBe("four");
  shop.write({ worker: false, text: "six", web: check("/smoke") });
  expect((await shop.deploy()).outcome).toMatchObject({ outcome: "succeeded" });
  expect(await text()).toBe("six");
});

test("E4: canary shifts step by step", async () => {
  shop.write({ worker: false, text: "canary", web: manifest("{ strategy: canary, step: 10, every: 1m }") });
  const { outcome, events } = await shop.deploy();
  expect(outcome).toMatchObject({ outcome: "succeeded" });
  const shares = events.flatMap((event) => (event.type === "rollout.progress" ? (event.productionPercent ?? []) : []));
  expect([...new Set(shares)]).toEqual([0, 10, 100]);
  expect(await text()).toBe("canary");
});

test("a rollback while both revisions bake is a flip of weights: the old one serves within 2 s", async () => {
  shop.write({ worker: false, text: "baked", web: manifest("{ strategy: blue-green, bake: 60m }") });
  const { result, answered } = await underLoad(shop, async (load) => {
    const { release } = await untilItBakes((emit) => shop.deploy({ emit }));
    await untilAnswered(load, "slow");
    const { serviceDeployments = [] } = await shop.aws.ecs.listServiceDeployments({
      cluster: "local",
      service: "shop-web",
    });
    await shop.aws.ecs.stopServiceDeployment({
      serviceDeploymentArn: serviceDeployments[0]?.serviceDeploymentArn,
      stopType: "ROLLBACK",
    });
    await expect.poll(() => text(), { timeout: 2_000, interval: 20 }).toBe("canary");
    return release;
  });
  expect(result.outcome).toMatchObject({ outcome: "rolled back" });
  expect(answered.map(({ by }) => by)).toEqual(["canary", "baked"]);
  expect(answered[1]?.underWay).toBeGreaterThan(2);
});

test("an alarm while both revisions bake takes the release back", async () => {
  const alarm = "web-5xx";
  await addAlarm(shop.aws, alarm);
  shop.write({
    worker: false,
    text: "alarming",
    web: manifest(`{ strategy: blue-green, bake: 60m, alarms: [${alarm}] }`),
  });
  const { release } = await untilItBakes((emit) => shop.deploy({ emit }));
  await raiseAlarm(shop.aws, alarm);
  const { outcome } = await release;
  expect(outcome).toMatchObject({ outcome: "rolled back" });
  expect(outcome.diagnoses[0]?.verdict).toContain("In alarm: web-5xx.");
  expect(await text()).toBe("canary");
});
