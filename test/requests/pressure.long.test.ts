// The same as test/e2e/rollout-under-load.long.test.ts shows, but on a machine that has better things to do: every core computes
// something else all the time, so drydock, the app and the load itself get their turns late.
import { type ChildProcess, spawn } from "node:child_process";
import { availableParallelism } from "node:os";
import { afterAll, beforeAll, expect, test } from "vitest";
import { expectNoneLost, RolloutApp } from "../e2e/rollout.fixture.ts";

const app = new RolloutApp();
let busy: ChildProcess[] = [];

beforeAll(async () => {
  await app.up();
  busy = Array.from({ length: availableParallelism() }, () => spawn(process.execPath, ["-e", "for (;;);"]));
});
afterAll(async () => {
  for (const loop of busy) loop.kill("SIGKILL");
  await app.close();
});

test("no request is lost by a rollout under pressure", async () => {
  app.edit("server.js", (source) => source.replace('"one"', '"two"'));
  const deploy = await app.underLoad("deploy");
  expect(deploy.exitCode, deploy.stderr).toBe(0);
  expectNoneLost(deploy);
  expect(await app.text()).toBe("two\n");
});

test("no request is lost by a rollback under pressure", async () => {
  const rollback = await app.underLoad("rollback");
  expect(rollback.exitCode, rollback.stderr).toBe(0);
  expectNoneLost(rollback);
  expect(await app.text()).toBe("one\n");
});

test("no request is lost by scaling out and in under pressure", async () => {
  expectNoneLost(await app.loadDuring(() => app.update("rollout-web", { desiredCount: 4 })));
  expectNoneLost(await app.loadDuring(() => app.update("rollout-web", { desiredCount: 2 })));
});
