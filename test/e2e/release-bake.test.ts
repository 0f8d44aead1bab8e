import { writeFileSync } from "node:fs";
import { setTimeout as wait } from "node:timers/promises";
import { CloudWatch } from "@aws-sdk/client-cloudwatch";
import { exitCodeOf, type FardelEvent, releaseTimeline } from "@fardel/core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { startLoad } from "../load/open-loop.ts";
import { fastClock, type Shop, startShop } from "./release.fixture.ts";

let shop: Shop;
/** The number of the release that serves, and what it answers. */
let serving = { number: 1, text: "one" };

/** A server that ends when it is asked for /crash; /missing is a page it doesn't have. */
const source = (text: string) => `
const server = require("node:http").createServer((request, response) => {
  if (request.url === "/crash") process.exit(7);
  response.statusCode = request.url === "/missing" ? 404 : 200;
  response.end("${text}");
});
server.keepAliveTimeout = 65_000;
server.listen(process.env.PORT);
process.on("SIGTERM", () => server.close(() => process.exit(0)));
`;

function write(text: string, rollout: string): void {
  shop.write({ worker: false, text, web: `    rollout: ${rollout}` });
  writeFileSync(`${shop.directory}/web.cjs`, source(text));
}

beforeAll(async () => {
  shop = await startShop({ clock: fastClock(10) });
  // The first release of a service is checked, and doesn't bake.
  write("one", "{ check: /smoke, bake: 24h }");
  await shop.setUp();
  await shop.aws.secretsManager.createSecret({ Name: "/shop/local/database-password", SecretString: "secret" });
  expect((await shop.deploy()).outcome).toMatchObject({ outcome: "succeeded", release: 1 });
});
afterAll(() => shop.close());

/** A release, and what is done as soon as it bakes. */
async function deploy(whenBaking: () => Promise<unknown> = async () => {}) {
  let done: Promise<unknown> = Promise.resolve();
  const events: FardelEvent[] = [];
  const emit = (event: FardelEvent) => {
    events.push(event);
    if (event.type === "rollout.baking") done = whenBaking();
  };
  const { outcome } = await shop.deploy({ emit });
  await done;
  return { outcome, types: events.map(({ type }) => type) };
}

async function underLoad<T>(work: () => Promise<T>): Promise<T> {
  const load = startLoad({ url: shop.url, rate: 50, mix: { plain: 100 } });
  const done = await work();
  const after = load.samples.length;
  while (load.samples.length < after + 25) await wait(10);
  expect((await load.stop()).losses).toEqual([]);
  return done;
}

async function expectBefore(outcome: Awaited<ReturnType<typeof deploy>>["outcome"]): Promise<void> {
  expect(outcome).toMatchObject({
    outcome: "rolled back",
    serving: serving.number,
    failure: `The rollout of web failed; release ${serving.number} serves again.`,
  });
  expect(exitCodeOf(outcome)).toBe(3);
  expect(await (await fetch(shop.url)).text()).toBe(serving.text);
}

test("a rolling update that holds up to its check and its bake serves, and both are in its waterfall", async () => {
  write("two", "{ check: /smoke, bake: 3s }");
  const { outcome, types } = await underLoad(() => deploy());
  expect(outcome).toMatchObject({ outcome: "succeeded", serving: 2 });
  expect(types.filter((type) => /^rollout\.(finished|checked|bak)/.test(type))).toEqual([
    "rollout.finished",
    "rollout.checked",
    "rollout.baking",
    "rollout.baked",
  ]);
  const { release, durationMs = 0 } = await releaseTimeline({ aws: shop.aws, descriptor: shop.descriptor }, 2);
  const parts = release.phases.filter(({ of, within }) => of === "web" && within === "rollouts");
  expect(parts.map(({ name }) => name)).toContain("check");
  expect(parts.find(({ name }) => name === "bake")?.durationMs).toBeGreaterThanOrEqual(3000);
  const steps = release.phases.filter(({ within }) => within === undefined);
  const sum = steps.reduce((total, step) => total + step.durationMs, 0);
  expect(Math.abs(durationMs - sum)).toBeLessThan(durationMs * 0.05);
  serving = { number: 2, text: "two" };
});

test("one whose check fails at the service's own address goes back, and no request is lost", async () => {
  write("three", "{ check: /missing, bake: 24h }");
  const { outcome, types } = await underLoad(() => deploy());
  await expectBefore(outcome);
  expect(outcome.diagnoses[0]?.verdict).toBe(`Its check failed: ${shop.url}/missing answers 404.`);
  expect(types).not.toContain("rollout.baking");
});

test("one of which a task ends while it bakes goes back, and is told why it ended", async () => {
  write("four", "{ bake: 24h }");
  const { outcome } = await deploy(() => fetch(`${shop.url}/crash`).catch(() => {}));
  await expectBefore(outcome);
  expect(outcome.diagnoses[0]).toMatchObject({
    verdict: expect.stringMatching(/^It exits with code 7/),
    deploymentReason: "A task of it failed while it baked: Essential container in task exited.",
  });
});

test("one that raises an alarm while it bakes goes back, and no request is lost", async () => {
  const { region, endpoint = "" } = shop.aws.target;
  const cloudWatch = new CloudWatch({ region, endpoint, credentials: { accessKeyId: "a", secretAccessKey: "b" } });
  const alarm = (AlarmName: string) =>
    cloudWatch.putMetricAlarm({
      AlarmName,
      Namespace: "Shop",
      MetricName: "Errors",
      Statistic: "Sum",
      Period: 60,
      EvaluationPeriods: 1,
      Threshold: 1,
      ComparisonOperator: "GreaterThanThreshold",
      TreatMissingData: "ignore",
    });
  const raise = (AlarmName: string) =>
    cloudWatch.setAlarmState({ AlarmName, StateValue: "ALARM", StateReason: "test" });
  await alarm("web-5xx");
  await alarm("old-trouble");
  // What was raised before says nothing of this release.
  await raise("old-trouble");
  write("five", "{ bake: 24h, alarms: [web-5xx, old-trouble] }");
  const { outcome } = await underLoad(() => deploy(() => raise("web-5xx")));
  await expectBefore(outcome);
  expect(outcome.diagnoses[0]?.verdict).toBe("In alarm: web-5xx.");
});
