import { setTimeout as wait } from "node:timers/promises";
import { CloudWatch } from "@aws-sdk/client-cloudwatch";
import { answerRelease, exitCodeOf, type FardelEvent } from "@fardel/core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { startLoad } from "../load/open-loop.ts";
import { fastClock, origin, type Shop, startShop } from "./release.fixture.ts";

let shop: Shop;
const manifest = (rollout: string) => `    rollout: ${rollout}`;

beforeAll(async () => {
  // Drains, health checks and bake times pass ten times as fast; processes and requests are as they are.
  shop = await startShop({ clock: fastClock(10) });
  shop.write({ worker: false, migration: 0, web: manifest("{ strategy: blue-green }") });
  await shop.setUp();
  await shop.aws.secretsManager.createSecret({ Name: "/shop/local/database-password", SecretString: "secret" });
  const { outcome } = await shop.deploy();
  expect(outcome).toMatchObject({ outcome: "succeeded", release: 1 });
});
afterAll(() => shop.close());

/** What becomes of requests that begin before some work and go on after it. */
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

const text = async (url = shop.url) => (await fetch(url)).text();
const stages = (events: readonly FardelEvent[]) => [
  ...new Set(events.flatMap((event) => (event.type === "rollout.progress" ? (event.stage ?? []) : []))),
];
const answer = (action: "approve" | "reject") =>
  answerRelease({ aws: shop.aws, descriptor: shop.descriptor, origin, emit: () => {}, action });

test("E4: blue-green shifts all requests to the new revision at once, and none is lost", async () => {
  shop.write({ worker: false, text: "two", web: manifest("{ strategy: blue-green }") });
  const { outcome, events } = await underLoad(() => shop.deploy());
  expect(outcome).toMatchObject({ outcome: "succeeded", serving: 2 });
  expect(stages(events)).toContain("SCALE_UP");
  expect(await text()).toBe("two");
});

test("a release that serves is no reason for another one, whatever weights ECS has left", async () => {
  expect((await shop.deploy()).outcome).toMatchObject({ outcome: "unchanged", release: 2 });
});

test("E10: a release waits for its approval with the new revision at the test address, and goes on when it has it", async () => {
  shop.write({ worker: false, text: "three", web: manifest("{ strategy: blue-green, approve: manual }") });
  await underLoad(async () => {
    const waiting = Promise.withResolvers<Extract<FardelEvent, { type: "rollout.waiting" }>>();
    const emit = (event: FardelEvent) => event.type === "rollout.waiting" && waiting.resolve(event);
    const release = shop.deploy({ emit });
    const { testUrl } = await waiting.promise;
    expect(await text()).toBe("two");
    expect(await text(testUrl)).toBe("three");
    expect(await answer("approve")).toMatchObject({ release: 3, services: ["web"], followedBy: { actor: "ada" } });
    expect((await release).outcome).toMatchObject({ outcome: "succeeded", serving: 3 });
  });
  expect(await text()).toBe("three");
});

test("E10: left waiting it ends with 4, and whoever approves it brings it to its end", async () => {
  shop.write({ worker: false, text: "four", web: manifest("{ strategy: blue-green, approve: manual }") });
  const { outcome } = await shop.deploy({ leave: AbortSignal.abort() });
  expect(outcome).toMatchObject({ outcome: "waiting", release: 4, serving: 3 });
  expect(exitCodeOf(outcome)).toBe(4);
  expect(await text()).toBe("three");
  expect((await underLoad(() => answer("approve"))).outcome).toMatchObject({ outcome: "succeeded", serving: 4 });
  expect(await text()).toBe("four");
});

test("E10: a rejected release is rolled back, and no request is lost", async () => {
  shop.write({ worker: false, text: "five", web: manifest("{ strategy: blue-green, approve: manual }") });
  const { outcome } = await shop.deploy({ leave: AbortSignal.abort() });
  expect(outcome).toMatchObject({ outcome: "waiting", release: 5 });
  const rejected = await underLoad(() => answer("reject"));
  expect(rejected.outcome).toMatchObject({ outcome: "rolled back", serving: 4 });
  expect(await text()).toBe("four");
});

