import { writeFileSync } from "node:fs";
import { exitCodeOf, type FardelEvent, type ReleaseOutcome, releaseTimeline, rollback } from "@fardel/core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { addAlarm, raiseAlarm } from "./alarm.fixture.ts";
import { type Shop, startShop } from "./release.fixture.ts";
import { underLoad } from "./shop-load.fixture.ts";

let shop: Shop;
/** The number of the release that serves, and what it answers. */
let serving = { number: 1, text: "one" };

/** A server that ends when it is asked for /crash; /missing is a page it doesn't have. */
const source = (text: string) => `
const server = require("node:http").createServer((request, response) => {
  if (request.url === "/crash") process.exit(7);
  response.statusCode = request.url === "/missing" ? 404 : 200;
  setTimeout(() => response.end("${text}"), request.url === "/slow" ? 1000 : 0);
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
  shop = await startShop({ timeScale: 10 });
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
  const { outcome, types } = (await underLoad(shop, () => deploy())).result;
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
  expect(parts.find(({ name }) => name === "bake")?.durationMs).toBeGreaterThan(2900);
  const steps = release.phases.filter(({ within }) => within === undefined);
  const sum = steps.reduce((total, step) => total + step.durationMs, 0);
  expect(Math.abs(durationMs - sum)).toBeLessThan(durationMs * 0.05);
  serving = { number: 2, text: "two" };
});

test("one whose check fails at the service's own address goes back", async () => {
  write("three", "{ check: /missing, bake: 24h }");
  const { outcome, types } = await deploy();
  await expectBefore(outcome);
  expect(outcome.diagnoses[0]?.verdict).toBe(`Its check failed: ${shop.url}/missing answers 404.`);
  expect(types).not.toContain("rollout.baking");
});

test("a task checks at the address it is told, and says no by its exit code", async () => {
  write("checked", "{ check: { task: migrate } }");
  // Before the services change there is no address to check.
  const program = `fetch(process.env.TEST_URL ?? "data:,").then(async (answer) => {
    process.exitCode = (await answer.text()) === "checked" ? 3 : 0;
  });`;
  writeFileSync(`${shop.directory}/migrate.cjs`, program);
  const { outcome } = await deploy();
  await expectBefore(outcome);
  expect(outcome.diagnoses[0]?.verdict).toBe("Its check failed: the task migrate ended with exit code 3.");
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
  const { aws } = shop;
  await addAlarm(aws, "web-5xx");
  await addAlarm(aws, "old-trouble");
  // What was raised before says nothing of this release.
  await raiseAlarm(aws, "old-trouble");
  write("five", "{ bake: 24h, alarms: [web-5xx, old-trouble] }");
  const { outcome } = (await underLoad(shop, () => deploy(() => raiseAlarm(aws, "web-5xx")))).result;
  await expectBefore(outcome);
  expect(outcome.diagnoses[0]?.verdict).toBe("In alarm: web-5xx.");
});

test("one that somebody takes back while it bakes goes back at once, for whoever watches it, too", async () => {
  write("six", "{ bake: 24h }");
  const { aws, descriptor } = shop;
  const taken = Promise.withResolvers<ReleaseOutcome>();
  const { outcome } = await deploy(() => {
    const request = { aws, descriptor, origin: { actor: "grace", host: "build" }, emit: () => {} };
    rollback(request).then(taken.resolve, taken.reject);
    return taken.promise;
  });
  const failure = `It was taken back by grace on build; release ${serving.number} serves again.`;
  expect(outcome).toMatchObject({ outcome: "rolled back", serving: serving.number, failure, diagnoses: [] });
  expect(await taken.promise).toMatchObject({ outcome: "rolled back", takenBack: true });
  expect(await (await fetch(shop.url)).text()).toBe(serving.text);
});
