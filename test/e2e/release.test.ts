import {
  type Aws,
  environmentStatus,
  type FardelEvent,
  planRelease,
  readLogs,
  releaseHistory,
  rollback,
  runTask,
  takeDown,
} from "@fardel/core";
import { acquireLock } from "@fardel/core/release/records/lock.ts";
import { stateBucket } from "@fardel/core/release/records/state-bucket.ts";
import { systemTime } from "@fardel/core/release/time.ts";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { origin, type Shop, startShop } from "./release.fixture.ts";

let shop: Shop;
const silent = () => {};
const secret = "/shop/local/database-password";

beforeAll(async () => {
  // Health checks, drains and ECS's 40 seconds pass ten times as fast; processes and requests are as they are.
  shop = await startShop({ timeScale: 10 });
  shop.write({});
  await shop.setUp();
});
afterAll(() => shop.close());

const answer = async () => (await fetch(shop.url)).text();
const look = () => ({ aws: shop.aws, descriptor: shop.descriptor });
const history = async () => (await releaseHistory(look())).map(({ number, outcome }) => `${number} ${outcome}`);

/** The same clients; what they are asked for goes to `calls`. */
function counted(aws: Aws, calls: string[]): Aws {
  const counting = (client: object) =>
    new Proxy(client, {
      get(_, name) {
        calls.push(String(name));
        return Reflect.get(client, name);
      },
    });
  const clients = Object.entries(aws).map(([name, client]) => [
    name,
    ["target", "calls"].includes(name) ? client : counting(client),
  ]);
  return Object.fromEntries(clients) as Aws;
}

