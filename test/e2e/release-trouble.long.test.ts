import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { environmentStatus, exitCodeOf, FardelError, type FardelEvent, releaseHistory, runTask } from "@fardel/core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Shop, startShop } from "./release.fixture.ts";

let shop: Shop;

beforeAll(async () => {
  shop = await startShop({ timeScale: 10 });
  shop.write({ worker: false });
  await shop.setUp();
  await shop.aws.secretsManager.createSecret({ Name: "/shop/local/database-password", SecretString: "hunter2" });
});
afterAll(() => shop.close());

/** It is healthy at first, and ends by itself once its rollout is over. */
const crashing = `
  flaky:
    image: app
    command: [node, -e, "setTimeout(() => { console.log('no more work'); process.exit(1); }, 1500)"]
    health: { command: [node, -e, "0"], interval: 5s, timeout: 20s, unhealthy: 2, grace: 60s }
`;

/** A service without requests; `command` is a program for node. */
const restless = (command: string) => `
  restless:
    image: app
    command: [node, -e, ${JSON.stringify(command)}]
    stop: 2m
    health: { command: [node, -e, "fs.writeFileSync('checked', '')"], interval: 5s, timeout: 20s, grace: 60s }
`;

/** It ends by itself soon after its first health check has passed. */
const shortLived = `
  const soon = () => setTimeout(() => { console.log('no more work'); process.exit(1); }, 1000);
  const timer = setInterval(() => { if (fs.existsSync('checked')) { clearInterval(timer); soon(); } }, 50);
`;

/** Told to stop, it goes on until there is such a file. */
const slowToStop = (file: string) => `
  const timer = setInterval(() => {}, 50);
  process.on('SIGTERM', () => setInterval(() => { if (fs.existsSync('${file}')) process.exit(0); }, 50));
`;

const look = () => ({ aws: shop.aws, descriptor: shop.descriptor });
const newest = async () => (await releaseHistory(look(), 1))[0];
const get = async (path: string) => {
  const response = await fetch(`${shop.url}${path}`);
  return `${response.status} ${await response.text()}`;
};

