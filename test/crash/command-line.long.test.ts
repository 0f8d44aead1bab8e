import { afterAll, beforeAll, expect, test } from "vitest";
import { CrashingShop } from "./crashing-shop.fixture.ts";

const shop = new CrashingShop();

beforeAll(() => shop.up({ text: "one" }));
afterAll(() => shop.close());

const release = async () => (await shop.newest())[0];

// `every-step.long.test.ts` has the rest.
test.each([
  ["with the lock and without a number", "answer:6"],
  ["with a number", 'line:"release.started"'],
  ["when ECS has been told and hasn't answered", "answer:34"],
  ["when everything serves and nothing is recorded", 'line:"rollout.finished"'],
])("the command line killed %s (%s): the next release ends right", async (_, diesAt) => {
  shop.write({ text: diesAt });
  const killed = await shop.fardel(["deploy", "--json"], diesAt);
  expect(killed.signal, killed.stderr).toBe("SIGKILL");
  const again = await shop.fardel(["deploy"]);
  expect(again.exitCode, again.stderr).toBe(0);
  await shop.expectInOrder({ text: diesAt, release: (await release())?.number ?? 0 });
});

test("a migration that outlives its release is waited for, and none runs beside it", async () => {
  shop.write({ text: "slowly", migrationMs: 2_000 });
  await shop.fardel(["deploy", "--json"], 'line:"task.started"');
  const again = await shop.succeed("deploy");
  const [newest, killed] = await shop.newest(2);
  expect(again.stderr).toMatch(/^Took over the lock that .+ on .+ has held since .+: its process is gone\.$/m);
  expect(again.stderr).toMatch(
    new RegExp(`^The task migrate of release ${killed?.number} still runs \\(\\w{8}\\): waiting for its end\\.$`, "m"),
  );
  expect(killed).toMatchObject({
    outcome: "failed",
    failure: "It was interrupted: the process that ran it ended before the release did.",
  });
  await shop.expectInOrder({ text: "slowly", release: newest?.number ?? 0 });
});

test("a lock whose holder lives is respected until its lease has ended", async () => {
  const { aws, descriptor } = await shop.connect();
  const now = Date.now();
  const holdUntil = (until: number) =>
    aws.s3.putObject({
      Bucket: descriptor.stateBucket,
      Key: "locks/shop/local.json",
      Body: JSON.stringify({
        actor: "grace",
        host: "build",
        pid: process.pid,
        action: "deploy",
        release: 90,
        since: new Date(now).toISOString(),
        until: new Date(until).toISOString(),
      }),
    });
  shop.write({ text: "patience" });
  await holdUntil(now + 3_600_000);
  const refused = await shop.fardel(["deploy"]);
  expect(refused.exitCode).toBe(5);
  expect(refused.stderr).toContain("✗ Release 90 (deploy) of shop in local is under way.");
  expect(refused.stderr).toContain("held by grace on build since");
  await holdUntil(now - 1);
  const { stderr } = await shop.succeed("deploy");
  expect(stderr).toMatch(/^Took over the lock that grace on build has held since .+: its lease has ended\.$/m);
  await shop.expectInOrder({ text: "patience", release: (await release())?.number ?? 0 });
});

test("a release that fails after an interrupted one goes back to what served, not to what was half-made", async () => {
  shop.write({ text: "two", worker: true });
  await shop.succeed("up");
  const serving = (await release())?.number ?? 0;
  shop.write({ text: "three", worker: true, crashes: true, crashesAfterMs: 3000 });
  const workerServes = 'line:"rollout.finished","service":"worker","outcome":"serving"';
  expect(await shop.fardel(["deploy", "--json"], workerServes)).toMatchObject({ signal: "SIGKILL" });
  const again = await shop.fardel(["deploy"]);
  expect(again.exitCode, again.stderr).toBe(3);
  await shop.expectInOrder({ text: "two", release: serving });
});

test("a service that only an interrupted release knew goes with the next one", async () => {
  shop.write({ text: "four" });
  await shop.succeed("up");
  shop.write({ text: "five", worker: true });
  const workerRuns = 'line:"rollout.progress","service":"worker"';
  expect(await shop.fardel(["up", "--json"], workerRuns)).toMatchObject({ signal: "SIGKILL" });
  shop.write({ text: "six" });
  await shop.succeed("deploy");
  await shop.expectInOrder({ text: "six", release: (await release())?.number ?? 0 });
});
