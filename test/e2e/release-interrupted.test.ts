import { type App, answerRelease, type DeployRequest, type FardelEvent } from "@fardel/core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { apiService, origin, type Shop, startShop } from "./release.fixture.ts";

let shop: Shop;

beforeAll(async () => {
  shop = await startShop({ timeScale: 10 });
  write({ text: "one" });
  await shop.setUp();
  await shop.aws.secretsManager.createSecret({ Name: "/shop/local/database-password", SecretString: "secret" });
  expect((await shop.deploy()).outcome).toMatchObject({ outcome: "succeeded", release: 1 });
});
afterAll(() => shop.close());

function write(written: { text: string; mode?: "crash"; migration?: number; more?: string }): void {
  shop.write({ worker: false, ...written });
}

/** A release in these waves. */
async function deploy(change: (app: App) => App, waves: string[][], request: Partial<DeployRequest> = {}) {
  const app = change(await shop.app());
  return shop.deploy({ app: { ...app, release: { ...app.release, waves } }, ...request });
}

/** One that ends as soon as it has changed a rule of the listener. */
async function interruptedAtRule(change: (app: App) => App, waves: string[][]): Promise<void> {
  const person = new AbortController();
  const emit = ({ type }: FardelEvent) => type === "rule.changed" && person.abort(new Error("Ctrl-C"));
  await expect(deploy(change, waves, { emit, signal: person.signal })).rejects.toThrow("Ctrl-C");
}

const asWritten = (app: App) => app;
const webAt =
  (path: string) =>
  (app: App): App => {
    const { web } = app.services;
    if (web?.route === undefined) throw new Error("web has a route");
    return { ...app, services: { ...app.services, web: { ...web, route: { ...web.route, path } } } };
  };
const get = async (path: string) => {
  const response = await fetch(`${shop.url}${path}`);
  return `${response.status} ${await response.text()}`;
};
async function rules(): Promise<string[]> {
  const { Rules = [] } = await shop.aws.elbv2.describeRules({
    ListenerArn: shop.descriptor.loadBalancer?.listeners.http,
  });
  return Rules.map(
    ({ Priority, Conditions = [] }) =>
      `${Priority} ${Conditions.flatMap(({ PathPatternConfig }) => PathPatternConfig?.Values ?? []).join()}`,
  );
}

test("a route that an interrupted release has made is gone when the next release fails", async () => {
  write({ text: "two", more: apiService });
  await shop.setUp();
  await interruptedAtRule(asWritten, [["api"], ["web"]]);
  expect(await get("/api/x")).toBe("200 two");
  write({ text: "three", mode: "crash", more: apiService });
  const { outcome } = await deploy(asWritten, [["web"], ["api"]]);
  expect(outcome).toMatchObject({ release: 3, outcome: "rolled back", serving: 1 });
  expect(await rules()).toEqual(["10 /*", "default "]);
  expect(await get("/api/x")).toBe("200 one");
});

test("a route that an interrupted release has changed is as before when the next release fails", async () => {
  write({ text: "four" });
  await interruptedAtRule(webAt("/web/*"), [["web"]]);
  expect(await rules()).toEqual(["10 /web/*", "default "]);
  write({ text: "five", mode: "crash" });
  const { outcome } = await deploy(webAt("/web/*"), [["web"]]);
  expect(outcome).toMatchObject({ release: 5, outcome: "rolled back", serving: 1 });
  expect(await rules()).toEqual(["10 /*", "default "]);
  expect(await get("/")).toBe("200 one");
});

test("a before-task that fails after an interrupted release leaves nothing of that either", async () => {
  write({ text: "six", more: apiService });
  await interruptedAtRule(asWritten, [["api"], ["web"]]);
  write({ text: "seven", migration: 1, more: apiService });
  const { outcome } = await deploy(asWritten, [["api"], ["web"]]);
  expect(outcome).toMatchObject({
    release: 7,
    outcome: "rolled back",
    serving: 1,
    failure: "The task migrate failed with exit code 1; release 1 serves again.",
    diagnoses: [{ workload: "migrate" }],
  });
  expect(await rules()).toEqual(["10 /*", "default "]);
  expect([await get("/"), await get("/api/x")]).toEqual(["200 one", "200 one"]);
});

test("a route that a release has made goes again when that is rejected at the gate of a later wave", async () => {
  shop.write({ text: "eight", worker: false, web: "    rollout: { approve: manual }", more: apiService });
  const { outcome } = await deploy(asWritten, [["api"], ["web"]], { leave: AbortSignal.abort() });
  expect(outcome).toMatchObject({ release: 8, outcome: "waiting" });
  expect([await get("/"), await get("/api/x")]).toEqual(["200 one", "200 eight"]);
  const { aws, descriptor } = shop;
  const rejected = await answerRelease({ aws, descriptor, origin, emit: () => {}, action: "reject" });
  expect(rejected.outcome).toMatchObject({ release: 8, outcome: "rolled back", serving: 1 });
  expect(await rules()).toEqual(["10 /*", "default "]);
  expect([await get("/"), await get("/api/x")]).toEqual(["200 one", "200 one"]);
});

test("a route that an interrupted release has made is finished by the next one that serves", async () => {
  write({ text: "nine", more: apiService });
  await interruptedAtRule(asWritten, [["api"], ["web"]]);
  const { outcome } = await deploy(asWritten, [["api"], ["web"]]);
  expect(outcome).toMatchObject({ release: 10, outcome: "succeeded" });
  expect(await rules()).toEqual(["10 /api/*", "20 /*", "default "]);
  expect([await get("/"), await get("/api/x")]).toEqual(["200 nine", "200 nine"]);
});
