import { type Aws, type DeployRequest, type FardelEvent, rollback } from "@fardel/core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { apiService, origin, type Shop, startShop } from "./release.fixture.ts";
import { underLoad } from "./shop-load.fixture.ts";

let shop: Shop;

beforeAll(async () => {
  shop = await startShop({ timeScale: 10 });
  write("one");
  await shop.setUp();
  await shop.aws.secretsManager.createSecret({ Name: "/shop/local/database-password", SecretString: "secret" });
  expect((await shop.deploy()).outcome).toMatchObject({ outcome: "succeeded", release: 1 });
});
afterAll(() => shop.close());

const rolling = "{ strategy: rolling }";
const blueGreen = "{ strategy: blue-green }";

const adminService = apiService.replace("api:", "admin:").replace("/api/*", "/admin/*");

/** Three services, so that each test has one that never had a second target group. */
function write(text: string, { web = rolling, api = rolling, admin = rolling, webCrashes = false } = {}): void {
  const end = webCrashes ? "\n    env: { NODE_OPTIONS: --require=/missing }" : "";
  const more = `${apiService}    rollout: ${api}\n${adminService}    rollout: ${admin}\n`;
  shop.write({ worker: false, text, web: `    rollout: ${web}${end}`, more });
}

interface Update {
  service: string;
  strategy: string | undefined;
  /** Whether it names a second target group. */
  second: boolean;
  revision: string | undefined;
}

