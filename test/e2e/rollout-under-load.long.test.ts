import type { ReleaseRecord } from "@fardel/core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { expectNoneLost, RolloutApp, standing } from "./rollout.fixture.ts";

const app = new RolloutApp();
beforeAll(() => app.up());
afterAll(() => app.close());

test("D7: a changed source is rolled out, with two deployments side by side and no request lost", async () => {
  expect(await app.text()).toBe("one\n");
  app.edit("server.js", (source) => source.replace('"one"', '"two"'));
  app.commit();
  const deploy = await app.underLoad("deploy");
  expect(deploy.exitCode, deploy.stderr).toBe(0);
  expectNoneLost(deploy);
  // Each standing WebSocket was cut at the end of its target's drain, and opened anew.
  expect(deploy.load.outcomes["standing websocket"]?.["101"]).toBeGreaterThanOrEqual(2 * standing);
  expect(deploy.deployments).toContainEqual(["PRIMARY rollout-local-web:2", "ACTIVE rollout-local-web:1"]);
  expect(await app.deployments()).toEqual(["PRIMARY rollout-local-web:2"]);
  expect(await app.text()).toBe("two\n");
});

test("a rollback returns to the release before, and no request is lost", async () => {
  const rollback = await app.underLoad("rollback");
  expect(rollback.exitCode, rollback.stderr).toBe(0);
  expectNoneLost(rollback);
  expect(rollback.deployments).toContainEqual(["PRIMARY rollout-local-web:1", "ACTIVE rollout-local-web:2"]);
  expect(await app.text()).toBe("one\n");
});

test("a service is scaled out and in again, and no request is lost", async () => {
  const scaleOut = await app.loadDuring(() => app.update("rollout-web", { desiredCount: 4 }));
  expectNoneLost(scaleOut);
  const scaleIn = await app.loadDuring(() => app.update("rollout-web", { desiredCount: 2 }));
  expectNoneLost(scaleIn);
});

test("a source that crashes at start is taken back, and the screen says why", async () => {
  const crash = 'console.error("Error: no such table: rows");\nprocess.exit(4);\n';
  app.edit("server.js", (source) => `${crash}${source}`);
  app.commit();
  const deploy = await app.underLoad("deploy");
  expect(deploy.exitCode, deploy.stderr).toBe(3);
  expectNoneLost(deploy);
  const { stderr } = deploy;
  expect(stderr).toContain("✗ Release 4 was rolled back: the rollout of web failed; release 3 serves again.");
  expect(stderr).toContain("It exits with code 4 right after its start.");
  expect(stderr).toMatch(/stopCode +EssentialContainerExited\n/);
  expect(stderr).toMatch(/stoppedReason +Essential container in task exited\n/);
  expect(stderr).toMatch(/container +web: exit code 4\n/);
  expect(stderr).toMatch(/its last log lines:\n +Error: no such table: rows\n/);
  expect(stderr).toMatch(/Release 3 serves\.\n$/);
  expect(await app.deployments()).toEqual(["PRIMARY rollout-local-web:1"]);
  expect(await app.text()).toBe("one\n");
});

test("a source whose health path answers 500 is taken back, and the screen says why", async () => {
  app.edit("server.js", (source) => source.slice(source.indexOf("import")).replace("health = 200", "health = 500"));
  const deploy = await app.underLoad("deploy");
  expect(deploy.exitCode, deploy.stderr).toBe(3);
  expectNoneLost(deploy);
  const { stderr } = deploy;
  expect(stderr).toContain("✗ Release 5 was rolled back: the rollout of web failed; release 3 serves again.");
  expect(stderr).toContain("Its health path /healthz answers 500, not 200 to 299.");
  expect(stderr).toMatch(/stopCode +ServiceSchedulerInitiated\n/);
  expect(stderr).toMatch(/stoppedReason +Task failed ELB health checks in \(target-group\n/);
  expect(stderr).toMatch(/target +Health checks failed with these codes: \[500\]\n/);
  expect(stderr).toMatch(/its last log lines:\n +serving two on port \d+\n/);
  expect(stderr).toMatch(/Release 3 serves\.\n$/);
  expect(await app.deployments()).toEqual(["PRIMARY rollout-local-web:1"]);
});

test("a missing secret stops a release before anything is touched", async () => {
  app.edit("fardel.yaml", (manifest) => `${manifest}    secrets: { STRIPE_KEY: stripe-key }\n`);
  const before = await app.aws.ecs.listTaskDefinitions({});
  const deploy = await app.underLoad("deploy");
  expect(deploy.exitCode, deploy.stderr).toBe(1);
  expectNoneLost(deploy);
  expect(deploy.stderr).toBe(`✗ Service web needs the secret /rollout/local/stripe-key, which doesn't exist.
  fardel.yaml:15  services.web.secrets.STRIPE_KEY

  No service was changed.

  → eval "$(fardel local env)"
    aws secretsmanager create-secret --name /rollout/local/stripe-key --secret-string '<value>'
`);
  expect(deploy.deployments).toEqual([["PRIMARY rollout-local-web:1"]]);
  expect((await app.aws.ecs.listTaskDefinitions({})).taskDefinitionArns).toEqual(before.taskDefinitionArns);
});

test("the history tells of each release its outcome, commit, actor and duration", async () => {
  const { releases } = JSON.parse((await app.succeed("history", "--json")).stdout);
  const [first, second, third] = app.commits;
  const facts = (releases as ReleaseRecord[]).map(({ number, outcome, rollbackTo, commit, dirty, actor }) => [
    number,
    outcome,
    rollbackTo,
    commit?.slice(0, 7),
    dirty,
    actor,
  ]);
  expect(facts).toEqual([
    // Released without a commit of its own.
    [5, "rolled back", undefined, third, true, "ada@example.com"],
    [4, "rolled back", undefined, third, undefined, "ada@example.com"],
    [3, "succeeded", 1, first, undefined, "ada@example.com"],
    [2, "succeeded", undefined, second, undefined, "ada@example.com"],
    [1, "succeeded", undefined, first, undefined, "ada@example.com"],
  ]);
  const table = (await app.succeed("history")).stdout;
  expect(table.match(/^\d.*$/gm)?.map((row) => row.replace(/\d+[sm] ago +\d+\.\ds/, "AGO TOOK"))).toEqual([
    expect.stringMatching(`^5 +rolled back +AGO TOOK +${third}\\+ +ada@example.com$`),
    expect.stringMatching(`^4 +rolled back +AGO TOOK +${third} +ada@example.com$`),
    expect.stringMatching(`^3 +serves +AGO TOOK +${first} +ada@example.com$`),
    expect.stringMatching(`^2 +succeeded +AGO TOOK +${second} +ada@example.com$`),
    expect.stringMatching(`^1 +succeeded +AGO TOOK +${first} +ada@example.com$`),
  ]);
});

test("the load does see requests that are lost: those under way in a task that dies", async () => {
  const { load } = await app.loadDuring(() => fetch(`${app.url}/die`));
  expect(load.outcomes.slow?.["502"]).toBeGreaterThan(0);
  expect(load.outcomes.download?.truncated).toBeGreaterThan(0);
  expect(load.outcomes["standing websocket"]?.cut).toBeGreaterThan(0);
  expect(load.losses).toContainEqual(expect.stringMatching(/ download: truncated \(.*, from 10\.\d+\.\d+\.\d+\) /));
});
