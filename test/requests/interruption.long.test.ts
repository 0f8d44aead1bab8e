import { afterAll, beforeAll, expect, test } from "vitest";
import { expectNoneLost, RolloutApp } from "../e2e/rollout.fixture.ts";

const app = new RolloutApp();
const service = "rollout-web";

/**
 * On Spot, a task's SIGTERM is the warning, while the load balancer still sends to it: an app that is to lose nothing goes
 * on serving for a while.
 */
beforeAll(async () => {
  app.edit("fardel.yaml", (manifest) => `${manifest}    env: { SERVES_ON: "5000" }\n`);
  await app.up();
  await app.update(service, {
    capacityProviderStrategy: [{ capacityProvider: "FARGATE_SPOT", weight: 1 }],
    forceNewDeployment: true,
  });
});
afterAll(() => app.close());

test("no request is lost when AWS takes a Spot task back", async () => {
  const interruption = await app.loadDuring(async () => {
    const { tasks } = await app.fault({ kind: "spot-interruption", count: 1 });
    expect(tasks).toHaveLength(1);
    await app.stopped(tasks);
    await app.settled(service);
  });
  expectNoneLost(interruption);
});

test("when a zone is lost, what was under way there is, and nothing once its tasks are replaced elsewhere", async () => {
  const { load, result: tasks } = await app.loadDuring(async () => {
    const { tasks } = await app.fault({ kind: "zone-loss", zone: "eu-west-1a" });
    await app.stopped(tasks);
    await app.settled(service);
    return tasks;
  });
  expect(tasks).toHaveLength(1);
  expect(load.lost).toBeGreaterThan(0);
  const targets = new Set(load.losses.flatMap((line) => /from ([\d.]+)/.exec(line)?.[1] ?? []));
  expect(targets.size).toBe(1);
  expectNoneLost(await app.loadDuring(async () => {}));
});