/** A deployment through clients that note what they ask of UpdateService. */
async function deployNoting(request: Partial<DeployRequest> = {}) {
  const updates: Update[] = [];
  const { ecs } = shop.aws;
  const updateService = (...[input, ...rest]: Parameters<Aws["ecs"]["updateService"]>) => {
    updates.push({
      service: input.service ?? "",
      strategy: input.deploymentConfiguration?.strategy,
      second: input.loadBalancers?.[0]?.advancedConfiguration !== undefined,
      revision: input.taskDefinition?.replace(/.*\//, ""),
    });
    return (ecs.updateService as (...all: unknown[]) => unknown)(input, ...rest);
  };
  const noting = new Proxy(ecs, {
    get: (target, name) => (name === "updateService" ? updateService : Reflect.get(target, name)),
  });
  const aws = new Proxy(shop.aws, { get: (target, name) => (name === "ecs" ? noting : Reflect.get(target, name)) });
  const ended = await shop.deploy({ aws, ...request }).catch((error: unknown) => ({ error }));
  return { ...ended, updates };
}

/** Newest first. */
async function deployments(service: string) {
  const listed = await shop.aws.ecs.listServiceDeployments({ cluster: "local", service });
  const { serviceDeployments = [] } = await shop.aws.ecs.describeServiceDeployments({
    serviceDeploymentArns: listed.serviceDeployments?.flatMap(({ serviceDeploymentArn: arn }) => arn ?? []),
  });
  const times = new Map(
    listed.serviceDeployments?.map(({ serviceDeploymentArn }, index) => [serviceDeploymentArn, index]),
  );
  return serviceDeployments
    .toSorted((a, b) => (times.get(a.serviceDeploymentArn) ?? 0) - (times.get(b.serviceDeploymentArn) ?? 0))
    .map(({ deploymentConfiguration, status }) => `${deploymentConfiguration?.strategy} ${status}`);
}

const text = async (path = "/") => (await fetch(`${shop.url}${path}`)).text();
const notices = (events: readonly FardelEvent[]) =>
  events.flatMap((event) => (event.type === "release.notice" ? event.message : []));

test("a rolling service gets its second target group before its first blue-green release, and no request is lost", async () => {
  write("two", { web: blueGreen });
  const { result, answered } = await underLoad(shop, () => deployNoting({ only: ["web"] }));
  if ("error" in result) throw result.error;
  const { outcome, events, updates } = result;
  expect(outcome).toMatchObject({ outcome: "succeeded", serving: 2 });
  expect(answered.map(({ by }) => by)).toEqual(["one", "two"]);
  expect(updates).toEqual([
    { service: "shop-web", strategy: "ROLLING", second: true, revision: "shop-local-web:1" },
    { service: "shop-web", strategy: "BLUE_GREEN", second: true, revision: "shop-local-web:2" },
  ]);
  expect(await deployments("shop-web")).toEqual(["BLUE_GREEN SUCCESSFUL", "ROLLING SUCCESSFUL", "ROLLING SUCCESSFUL"]);
  expect(notices(events)).toContain(
    "web gets its second target group first, by a rolling update of what it runs: ECS wants it before blue-green.",
  );
});

test("once it has that, its releases are one update each, and a rollback to where it rolled is one, too", async () => {
  write("three", { web: blueGreen });
  const { updates } = await deployNoting({ only: ["web"] });
  expect(updates).toEqual([
    { service: "shop-web", strategy: "BLUE_GREEN", second: true, revision: "shop-local-web:3" },
  ]);
  const { aws, descriptor } = shop;
  const { result, answered } = await underLoad(shop, () =>
    rollback({ aws, descriptor, origin, emit: () => {}, to: 1 }),
  );
  expect(result).toMatchObject({ outcome: "succeeded" });
  expect(answered.map(({ by }) => by)).toEqual(["three", "one"]);
  expect((await deployments("shop-web"))[0]).toBe("ROLLING SUCCESSFUL");
  expect(await text()).toBe("one");
});

test("what a later wave's failure brings back rolls in the target group that its traffic goes to, and no request is lost", async () => {
  write("four", { api: blueGreen, webCrashes: true });
  const app = await shop.app();
  const inWaves = { ...app, release: { ...app.release, waves: [["api"], ["web", "admin"]] } };
  const api = { ...shop, url: `${shop.url}/api` };
  const { result, answered } = await underLoad(api, () => deployNoting({ app: inWaves }));
  if ("error" in result) throw result.error;
  expect(result.outcome).toMatchObject({ outcome: "rolled back" });
  expect(answered.map(({ by }) => by)).toEqual(["one", "four"]);
  const updates = result.updates.filter(({ service }) => service === "shop-api");
  expect(updates).toMatchObject([
    { strategy: "ROLLING", second: true, revision: "shop-local-api:1" },
    { strategy: "BLUE_GREEN", second: true, revision: "shop-local-api:2" },
    { strategy: "ROLLING", second: true, revision: "shop-local-api:1" },
  ]);
  expect(await text("/api/x")).toBe("one");
});

test("what is interrupted while it gets its second target group is waited for by the next release, and not done again", async () => {
  write("five", { admin: blueGreen });
  const person = new AbortController();
  const emit = ({ type }: FardelEvent) => type === "rollout.progress" && person.abort(new Error("Ctrl-C"));
  const interrupted = await deployNoting({ only: ["admin"], emit, signal: person.signal });
  expect(interrupted).toMatchObject({ error: { message: "Ctrl-C" }, updates: [{ strategy: "ROLLING" }] });
  const next = await deployNoting({ only: ["admin"] });
  if ("error" in next) throw next.error;
  expect(next.outcome).toMatchObject({ outcome: "succeeded" });
  expect(next.updates).toMatchObject([{ service: "shop-admin", strategy: "BLUE_GREEN" }]);
  expect((await deployments("shop-admin")).slice(0, 2)).toEqual(["BLUE_GREEN SUCCESSFUL", "ROLLING SUCCESSFUL"]);
  expect(await text("/admin/x")).toBe("five");
});

test("an interrupted release that bakes is sent back by one that rolls again, and no request is lost", async () => {
  write("six", { web: "{ strategy: blue-green, bake: 60m }" });
  const person = new AbortController();
  const emit = (event: FardelEvent) =>
    event.type === "rollout.progress" && event.stage === "BAKE_TIME" && person.abort(new Error("Ctrl-C"));
  expect(await deployNoting({ only: ["web"], emit, signal: person.signal })).toMatchObject({
    error: { message: "Ctrl-C" },
    updates: [{ strategy: "BLUE_GREEN" }],
  });
  expect(await text()).toBe("six");
  write("seven");
  const { result } = await underLoad(shop, () => deployNoting({ only: ["web"] }));
  if ("error" in result) throw result.error;
  expect(result.outcome).toMatchObject({ outcome: "succeeded" });
  expect(notices(result.events)).toContain(
    "A deployment of web that is under way is sent back: ECS changes how a service is deployed only in between.",
  );
  expect((await deployments("shop-web")).slice(0, 2)).toEqual(["ROLLING SUCCESSFUL", "BLUE_GREEN ROLLBACK_SUCCESSFUL"]);
  expect(await text()).toBe("seven");
});