describe("a release in trouble", () => {
  test("leaves nothing half-made when the very first one fails", async () => {
    shop.write({ mode: "crash", worker: false });
    const { outcome } = await shop.deploy();
    expect(outcome).toMatchObject({
      release: 1,
      outcome: "failed",
      serving: undefined,
      failure: "The rollout of web failed; there is no earlier release to return to.",
      diagnoses: [{ verdict: "It exits with code 1 right after its start.", logLines: expect.any(Array) }],
    });
    expect((await shop.aws.ecs.listServices({ cluster: "local" })).serviceArns).toEqual([]);
    expect(await get("/")).toBe("404 No service of shop is routed here.");
  });

  test("serves once it is mended", async () => {
    shop.write({ text: "one", worker: false });
    expect((await shop.deploy()).outcome).toMatchObject({ release: 2, outcome: "succeeded" });
    expect(await get("/")).toBe("200 one");
  });

  test("gives a new route its traffic only when its service is healthy", async () => {
    const api = `
  api:
    image: app
    command: [node, web.cjs]
    port: 8080
    route: { path: /api/* }
    health: { path: /healthz, interval: 5s, timeout: 2s, healthy: 2, unhealthy: 2, grace: 60s, drain: 2s }
`;
    shop.write({ text: "one", worker: false, more: api });
    await shop.setUp();
    let going = true;
    const answers = new Set<string>();
    const asking = (async () => {
      while (going) answers.add(await get("/api/x"));
    })();
    const { outcome, events } = await shop.deploy();
    going = false;
    await asking;
    expect(outcome).toMatchObject({
      release: 3,
      outcome: "succeeded",
      services: { web: { change: "unchanged" }, api: { change: "created", result: "serving" } },
    });
    expect([...answers]).toEqual(["200 one"]);
    expect(events.filter(({ type }) => type === "rule.changed")).toEqual([
      { type: "rule.changed", service: "api", action: "create", conditions: "/api/*" },
    ]);
    const { Rules = [] } = await shop.aws.elbv2.describeRules({
      ListenerArn: shop.descriptor.loadBalancer?.listeners.http,
    });
    expect(Rules.map(({ Priority, Conditions }) => [Priority, Conditions?.[0]?.PathPatternConfig?.Values])).toEqual([
      ["10", ["/api/*"]],
      ["20", ["/*"]],
      ["default", undefined],
    ]);
    shop.write({ text: "one", worker: false });
    expect((await shop.deploy()).outcome).toMatchObject({ release: 4, services: { api: { change: "removed" } } });
    expect(await get("/api/x")).toBe("200 one");
  });

  test("gives way to somebody else's newer deployment, and doesn't call that a rollback", async () => {
    shop.write({ text: "two", worker: false });
    let interfered: Promise<unknown> | undefined;
    const emit = (event: FardelEvent) => {
      if (event.type !== "rollout.progress" || interfered) return;
      interfered = shop.aws.ecs.updateService({ cluster: "local", service: "shop-web", forceNewDeployment: true });
    };
    const { outcome } = await shop.deploy({ emit });
    await interfered;
    expect(outcome).toMatchObject({
      release: 5,
      outcome: "superseded",
      failure: "Somebody else has deployed web in the meantime; their deployment goes on.",
    });
  });

  test("ends when the person gives up; the next one finishes what it began", async () => {
    shop.write({ text: "three", worker: false });
    const person = new AbortController();
    const emit = (event: FardelEvent) => {
      if (event.type === "rollout.progress") person.abort(new Error("Ctrl-C"));
    };
    await expect(shop.deploy({ emit, signal: person.signal })).rejects.toThrow("Ctrl-C");
    expect(await newest()).toMatchObject({
      number: 6,
      outcome: "failed",
      failure: "It was interrupted: Error: Ctrl-C",
    });
    expect((await environmentStatus(look())).lock).toBeUndefined();

    const { outcome } = await shop.deploy();
    expect(outcome).toMatchObject({ release: 7, outcome: "succeeded", services: { web: { result: "serving" } } });
    expect(await get("/")).toBe("200 three");
  });

  test("scales without a deployment, and is left alone afterwards", async () => {
    shop.write({ text: "three", worker: false, web: "    cpu: 0.25" });
    const three = await shop.app();
    const web = three.services.web;
    if (!web) throw new Error("there is a web");
    const app = { ...three, services: { web: { ...web, scale: { ...web.scale, min: 3, max: 3 } } } };
    const { outcome, events } = await shop.deploy({ app });
    expect(outcome).toMatchObject({ release: 8, outcome: "succeeded" });
    expect(events.filter(({ type }) => type === "rollout.started")).toMatchObject([
      { service: "web", action: "scale" },
    ]);
    const [status] = (await environmentStatus(look())).services;
    expect(status).toMatchObject({ name: "web", release: 8, desired: 3, running: 3 });
    await shop.aws.ecs.updateService({ cluster: "local", service: "shop-web", desiredCount: 1 });
    expect((await shop.deploy({ app })).outcome).toMatchObject({ release: 8, outcome: "unchanged" });
  });

  test("counts what ECS refuses as a failed rollout, and leaves the others as they were", async () => {
    const refused = new FardelError("AWS_ClientException", "ECS UpdateService failed: ClientException", { why: "No." });
    const ecs = new Proxy(shop.aws.ecs, {
      get: (client, name) => (name === "updateService" ? () => Promise.reject(refused) : Reflect.get(client, name)),
    });
    shop.write({ text: "refused" });
    await shop.setUp();
    const { outcome } = await shop.deploy({ aws: { ...shop.aws, ecs } });
    expect(outcome).toMatchObject({
      release: 9,
      outcome: "rolled back",
      serving: 8,
      failure: "The rollout of web failed; release 8 serves again.",
      services: { web: { change: "updated" }, worker: { change: "created", result: "rolled back" } },
      diagnoses: [{ workload: "web", verdict: "ECS UpdateService failed: ClientException: No." }],
    });
    expect((await environmentStatus(look())).services.map(({ name, running }) => [name, running])).toEqual([
      ["web", 1],
    ]);
    expect(await get("/")).toBe("200 three");
  });

  test("doesn't call it unchanged when nothing has to change but a service doesn't stay up", async () => {
    shop.write({ text: "three", worker: false, more: crashing });
    await shop.setUp();
    expect((await shop.deploy()).outcome).toMatchObject({ release: 10, outcome: "succeeded" });
    const stopped = { cluster: "local", serviceName: "shop-flaky", desiredStatus: "STOPPED" } as const;
    const endings = async () => (await shop.aws.ecs.listTasks(stopped)).taskArns?.length;
    await expect.poll(endings, { timeout: 60_000 }).toBeGreaterThan(1);
    const { outcome } = await shop.deploy();
    expect(outcome).toMatchObject({
      release: 10,
      outcome: "degraded",
      serving: 10,
      failure: expect.stringMatching(
        /^Nothing has changed since release 10, but flaky doesn't stay up: \d+ of its tasks ended in the last 5 minutes\.$/,
      ),
      diagnoses: [{ workload: "flaky", logLines: expect.arrayContaining(["no more work"]) }],
    });
    expect(exitCodeOf(outcome)).toBe(1);
    shop.write({ text: "three", worker: false });
    expect((await shop.deploy()).outcome).toMatchObject({ release: 11, outcome: "succeeded" });
  });

  test("goes back when ECS completes a rollout whose tasks keep ending", async () => {
    const mayStop = join(shop.directory, "..", "may-stop");
    shop.write({ text: "three", worker: false, more: restless(slowToStop(mayStop)) });
    await shop.setUp();
    expect((await shop.deploy()).outcome).toMatchObject({ release: 12, outcome: "succeeded" });

    shop.write({ text: "three", worker: false, more: restless(shortLived) });
    const deploying = shop.deploy();
    const stopped = { cluster: "local", serviceName: "shop-restless", desiredStatus: "STOPPED" } as const;
    const endings = async () => {
      const { taskArns = [] } = await shop.aws.ecs.listTasks(stopped);
      const { tasks = [] } = await shop.aws.ecs.describeTasks({ cluster: "local", tasks: taskArns });
      return tasks.filter(({ stopCode }) => stopCode === "EssentialContainerExited").length;
    };
    // The rollout can't be complete before the old task is gone.
    await expect.poll(endings, { timeout: 60_000 }).toBeGreaterThan(1);
    writeFileSync(mayStop, "");
    const { outcome } = await deploying;
    expect(outcome).toMatchObject({
      release: 13,
      outcome: "rolled back",
      serving: 12,
      failure: "The rollout of restless failed; release 12 serves again.",
      diagnoses: [
        {
          workload: "restless",
          verdict: expect.stringMatching(
            /^It doesn't stay up: \d+ of its tasks ended since the rollout began\. It exits with code 1/,
          ),
          logLines: ["no more work"],
        },
      ],
    });
    expect(exitCodeOf(outcome)).toBe(3);
    const { services } = await environmentStatus(look());
    expect(services.find(({ name }) => name === "restless")).toMatchObject({ release: 12, running: 1 });
  });

  test("stops a task that was run by hand when the person gives up", async () => {
    const person = new AbortController();
    const emit = (event: FardelEvent) => {
      if (event.type === "task.log") person.abort(new Error("Ctrl-C"));
    };
    const command = ["node", "-e", "console.log('begun'); setInterval(() => {}, 1000)"];
    const run = runTask({ ...look(), workload: "migrate", command, actor: "ada", emit, signal: person.signal });
    await expect(run).rejects.toThrow("Ctrl-C");
    const { taskArns = [] } = await shop.aws.ecs.listTasks({ cluster: "local", family: "shop-local-migrate" });
    expect(taskArns).toEqual([]);
  });

  test("gives a service that served already its capacity back, too", async () => {
    shop.write({ text: "three", worker: false });
    expect((await shop.deploy()).outcome).toMatchObject({ serving: expect.any(Number) });
    // Web serves by the time that this one has failed.
    const broken = `
  broken:
    image: app
    command: [node, -e, "setTimeout(() => process.exit(1), 1500)"]
`;
    shop.write({ text: "three", web: "    capacity: spot", more: broken, worker: false });
    await shop.setUp();
    const { outcome } = await shop.deploy();
    expect(outcome).toMatchObject({ outcome: "rolled back", services: { web: { result: "rolled back" } } });
    const { services = [] } = await shop.aws.ecs.describeServices({ cluster: "local", services: ["shop-web"] });
    expect(services[0]?.capacityProviderStrategy ?? []).toEqual([]);
    shop.write({ text: "three", worker: false });
    expect((await shop.deploy()).outcome).toMatchObject({ outcome: "unchanged" });
  });

  test("tells of what isn't its own", async () => {
    const { aws, descriptor } = shop;
    const { services } = await aws.ecs.describeServices({ cluster: "local", services: ["shop-web"] });
    const arn = services?.[0]?.serviceArn ?? "";
    await aws.ecs.untagResource({ resourceArn: arn, tagKeys: ["fardel:app"] });
    shop.write({ text: "four", worker: false });
    await expect(shop.deploy()).rejects.toMatchObject({
      code: "PREFLIGHT",
      message: `There is a service shop-web in cluster ${descriptor.cluster} that fardel hasn't made for this app.`,
    });
  });
});