/** Requests, one after the other, until stopped; gives the answers that weren't 200. */
function requestAllTheTime(): () => Promise<string[]> {
  let going = true;
  const wrong: string[] = [];
  const done = (async () => {
    while (going) {
      const response = await fetch(shop.url).catch((error: Error) => error);
      if (response instanceof Error) wrong.push(response.message);
      else if (response.status !== 200) wrong.push(String(response.status));
      else await response.arrayBuffer();
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  })();
  return async () => {
    going = false;
    await done;
    return wrong;
  };
}

describe("a release in the embedded region", () => {
  test("doesn't begin while a secret is missing, and says where it is asked for", async () => {
    const started = performance.now();
    await expect(shop.deploy()).rejects.toMatchObject({
      code: "PREFLIGHT",
      exitCode: 1,
      message: `Service web needs the secret ${secret}, which doesn't exist.`,
      where: expect.stringMatching(/^fardel.yaml:\d+ {2}services.web.secrets.DATABASE_PASSWORD$/),
      fix: `eval "$(fardel local env)"\naws secretsmanager create-secret --name ${secret} --secret-string '<value>'`,
    });
    expect(performance.now() - started).toBeLessThan(5000);
    expect(await history()).toEqual([]);
  });

  test("creates services, runs the migration first, and serves", async () => {
    await shop.aws.secretsManager.createSecret({ Name: secret, SecretString: "hunter2" });
    const { outcome, events } = await shop.deploy();
    expect(outcome).toMatchObject({
      release: 1,
      outcome: "succeeded",
      serving: 1,
      services: { web: { change: "created", result: "serving" }, worker: { change: "created", result: "serving" } },
    });
    const order = events.map(({ type }) => type).filter((type) => /^(task|rollout\.started)/.test(type));
    expect(order.slice(0, 4)).toEqual(["task.started", "task.log", "task.finished", "rollout.started"]);
    expect(await answer()).toBe("one");
  });

  test("is left out when nothing has changed, in few calls and under a second", async () => {
    const calls: string[] = [];
    const started = performance.now();
    const { outcome, events } = await shop.deploy({ aws: counted(shop.aws, calls) });
    expect(outcome).toMatchObject({ release: 1, outcome: "unchanged", serving: 1 });
    expect(performance.now() - started).toBeLessThan(1000);
    expect(calls.length).toBeLessThanOrEqual(25);
    expect(events.map(({ type }) => type).filter((type) => /^(rollout|task|definition)/.test(type))).toEqual([]);
    expect(await history()).toEqual(["1 succeeded"]);
    const plan = await planRelease({ ...look(), app: await shop.app() });
    expect(plan.workloads.map(({ name, action, differences }) => [name, action, differences])).toEqual([
      ["web", "none", []],
      ["worker", "none", []],
      ["migrate", "none", []],
    ]);
    expect(plan.rules).toEqual([]);
  });

  test("replaces a changed service without losing a request", async () => {
    shop.write({ text: "two" });
    const stop = requestAllTheTime();
    const { outcome } = await shop.deploy();
    expect(outcome).toMatchObject({ release: 2, outcome: "succeeded", serving: 2 });
    expect(await stop()).toEqual([]);
    expect(await answer()).toBe("two");
  });

  test("goes back when its web crashes at the start, and says why", async () => {
    shop.write({ text: "three", mode: "crash" });
    const stop = requestAllTheTime();
    const { outcome, events } = await shop.deploy();
    expect(outcome).toMatchObject({
      release: 3,
      outcome: "rolled back",
      serving: 2,
      failure: "The rollout of web failed; release 2 serves again.",
      services: { web: { change: "updated", result: "rolled back" } },
    });
    expect(outcome.diagnoses).toMatchObject([
      {
        workload: "web",
        verdict: "It exits with code 1 right after its start.",
        task: {
          stopCode: "EssentialContainerExited",
          stoppedReason: "Essential container in task exited",
          containers: [{ name: "web", exitCode: 1 }],
        },
        logLines: ["web starts, with ***", "Error: no such table: rows"],
      },
    ]);
    expect(events.filter(({ type }) => type === "release.diagnosis")).toHaveLength(1);
    expect(await stop()).toEqual([]);
    expect(await answer()).toBe("two");
  });

  test("goes back when the health path answers 500, and says so", async () => {
    shop.write({ text: "four", mode: "unhealthy", grace: "2s" });
    const { outcome, events } = await shop.deploy();
    expect(outcome).toMatchObject({
      release: 4,
      outcome: "rolled back",
      serving: 2,
      services: { web: { result: "rolled back" }, worker: { result: "rolled back" } },
    });
    // The worker had come to serve by then, and was brought back like web. Web's revision ECS had brought back itself, but not
    // its grace period, which is none of the revision's.
    const started = events.flatMap((event) => (event.type === "rollout.started" ? [event] : []));
    expect(started.map(({ service, action }) => `${service}: ${action}`).toSorted()).toEqual([
      "web: return",
      "web: update",
      "worker: return",
      "worker: update",
    ]);
    const { services = [] } = await shop.aws.ecs.describeServices({ cluster: "local", services: ["shop-web"] });
    expect(services).toMatchObject([{ healthCheckGracePeriodSeconds: 60 }]);
    expect(outcome.diagnoses).toMatchObject([
      {
        workload: "web",
        verdict: "Its health path /healthz answers 500, not 200 to 299.",
        targetReason: "Health checks failed with these codes: [500]",
        task: { stoppedReason: expect.stringContaining("Task failed ELB health checks in (target-group ") },
      },
    ]);
    expect(await answer()).toBe("two");
  });

  test("touches no service when its migration fails", async () => {
    shop.write({ text: "five", migration: 7 });
    const { outcome, events } = await shop.deploy();
    expect(outcome).toMatchObject({
      release: 5,
      outcome: "failed",
      serving: 2,
      failure: "The task migrate failed with exit code 7; no service was touched.",
    });
    expect(outcome.diagnoses).toMatchObject([
      { workload: "migrate", verdict: "It exits with code 7 right after its start." },
    ]);
    expect(outcome.diagnoses[0]?.logLines).toEqual(["migrating", "migration failed: column exists"]);
    expect(events.filter(({ type }) => type === "rollout.started")).toEqual([]);
  });

  test("waits for nobody: a second one is told who holds the lock", async () => {
    const bucket = stateBucket(shop.aws, shop.descriptor.stateBucket);
    const holder = { actor: "grace", host: "ci", pid: process.pid, action: "deploy", time: systemTime };
    const lock = await acquireLock(bucket, shop.descriptor, holder);
    await lock.name(6);
    await expect(shop.deploy()).rejects.toMatchObject({
      code: "RELEASE_LOCKED",
      exitCode: 5,
      message: "Release 6 (deploy) of shop in local is under way.",
      where: expect.stringMatching(/^held by grace on ci since /),
    });
    await lock.release();
  });

  test("can be rolled back by hand to the one before", async () => {
    const { aws, descriptor } = shop;
    const outcome = await rollback({ aws, descriptor, origin, emit: silent });
    expect(outcome).toMatchObject({ release: 6, outcome: "succeeded", serving: 6 });
    expect(await answer()).toBe("one");
    expect(await history()).toEqual([
      "6 succeeded",
      "5 failed",
      "4 rolled back",
      "3 rolled back",
      "2 succeeded",
      "1 succeeded",
    ]);
    const [newest] = await releaseHistory(look());
    expect(newest).toMatchObject({ rollbackTo: 1, actor: "ada", phases: expect.any(Array) });
    expect(JSON.stringify(newest)).not.toContain("hunter2");
  });

  test("runs a command in a task of its own, and gives its exit code", async () => {
    const events: FardelEvent[] = [];
    const run = await runTask({
      ...look(),
      workload: "worker",
      command: ["node", "-e", "console.log('by hand'); process.exitCode = 3"],
      actor: "ada",
      emit: (event) => void events.push(event),
    });
    expect(run).toMatchObject({ exitCode: 3, diagnosis: { logLines: ["by hand"] } });
    expect(events.filter(({ type }) => type === "task.log")).toEqual([
      { type: "task.log", task: "worker", line: "by hand" },
    ]);
  });

  test("shows in status and logs", async () => {
    const status = await environmentStatus(look());
    expect(status).toMatchObject({ app: "shop", url: shop.url, serving: { number: 6 }, lock: undefined });
    expect(status.services).toMatchObject([
      {
        name: "web",
        release: 6,
        desired: 2,
        running: 2,
        healthy: 2,
        url: shop.url,
        deployments: [{ status: "PRIMARY" }],
      },
      { name: "worker", release: 6, desired: 1, running: 1, healthy: undefined },
    ]);
    const lines = [];
    for await (const line of readLogs({ ...look(), workloads: ["migrate"], since: 0, follow: false }))
      lines.push(line.message);
    expect(lines).toEqual([
      "migrating",
      "migrating",
      "migrating",
      "migrating",
      "migrating",
      "migration failed: column exists",
    ]);
  });

  test("takes out what the manifest no longer has", async () => {
    shop.write({ text: "one", worker: false });
    const { outcome } = await shop.deploy();
    expect(outcome).toMatchObject({ release: 7, outcome: "succeeded", services: { worker: { change: "removed" } } });
    expect((await environmentStatus(look())).services.map(({ name }) => name)).toEqual(["web"]);
    expect(await answer()).toBe("one");
  });

  test("is taken down to the last task, rule and definition", async () => {
    const { aws, descriptor } = shop;
    await takeDown({ aws, descriptor, origin, emit: silent });
    expect((await aws.ecs.listServices({ cluster: "local" })).serviceArns).toEqual([]);
    expect((await aws.ecs.listTasks({ cluster: "local" })).taskArns).toEqual([]);
    expect((await aws.ecs.listTaskDefinitions({ status: "ACTIVE" })).taskDefinitionArns).toEqual([]);
    const { Rules } = await aws.elbv2.describeRules({ ListenerArn: descriptor.loadBalancer?.listeners.http });
    expect(Rules?.map(({ IsDefault }) => IsDefault)).toEqual([true]);
  });
});
