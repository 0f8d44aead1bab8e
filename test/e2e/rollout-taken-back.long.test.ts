import { resolve } from "node:path";
import type { ServiceDeployment } from "@aws-sdk/client-ecs";
import type { ReleaseRecord } from "@fardel/core";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { startLoad } from "../load/open-loop.ts";
import { setDrain } from "./drain.fixture.ts";
import { RolloutApp } from "./rollout.fixture.ts";

const app = new RolloutApp();

beforeAll(async () => {
  // Health checks, drains and bake times pass ten times as fast; processes and requests are as they are.
  app.edit("fardel.yaml", (manifest) =>
    manifest.replace("drain: 3s", "drain: 30s").concat("    rollout: { strategy: blue-green, bake: 60m }\n"),
  );
  await app.up("--time-scale", "10");
});
afterAll(() => app.close());

/** Ends the command line, as kill -9 does, as soon as it has written a line with this text. */
const killedAt = (text: string) => ({
  variables: {
    NODE_OPTIONS: `--import=${resolve(import.meta.dirname, "..", "crash", "dies-at.fixture.ts")} --disable-warning=ExperimentalWarning`,
    FARDEL_TEST_DIES_AT: `line:${text}`,
  },
});
const baking = '"stage":"BAKE_TIME"';

async function newestDeployment(): Promise<ServiceDeployment | undefined> {
  const { serviceDeployments: listed = [] } = await app.aws.ecs.listServiceDeployments({
    cluster: "local",
    service: "rollout-web",
  });
  const { serviceDeployments = [] } = await app.aws.ecs.describeServiceDeployments({
    serviceDeploymentArns: [listed[0]?.serviceDeploymentArn ?? ""],
  });
  return serviceDeployments[0];
}

async function newestRelease(): Promise<ReleaseRecord> {
  const { releases } = JSON.parse((await app.succeed("history", "--json")).stdout);
  return releases[0];
}

const answersWith = (text: string) =>
  app.edit("server.js", (source) => source.replace(/const text = "\w+"/, `const text = "${text}"`));

const untilAnswer = (text: string) =>
  vi.waitUntil(async () => (await app.text()) === `${text}\n`, { timeout: 60_000, interval: 10 });

/** Requests of which every tenth takes 1.5 s, from before some work until after it: none may be lost. */
async function underLoad<T>(work: () => Promise<T>): Promise<T> {
  const load = startLoad({ url: app.url, rate: 50 });
  const more = async (count: number) => {
    const wanted = load.samples.length + count;
    await vi.waitUntil(() => load.samples.length >= wanted, { timeout: 60_000, interval: 10 });
  };
  await more(50);
  const result = await work();
  await more(50);
  const { losses, outcomes } = await load.stop();
  expect(losses).toEqual([]);
  expect(outcomes.slow?.["200"]).toBeGreaterThan(0);
  return result;
}

test("a rollback takes back the release that bakes: the old revision serves within 2 s, and no request is lost", async () => {
  answersWith("two");
  const { deploy, rollback, milliseconds, flip } = await underLoad(async () => {
    const deploying = app.fardel("deploy");
    await untilAnswer("two");
    const began = performance.now();
    const ending = app.fardel("rollback");
    await untilAnswer("one");
    const answered = Date.now();
    const milliseconds = Math.round(performance.now() - began);
    const told = (await newestDeployment())?.rollback?.startedAt?.getTime() ?? 0;
    return {
      milliseconds,
      flip: answered - told,
      deploy: await deploying,
      rollback: await ending,
    };
  });
  console.log(`The old revision served ${flip} ms after ECS was told, ${milliseconds} ms after the command's start.`);
  expect(flip).toBeLessThan(2000);
  expect(rollback.exitCode, rollback.stderr).toBe(0);
  expect(rollback.stderr).toMatch(
    /^Taking back release 2 of ada@example.com on .+, which ends there\.\nECS returns web\.\nRelease 2 was taken back in .+: release 1 serves\.\n$/,
  );
  expect(deploy.exitCode, deploy.stderr).toBe(3);
  expect(deploy.stderr).toMatch(
    /✗ Release 2 was rolled back: it was taken back by ada@example.com on \S+; release 1\s+serves again\./,
  );
  expect(await newestRelease()).toMatchObject({
    number: 2,
    outcome: "rolled back",
    failure: expect.stringMatching(/^It was taken back by ada@example.com on \S+; release 1 serves again\.$/),
  });
  expect(await app.deployments()).toEqual(["PRIMARY rollout-local-web:1"]);
  // From here on no slow requests are under way.
  await setDrain(app.aws, 2);
});

