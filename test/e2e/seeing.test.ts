import {
  type EnvironmentEvent,
  environmentStatus,
  planRelease,
  type ReleasePlan,
  readEvents,
  readLogs,
  releaseTimeline,
} from "@fardel/core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Shop, startShop } from "./release.fixture.ts";

/** Of the worker, whose keys the manifest ends its services with. */
const sidecar = "    sidecars: { agent: { image: app, command: [node, worker.cjs], essential: false } }\n";

describe("what a release leaves to see", () => {
  let shop: Shop;

  beforeAll(async () => {
    shop = await startShop();
    shop.write({ more: sidecar });
    await shop.aws.secretsManager.createSecret({ Name: "/shop/local/database-password", SecretString: "hunter2" });
    await shop.setUp();
    const { outcome } = await shop.deploy();
    expect(outcome).toMatchObject({ release: 1, outcome: "succeeded" });
    shop.write({ text: "two", more: sidecar });
    expect((await shop.deploy()).outcome).toMatchObject({ release: 2, outcome: "succeeded" });
  });
  afterAll(() => shop.close());

  const look = () => ({ aws: shop.aws, descriptor: shop.descriptor });

  test("the waterfall's steps add up to the release's duration within 5 %", async () => {
    for (const number of [1, 2]) {
      const { release, durationMs = 0, otherMs } = await releaseTimeline(look(), number);
      const steps = release.phases.filter(({ within }) => within === undefined);
      const sum = steps.reduce((total, step) => total + step.durationMs, 0);
      expect(Math.abs(durationMs - sum)).toBeLessThan(durationMs * 0.05);
      expect(otherMs).toBe(durationMs - sum);
      for (const [at, step] of steps.entries()) {
        const { startMs = 0, durationMs: before = 0 } = steps[at - 1] ?? {};
        expect(step.startMs).toBeGreaterThanOrEqual(startMs + before);
      }
    }
  });

  test("a rollout's parts lie within it, and those of a service fill its time", async () => {
    const { release } = await releaseTimeline(look(), 2);
    const rollouts = release.phases.find(({ name }) => name === "rollouts");
    const end = (part: { startMs: number; durationMs: number }) => part.startMs + part.durationMs;
    for (const service of ["web", "worker"]) {
      const parts = release.phases.filter(({ of, within }) => of === service && within === "rollouts");
      expect(parts.map(({ name }) => name)).toContain("start");
      for (const [at, part] of parts.entries()) {
        expect(part.startMs).toBe(at === 0 ? part.startMs : end(parts[at - 1] ?? part));
        expect(part.startMs).toBeGreaterThanOrEqual(rollouts?.startMs ?? 0);
        expect(end(part)).toBeLessThanOrEqual(end(rollouts ?? part));
      }
    }
    const others = release.phases.filter(({ within }) => within !== undefined && within !== "rollouts");
    expect(others).toContainEqual(expect.objectContaining({ name: "task", of: "migrate", within: "before-tasks" }));
    expect(others).toContainEqual(expect.objectContaining({ name: "push", of: "app", within: "images" }));
  });

  test("a plan right after a release has nothing to change", async () => {
    const plan: ReleasePlan = await planRelease({ ...look(), app: await shop.app() });
    expect(plan.serving).toBe(2);
    expect(plan.workloads.map(({ name, action, differences }) => [name, action, differences])).toEqual([
      ["web", "none", []],
      ["worker", "none", []],
      ["migrate", "none", []],
    ]);
    expect(plan.rules).toEqual([]);
  });

  test("status tells tasks by zone, and a secret that was changed since they started", async () => {
    const { services, lock, unfinished } = await environmentStatus(look());
    expect([lock, unfinished]).toEqual([undefined, undefined]);
    const web = services.find(({ name }) => name === "web");
    expect(web).toMatchObject({ desired: 2, running: 2, healthy: 2, rollout: undefined, staleSecrets: [] });
    const running = web?.tasks.filter(({ status }) => status === "RUNNING");
    expect(running?.map(({ target }) => target)).toEqual(["healthy", "healthy"]);
    expect(new Set(running?.map(({ zone }) => zone)).size).toBe(2);
    await shop.aws.secretsManager.putSecretValue({
      SecretId: "/shop/local/database-password",
      SecretString: "hunter3",
    });
    const after = await environmentStatus(look());
    expect(after.services.map(({ name, staleSecrets }) => [name, staleSecrets.length])).toEqual([
      ["web", 1],
      ["worker", 0],
    ]);
    const [stale] = after.services[0]?.staleSecrets ?? [];
    expect(stale).toMatchObject({ variables: ["DATABASE_PASSWORD"], tasks: 2 });
  });

  test("events tell rollouts, what the scheduler did, and stacks, in order", async () => {
    const found: EnvironmentEvent[] = [];
    const request = { ...look(), app: await shop.app(), follow: false };
    for await (const event of readEvents(request)) found.push(event);
    expect(found.map(({ at }) => at)).toEqual(found.map(({ at }) => at).toSorted((a, b) => a - b));
    const told = found.map(({ source, subject, message }) => `${source} ${subject} ${message}`);
    expect(told).toContain("rollout web rollout of shop-local-web:2: successful");
    expect(told.some((line) => /^service web has reached a steady state/.test(line))).toBe(true);
    expect(told.some((line) => /^stack shop-local .*CREATE_COMPLETE/.test(line))).toBe(true);
  });

  test("a sidecar's log lines name it", async () => {
    const containers = new Set<string>();
    for await (const line of readLogs({ ...look(), workloads: ["web", "worker"], follow: false })) {
      containers.add(`${line.workload}/${line.container}`);
    }
    expect(containers).toContain("web/web");
    expect([...containers].filter((each) => each.endsWith("/agent"))).toHaveLength(1);
  });
});
