import { setTimeout as wait } from "node:timers/promises";
import { type App, exitCodeOf, type FardelEvent, releaseHistory, rollback } from "@fardel/core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { startLoad } from "../load/open-loop.ts";
import { apiService, fastClock, origin, type Shop, startShop } from "./release.fixture.ts";

let shop: Shop;

beforeAll(async () => {
  shop = await startShop({ clock: fastClock(10) });
  write({ text: "one" });
  await shop.setUp();
  await shop.aws.secretsManager.createSecret({ Name: "/shop/local/database-password", SecretString: "secret" });
  expect((await shop.deploy()).outcome).toMatchObject({ outcome: "succeeded", release: 1 });
});
afterAll(() => shop.close());

interface Written {
  text: string;
  rollout?: string;
  /** Whether there is an api beside web, below a path of its own. */
  api?: boolean;
}

function write({ text, rollout = "{ strategy: blue-green, bake: 60m }", api = false }: Written): void {
  shop.write({ text, web: `    rollout: ${rollout}`, ...(api && { more: apiService }) });
}

const text = async (path = "") => (await fetch(`${shop.url}${path}`)).text();
const takeBack = (actor = "grace") => {
  const events: FardelEvent[] = [];
  const emit = (event: FardelEvent) => void events.push(event);
  const { aws, descriptor } = shop;
  return rollback({ aws, descriptor, origin: { actor, host: "build" }, emit }).then((outcome) => ({ outcome, events }));
};
const history = async () => {
  const releases = await releaseHistory({ aws: shop.aws, descriptor: shop.descriptor });
  return releases.map(({ number, outcome }) => `${number} ${outcome}`);
};

/** A release in waves, web last; `reached` when an event has come that meets a condition. */
async function release(condition: (event: FardelEvent) => boolean, rules: Partial<App["release"]> = {}) {
  const app = await shop.app();
  const waves = [Object.keys(app.services).filter((name) => name !== "web"), ["web"]];
  const events: FardelEvent[] = [];
  const reached = Promise.withResolvers<void>();
  const emit = (event: FardelEvent) => {
    events.push(event);
    if (condition(event)) reached.resolve();
  };
  const ended = shop.deploy({ app: { ...app, release: { ...app.release, waves, ...rules } }, emit });
  await Promise.race([reached.promise, ended]);
  return { events, ended };
}

const isAt = (stage: string) => (event: FardelEvent) =>
  event.type === "rollout.progress" && event.service === "web" && event.stage === stage;

/** Requests that begin before some work and go on after it: none may be lost. The drains are too short here for slow ones. */
async function underLoad<T>(work: () => Promise<T>): Promise<T> {
  const load = startLoad({ url: shop.url, rate: 50, mix: { plain: 100 } });
  while (load.samples.length < 25) await wait(10);
  const result = await work();
  const after = load.samples.length;
  while (load.samples.length < after + 25) await wait(10);
  const { losses } = await load.stop();
  expect(losses).toEqual([]);
  return result;
}

const failure = "It was taken back by grace on build; release 1 serves again.";

test("services of earlier waves return after it, what was new goes with its rule, and no request is lost", async () => {
  write({ text: "two", api: true });
  await shop.setUp();
  const { deployed, taken, events } = await underLoad(async () => {
    const { ended, events } = await release(isAt("BAKE_TIME"));
    expect([await text(), await text("/api/x")]).toEqual(["two", "two"]);
    const taken = await takeBack();
    return { deployed: await ended, taken, events };
  });
  expect(taken.outcome).toMatchObject({ release: 2, outcome: "rolled back", serving: 1, takenBack: true, failure });
  expect(exitCodeOf(taken.outcome)).toBe(0);
  expect(deployed.outcome).toMatchObject({ release: 2, outcome: "rolled back", serving: 1, failure, diagnoses: [] });
  expect(exitCodeOf(deployed.outcome)).toBe(3);
  const way = events.flatMap((event) => {
    if (event.type === "rollout.finished") return `${event.service} ${event.outcome}`;
    return event.type === "service.removed" ? `${event.service} removed` : [];
  });
  expect(way.slice(2).sort()).toEqual(["api removed", "web rolled back", "worker rolled back"]);
  expect(way[2]).toBe("web rolled back");
  expect([await text(), await text("/api/x")]).toEqual(["one", "one"]);
  const { Rules = [] } = await shop.aws.elbv2.describeRules({
    ListenerArn: shop.descriptor.loadBalancer?.listeners.http,
  });
  expect(Rules).toHaveLength(2);
});