test("where the process has died that watched, the rollback brings the release to its end", async () => {
  answersWith("three");
  const killed = await app.fardelWith(killedAt(baking), "deploy", "--json");
  expect(killed.signal, killed.stderr).toBe("SIGKILL");
  const rollback = await app.fardel("rollback");
  expect(rollback.exitCode, rollback.stderr).toBe(0);
  expect(rollback.stderr).toMatch(
    /^Taking back release 3, which nobody watches\.\nECS returns web\.\nTook over the lock .+: its process is gone\.$/m,
  );
  expect(await newestRelease()).toMatchObject({
    number: 3,
    outcome: "rolled back",
    failure: expect.stringMatching(/^It was taken back by ada@example.com on \S+; release 1 serves again\.$/),
  });
  expect(await app.text()).toBe("one\n");
});

test("no other release begins meanwhile; and where the rollback dies, the one that watches ends as rolled back", async () => {
  answersWith("four");
  const deploying = app.fardel("deploy");
  await untilAnswer("four");
  const second = await app.fardel("deploy");
  expect(second.exitCode, second.stderr).toBe(5);
  expect(second.stderr).toMatch(
    /^✗ Release 4 \(deploy\) of rollout in local is under way\.\n {2}held by ada@example.com on /m,
  );
  const released = await app.fardel("rollback", "--to", "1");
  expect(released.exitCode, released.stderr).toBe(5);
  expect(released.stderr).toContain("→ Run `fardel rollback` without --to, which takes it back at once");
  const rollback = await app.fardelWith(killedAt("ECS returns"), "rollback", "--json");
  expect(rollback.signal, rollback.stderr).toBe("SIGKILL");
  const deploy = await deploying;
  expect(deploy.exitCode, deploy.stderr).toBe(3);
  expect(await newestRelease()).toMatchObject({ number: 4, outcome: "rolled back" });
});

test("where the process has died that approved it, rejecting it brings the release to its end all the same", async () => {
  answersWith("five");
  app.edit("fardel.yaml", (manifest) => manifest.replace("bake: 60m", "bake: 60m, approve: manual"));
  expect((await app.fardel("deploy", "--no-wait")).exitCode).toBe(4);
  const approve = await app.fardelWith(killedAt(baking), "approve", "--json");
  expect(approve.signal, approve.stderr).toBe("SIGKILL");
  expect(await app.text()).toBe("five\n");
  const reject = await app.fardel("reject");
  expect(reject.exitCode, reject.stderr).toBe(3);
  expect(await newestRelease()).toMatchObject({ number: 5, outcome: "rolled back" });
  expect(await app.text()).toBe("one\n");
  app.edit("fardel.yaml", (manifest) => manifest.replace(", approve: manual", ""));
});

test("a release that somebody else's deployment has overtaken is superseded, and not taken back", async () => {
  answersWith("six");
  const deploying = app.fardel("deploy");
  await untilAnswer("six");
  await app.aws.ecs.updateService({ cluster: "local", service: "rollout-web", forceNewDeployment: true });
  const deploy = await deploying;
  expect(deploy.exitCode, deploy.stderr).toBe(1);
  expect(deploy.stderr.replaceAll(/\s+/g, " ")).toContain(
    "✗ Release 6 was superseded: somebody else has deployed web in the meantime; their deployment goes on.",
  );
  expect(await newestRelease()).toMatchObject({ number: 6, outcome: "superseded" });
});