test("E10: a check at the test address rejects where it fails, and approves where it passes", async () => {
  const check = (path: string) => manifest(`{ strategy: blue-green, check: ${path} }`);
  shop.write({ worker: false, text: "six", web: check("/missing") });
  const failed = await underLoad(() => shop.deploy());
  expect(failed.outcome).toMatchObject({ outcome: "rolled back", serving: 4 });
  expect(failed.outcome.diagnoses[0]?.verdict).toMatch(/^Its check failed: .*\/missing answers 404\.$/);
  expect(await text()).toBe("four");
  shop.write({ worker: false, text: "six", web: check("/smoke") });
  expect((await underLoad(() => shop.deploy())).outcome).toMatchObject({ outcome: "succeeded" });
  expect(await text()).toBe("six");
});

test.each([
  ["canary", "{ strategy: canary, step: 10, every: 1m }"],
  ["linear", "{ strategy: linear, step: 50, every: 1m }"],
])("E4: %s shifts step by step, and no request is lost", async (name, rollout) => {
  shop.write({ worker: false, text: name, web: manifest(rollout) });
  const { outcome, events } = await underLoad(() => shop.deploy());
  expect(outcome).toMatchObject({ outcome: "succeeded" });
  const shares = events.flatMap((event) => (event.type === "rollout.progress" ? (event.productionPercent ?? []) : []));
  expect([...new Set(shares)]).toEqual([0, name === "canary" ? 10 : 50, 100]);
  expect(await text()).toBe(name);
});

test("a rollback while both revisions bake is a flip of weights: the old one serves within 2 s", async () => {
  shop.write({ worker: false, text: "baked", web: manifest("{ strategy: blue-green, bake: 60m }") });
  await underLoad(async () => {
    const baking = Promise.withResolvers<void>();
    const emit = (event: FardelEvent) =>
      event.type === "rollout.progress" && event.stage === "BAKE_TIME" && baking.resolve();
    const release = shop.deploy({ emit });
    await baking.promise;
    expect(await text()).toBe("baked");
    const { serviceDeployments = [] } = await shop.aws.ecs.listServiceDeployments({
      cluster: "local",
      service: "shop-web",
    });
    const began = performance.now();
    await shop.aws.ecs.stopServiceDeployment({
      serviceDeploymentArn: serviceDeployments[0]?.serviceDeploymentArn,
      stopType: "ROLLBACK",
    });
    while ((await text()) !== "linear") await wait(20);
    expect(performance.now() - began).toBeLessThan(2000);
    expect((await release).outcome).toMatchObject({ outcome: "rolled back" });
  });
});

test("an alarm while both revisions bake takes the release back, and no request is lost", async () => {
  const { region, endpoint } = shop.aws.target;
  const credentials = { accessKeyId: "local", secretAccessKey: "local" };
  const cloudWatch = new CloudWatch({ region, ...(endpoint !== undefined && { endpoint }), credentials });
  const alarm = "web-5xx";
  await cloudWatch.putMetricAlarm({
    AlarmName: alarm,
    Namespace: "Shop",
    MetricName: "Errors",
    Statistic: "Sum",
    Period: 60,
    EvaluationPeriods: 1,
    Threshold: 1,
    ComparisonOperator: "GreaterThanThreshold",
    TreatMissingData: "ignore",
  });
  shop.write({
    worker: false,
    text: "alarming",
    web: manifest(`{ strategy: blue-green, bake: 60m, alarms: [${alarm}] }`),
  });
  const { outcome } = await underLoad(async () => {
    const baking = Promise.withResolvers<void>();
    const emit = (event: FardelEvent) =>
      event.type === "rollout.progress" && event.stage === "BAKE_TIME" && baking.resolve();
    const release = shop.deploy({ emit });
    await baking.promise;
    await cloudWatch.setAlarmState({ AlarmName: alarm, StateValue: "ALARM", StateReason: "test" });
    return release;
  });
  expect(outcome).toMatchObject({ outcome: "rolled back" });
  expect(outcome.diagnoses[0]?.verdict).toContain("In alarm: web-5xx.");
  expect(await text()).toBe("linear");
});