test("a rolling update under way goes back as well", async () => {
  write({ text: "three", rollout: "{ strategy: rolling }" });
  const { deployed, taken } = await underLoad(async () => {
    const { ended } = await release((event) => event.type === "rollout.started" && event.service === "web");
    const taken = await takeBack();
    return { deployed: await ended, taken };
  });
  expect(taken.outcome).toMatchObject({ release: 3, outcome: "rolled back", takenBack: true, failure });
  expect(deployed.outcome).toMatchObject({ outcome: "rolled back", failure });
  expect(await text()).toBe("one");
});

test("before any service has changed there is nothing to return, and none is touched", async () => {
  write({ text: "four" });
  const { ended, events } = await release(({ type }) => type === "definition.registered");
  const taken = await takeBack();
  expect((await ended).outcome).toMatchObject({ release: 4, outcome: "rolled back", failure });
  expect(taken.outcome).toMatchObject({ outcome: "rolled back", serving: 1, services: {} });
  expect(events.some(({ type }) => type === "rollout.started")).toBe(false);
});

test("traffic that is being shifted step by step goes back at once, and no request is lost", async () => {
  write({ text: "five", rollout: "{ strategy: linear, step: 25, every: 60m }" });
  const { deployed, taken } = await underLoad(async () => {
    const { ended } = await release((event) => event.type === "rollout.progress" && event.productionPercent === 25);
    const taken = await takeBack();
    return { deployed: await ended, taken };
  });
  expect([taken.outcome.outcome, deployed.outcome.outcome]).toEqual(["rolled back", "rolled back"]);
  expect(await text()).toBe("one");
});

test("one that waits for its approval is rejected, watched or not", async () => {
  write({ text: "six", rollout: "{ strategy: blue-green, approve: manual }" });
  const { ended } = await release(({ type }) => type === "rollout.waiting");
  const watched = await takeBack();
  expect(watched.outcome).toMatchObject({ release: 6, outcome: "rolled back", takenBack: true, failure });
  expect((await ended).outcome).toMatchObject({ outcome: "rolled back", failure });

  const left = await shop.deploy({ leave: AbortSignal.abort() });
  expect(left.outcome).toMatchObject({ release: 7, outcome: "waiting" });
  const taken = await takeBack();
  expect(taken.outcome).toMatchObject({ release: 7, outcome: "rolled back", serving: 1, takenBack: true, failure });
  expect(await text()).toBe("one");
});

test("of two people who take it back the first is told, and nothing goes back further than that", async () => {
  write({ text: "eight" });
  const { ended } = await release(isAt("BAKE_TIME"));
  const both = await Promise.all([takeBack(), takeBack("heidi")]);
  expect(both.map(({ outcome }) => [outcome.release, outcome.outcome, outcome.takenBack])).toEqual([
    [8, "rolled back", true],
    [8, "rolled back", true],
  ]);
  expect((await ended).outcome.failure).toMatch(
    /^It was taken back by (grace|heidi) on build; release 1 serves again\.$/,
  );
  expect((await history())[0]).toBe("8 rolled back");
});

test("a rollback that is under way isn't taken back: the second person is told of the first", async () => {
  write({ text: "nine", rollout: "{ strategy: blue-green }" });
  expect((await shop.deploy()).outcome).toMatchObject({ release: 9, outcome: "succeeded" });
  const began = Promise.withResolvers<void>();
  const emit = ({ type }: FardelEvent) => type === "rollout.started" && began.resolve();
  const { aws, descriptor } = shop;
  const first = rollback({ aws, descriptor, origin, emit });
  await began.promise;
  await expect(takeBack()).rejects.toMatchObject({ code: "RELEASE_LOCKED", exitCode: 5 });
  expect(await first).toMatchObject({ release: 10, outcome: "succeeded" });
  expect(await text()).toBe("one");
});

test("one that runs its after-tasks serves already: it comes to its end, and another release leads back", async () => {
  write({ text: "eleven", rollout: "{ strategy: blue-green }" });
  const { ended } = await release(({ type }) => type === "task.started", { before: [], after: ["migrate"] });
  const { outcome } = await takeBack();
  expect((await ended).outcome).toMatchObject({ release: 11, outcome: "succeeded" });
  expect(outcome).toMatchObject({ release: 12, outcome: "succeeded" });
  expect((await history()).slice(0, 2)).toEqual(["12 succeeded", "11 succeeded"]);
  expect(await text()).toBe("one");
});
