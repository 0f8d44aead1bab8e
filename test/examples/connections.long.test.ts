// System E on this machine, through the command line: a developer's repository, a clone of it as CI checks it out, one region.
import { execFileSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import type { Service, TaskDefinition } from "@aws-sdk/client-ecs";
import { type Aws, connectAws } from "@fardel/core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type CommandPlace, type Ended, fardel, resultOf, succeed } from "../command-line.ts";
import { startLoad } from "../load/open-loop.ts";

const example = resolve(import.meta.dirname, "..", "..", "examples", "connections");
const root = mkdtempSync(join(tmpdir(), "fardel-connections-"));
const home = join(root, "home");
const developer: CommandPlace = { directory: join(root, "connections"), home };

let aws: Aws;
/** Where the load balancer answers, and where what waits for its approval does. */
let address: string;
let testAddress: string;

beforeAll(async () => {
  cpSync(example, developer.directory, { recursive: true, filter: (from) => !from.endsWith("node_modules") });
  mkdirSync(home);
  git("init", "--initial-branch", "main");
  git("config", "user.email", "ada@example.com");
  git("config", "user.name", "Ada");
  // At ten times the pace that is two seconds for a request to end: a busy machine may need them.
  editManifest("drain: 5s", "drain: 20s");
  commit("Connections");
  await succeed(developer, "local", "start", "--port", "0", "--time-scale", "10");
  const { endpoint, region } = resultOf(await succeed(developer, "local", "status", "--json"));
  aws = connectAws({ environment: "local", region, endpoint }, {});
});
afterAll(async () => {
  await fardel(developer, "local", "reset", "--yes");
  rmSync(root, { recursive: true, force: true });
});

function git(...args: string[]): void {
  execFileSync("git", args, { cwd: developer.directory, stdio: "pipe", timeout: 60_000 });
}

function editManifest(from: string, to: string): void {
  const path = join(developer.directory, "fardel.yaml");
  const manifest = readFileSync(path, "utf8");
  expect(manifest).toContain(from);
  writeFileSync(path, manifest.replace(from, to));
}

function commit(message: string): void {
  git("add", "--all");
  git("commit", "--message", message);
}

/** What a developer does for a release: changes, the version in package.json, a commit, an annotated tag. */
function tagVersion(version: string, files: Record<string, string> = {}): void {
  for (const [name, content] of Object.entries(files)) writeFileSync(join(developer.directory, name), content);
  const manifest = join(developer.directory, "package.json");
  writeFileSync(manifest, readFileSync(manifest, "utf8").replace(/"version": "[^"]+"/, `"version": "${version}"`));
  commit(version);
  git("tag", "--annotate", `v${version}`, "--message", version);
}

/** What CI does when somebody has pushed a tag: a checkout of it, without a branch, by the user who has pushed. */
function checkOutInCi(tag: string): CommandPlace {
  const directory = join(root, `ci-${tag}`);
  git("clone", "--depth", "1", "--branch", tag, `file://${developer.directory}`, directory);
  return { directory, home, variables: { CI: "true", GITHUB_ACTOR: "grace", GITHUB_REF: `refs/tags/${tag}` } };
}

async function versionAt(url: string): Promise<unknown> {
  const response = await fetch(url);
  return response.status === 200 ? response.json() : response.status;
}

/** Runs a command up to its gate, does something there, and gives what both have come to. */
async function atGate<T>(args: string[], work: () => Promise<T>): Promise<[Ended, T]> {
  const waiting = Promise.withResolvers<string>();
  const onStderr = (text: string) => {
    const [, url] = /^web: waits for approval \(try it at (\S+)\)/m.exec(text) ?? [];
    if (url !== undefined) waiting.resolve(url);
  };
  const command = fardel({ ...developer, onStderr }, ...args);
  const endedEarly = command.then(({ stderr }) => Promise.reject(new Error(`It didn't wait: ${stderr}`)));
  testAddress = await Promise.race([waiting.promise, endedEarly]);
  endedEarly.catch(() => {});
  const done = await work();
  return [await command, done];
}

/** What becomes of requests while something is done: none may be lost. */
async function underLoad<T>(work: () => Promise<T>): Promise<T> {
  const load = startLoad({ url: address, rate: 20, mix: { plain: 100 } });
  const done = await work();
  const { losses, requests } = await load.stop();
  expect(losses).toEqual([]);
  expect(requests).toBeGreaterThan(0);
  return done;
}

async function ecsService(): Promise<Service> {
  const { services = [] } = await aws.ecs.describeServices({ cluster: "local", services: ["connections-web"] });
  return services[0] ?? {};
}

async function definition(): Promise<TaskDefinition> {
  const { taskDefinition } = await aws.ecs.describeTaskDefinition({
    taskDefinition: (await ecsService()).taskDefinition,
  });
  return taskDefinition ?? {};
}

/** Tags of the image by digest, without those by which releases hold on to it. */
async function imageTags(): Promise<Record<string, string[]>> {
  const { images } = resultOf(await succeed(developer, "images", "list", "--json"));
  return Object.fromEntries(images.map(({ digest, tags }: { digest: string; tags: string[] }) => [digest, tags]));
}

async function outcomes(): Promise<[number, string][]> {
  const { releases } = resultOf(await succeed(developer, "history", "--json"));
  return releases.map(({ number, outcome }: { number: number; outcome: string }) => [number, outcome]);
}

describe("connections", () => {
  test("E8: a commit without a tag is not released", async () => {
    const { exitCode, stderr } = await fardel(developer, "up");
    expect(exitCode).toBe(2);
    expect(stderr).toContain("The image tag {tag} can't be made: there is no {tag} here.");
    expect(stderr).toContain("→ Tag the commit (git tag v1.2.3)");
  });

  test("E4, E7: the first version is migrated for, and serves once another process has approved it", async () => {
    git("tag", "--annotate", "v1.0.0", "--message", "1.0.0");
    const [up] = await atGate(["up"], async () => {
      expect(await versionAt(testAddress)).toEqual({ version: "1.0.0", schema: "0002_pairs.sql" });
      const approval = await succeed(developer, "approve");
      expect(approval.stderr).toContain("Approved web of release 1; ada@example.com on");
    });
    expect(up.exitCode, up.stderr).toBe(0);
    expect(up.stderr).toMatch(/task migrate \| Applied 0001_connections\.sql\.\n.*Applied 0002_pairs\.sql\./);
    address = up.stdout.trim();
    expect(await versionAt(address)).toEqual({ version: "1.0.0", schema: "0002_pairs.sql" });
    const met = { person: "Ada", met: "Grace" };
    const response = await fetch(`${address}/connections`, { method: "POST", body: JSON.stringify(met) });
    expect(response.status).toBe(201);
  });

  test("whatever is asked for, it serves on", async () => {
    expect(await versionAt(`${address}//`)).toBe(404);
    expect(await versionAt(address)).toMatchObject({ version: "1.0.0" });
  });

  test("C4: the image was in the registry before there was a service that asks for it", async () => {
    const { imageDetails = [] } = await aws.ecr.describeImages({ repositoryName: "connections/app" });
    expect(imageDetails).toHaveLength(1);
    const { createdAt, events = [] } = await ecsService();
    expect(Number(imageDetails[0]?.imagePushedAt)).toBeLessThan(Number(createdAt));
    expect(events.filter(({ message }) => message?.includes("unable"))).toEqual([]);
  });

  test("E6: the container has DATABASE_URL from Secrets Manager, and its definition only names it", async () => {
    const [web] = (await definition()).containerDefinitions ?? [];
    const named = expect.stringMatching(/^arn:aws:secretsmanager:[a-z0-9-]+:\d{12}:secret:.*:url::$/);
    expect(web?.secrets).toEqual([{ name: "DATABASE_URL", valueFrom: named }]);
    expect(JSON.stringify(web)).not.toContain("postgresql://");
  });

  test("E3, E8: a new tag's image is built and pushed with that tag, then the service is updated to it", async () => {
    tagVersion("1.1.0", { "migrations/0003_place.sql": "ALTER TABLE connections ADD COLUMN place text;\n" });
    const ci = checkOutInCi("v1.1.0");
    const [pushed] = resultOf(await succeed(ci, "images", "push", "--json")).images;
    expect(pushed.tags).toEqual(["v1.1.0"]);
    expect((await imageTags())[pushed.digest]).toEqual(["v1.1.0"]);

    const released = await underLoad(() => fardel(ci, "deploy", "--no-wait"));
    expect(released.exitCode, released.stderr).toBe(4);
    expect(released.stderr).toContain("task migrate | Applied 0003_place.sql.");
    const [web] = (await definition()).containerDefinitions ?? [];
    expect(web?.image).toMatch(new RegExp(`/connections/app@${pushed.digest}$`));
    const { releases } = resultOf(await succeed(developer, "history", "--json"));
    expect(releases[0]).toMatchObject({ number: 2, tag: "v1.1.0", actor: "grace", waiting: { services: ["web"] } });
  });

  test("E4: it can be tested beside the old version, and the load balancer points to it only when it is approved", async () => {
    expect(await versionAt(testAddress)).toEqual({ version: "1.1.0", schema: "0003_place.sql" });
    expect(await versionAt(address)).toEqual({ version: "1.0.0", schema: "0003_place.sql" });
    const { stderr } = await underLoad(() => succeed(developer, "approve"));
    expect(stderr).toMatch(/^Release 2 serves after /m);
    expect(await versionAt(address)).toEqual({ version: "1.1.0", schema: "0003_place.sql" });
    const connections = await (await fetch(`${address}/connections`)).json();
    expect(connections).toMatchObject([{ person: "Ada", met: "Grace" }]);
  });

  test("E7: migrations run by hand, too", async () => {
    const { stderr } = await succeed(developer, "run", "migrate");
    expect(stderr).toContain("Nothing to do: 3 migrations were applied before.");
  });

  test("E7: a migration that fails stops the release before any service is touched, and says why", async () => {
    const before = await definition();
    const migration = "CREATE TABLE events (name text);\nINSERT INTO events (title) VALUES ('FOSDEM');\n";
    tagVersion("1.2.0", { "migrations/0004_events.sql": migration });
    const { exitCode, stderr } = await fardel(developer, "deploy");
    expect(exitCode).toBe(1);
    expect(stderr).toMatch(/^✗ Release 3 failed: .*migrate/m);
    expect(stderr).toContain(
      'task migrate | 0004_events.sql failed and was taken back: column "title" of relation "events" does not exist (line 2)',
    );
    expect(stderr).toContain("Release 2 serves.");
    expect(await definition()).toEqual(before);
    expect(await versionAt(address)).toEqual({ version: "1.1.0", schema: "0003_place.sql" });
  });

  test("E4: what is rejected never gets a request", async () => {
    tagVersion("1.2.1", { "migrations/0004_events.sql": "CREATE TABLE events (name text);\n" });
    await underLoad(async () => {
      const { exitCode, stderr } = await fardel(developer, "deploy", "--no-wait");
      expect(exitCode, stderr).toBe(4);
      expect(await versionAt(testAddress)).toMatchObject({ version: "1.2.1" });
      await fardel(developer, "reject");
    });
    expect(await versionAt(address)).toMatchObject({ version: "1.1.0" });
    expect((await outcomes())[0]).toEqual([4, "rolled back"]);
  });

  test("E10: one command goes back to the last healthy version, also after a rejected release", async () => {
    const { stderr } = await underLoad(() => succeed(developer, "rollback"));
    expect(stderr).toMatch(/^Release 5 serves after /m);
    expect(await versionAt(address)).toEqual({ version: "1.0.0", schema: "0004_events.sql" });
    // Nobody was asked this time; the next release waits again.
    expect((await ecsService()).deploymentConfiguration?.lifecycleHooks).toHaveLength(1);
  });

  test("E9: a developer deploys the image of a chosen tag, whatever is checked out, and nothing is built", async () => {
    const released = await fardel(developer, "deploy", "--tag", "v1.1.0", "--no-wait", "--json");
    expect(released.exitCode, released.stderr).toBe(4);
    expect(released.stdout).not.toContain('"image.built"');
    await succeed(developer, "approve");
    expect(await versionAt(address)).toMatchObject({ version: "1.1.0" });
    expect((await succeed(developer, "history")).stdout).toContain("the images with the tag v1.1.0");
    const { exitCode, stderr } = await fardel(developer, "deploy", "--tag", "v9.9.9");
    expect(exitCode).toBe(1);
    expect(stderr).toContain("No image app has the tag v9.9.9.");
    expect(stderr).toMatch(/There are, newest first: .*v1\.1\.0, v1\.0\.0/);
  });

  test("E4, E10: the old version is kept while the new one bakes, and one command fails over to it", async () => {
    editManifest("bake: 0s", "bake: 60m");
    tagVersion("1.3.0");
    const [released, rollback] = await atGate(["deploy"], async () => {
      await succeed(developer, "approve");
      await expect.poll(() => versionAt(address), { timeout: 60_000 }).toMatchObject({ version: "1.3.0" });
      expect((await ecsService()).runningCount).toBe(2);
      return underLoad(() => succeed(developer, "rollback"));
    });
    expect(rollback.stderr).toMatch(/^Release 7 was taken back in .+: release 6 serves\.$/m);
    expect(await versionAt(address)).toMatchObject({ version: "1.1.0" });
    expect(released.exitCode, released.stderr).toBe(3);
  });

  test("E10: also after a failed migration it leads to the version before the one that serves", async () => {
    tagVersion("1.3.1", { "migrations/0005_none.sql": "ALTER TABLE nothing ADD COLUMN more text;\n" });
    expect((await fardel(developer, "deploy")).exitCode).toBe(1);
    const { stderr } = await succeed(developer, "rollback");
    expect(stderr).toMatch(/^Release 9 serves after /m);
    expect(await versionAt(address)).toMatchObject({ version: "1.0.0" });
  });
});
