// The quickstart through the command line, as a newcomer goes: a copy of the example, a state directory of its own.
import { execFile, execFileSync, spawn } from "node:child_process";
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { promisify } from "node:util";
import { connectAws } from "@fardel/core";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";

const root = resolve(import.meta.dirname, "..", "..");
const launcher = join(root, "packages", "cli", "bin", "fardel.js");
const directory = mkdtempSync(join(tmpdir(), "fardel-quickstart-"));
const app = join(directory, "app");

interface Ended {
  exitCode: number | null;
  stdout: string;
  stderr: string;
  milliseconds: number;
}

function fardel(...args: string[]): Promise<Ended> {
  const { AWS_ENDPOINT_URL: _, CI: __, ...inherited } = process.env;
  const env = { ...inherited, NO_COLOR: "1", XDG_STATE_HOME: directory, XDG_CACHE_HOME: directory };
  const started = performance.now();
  const child = spawn(process.execPath, [launcher, ...args], { cwd: app, env });
  let stdout = "";
  let stderr = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    stdout += text;
  });
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    stderr += text;
  });
  return new Promise((settle) =>
    child.on("close", (exitCode) => settle({ exitCode, stdout, stderr, milliseconds: performance.now() - started })),
  );
}

/** The same where it has to end well. */
async function succeed(...args: string[]): Promise<Ended> {
  const ended = await fardel(...args);
  expect(ended.exitCode, ended.stderr).toBe(0);
  return ended;
}

function edit(file: string, change: (text: string) => string): void {
  const path = join(app, file);
  writeFileSync(path, change(readFileSync(path, "utf8")));
}

let endpoint: string;
let address: string;

async function localStatus(): Promise<{ endpoint: string; pid: number; region: string }> {
  return JSON.parse((await succeed("local", "status", "--json")).stdout);
}

async function text(path: string): Promise<string> {
  const response = await fetch(`${address}${path}`);
  expect(response.status).toBe(200);
  return response.text();
}

beforeAll(async () => {
  cpSync(join(root, "examples", "quickstart"), app, {
    recursive: true,
    filter: (path) => !path.endsWith("node_modules"),
  });
  // Any free port: the usual one may be in use by whoever runs this test.
  await succeed("local", "start", "--port", "0");
  ({ endpoint } = await localStatus());
});
afterAll(async () => {
  await fardel("local", "reset", "--yes");
  rmSync(directory, { recursive: true, force: true });
});

describe("quickstart", () => {
  test("comes up, and shows rows that the worker has written after the migration", async () => {
    const { stdout, stderr } = await succeed("up");
    address = stdout.trim();
    expect(address).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/);
    expect(stderr).toContain("task migrate | The table ticks is there.");
    const rows = await vi.waitUntil(async () => {
      const found: { worker: string }[] = JSON.parse(await text("/rows.json"));
      return found.length > 0 && found;
    });
    expect(rows[0]).toMatchObject({ id: expect.any(String), worker: expect.any(String) });
    expect(await text("/")).toContain("<h1>It works</h1>");
  });

  test("has nothing to do when nothing has changed, and says so in under 2 seconds", async () => {
    const { stdout, stderr, milliseconds } = await succeed("up");
    expect(stderr).toContain("Nothing has changed: release 1 serves.");
    expect(stdout).toBe(`${address}\n`);
    // Other tests share the machine: the fastest of three is what fardel takes.
    const again = [await succeed("up"), await succeed("up")].map((run) => run.milliseconds);
    expect(Math.min(milliseconds, ...again)).toBeLessThan(2_000);
    expect((await succeed("plan")).stdout).not.toContain("Infrastructure");
  });

  test("rolls out a changed source", async () => {
    edit("server.js", (source) => source.replace("It works", "It works better"));
    await succeed("deploy");
    expect(await text("/")).toContain("<h1>It works better</h1>");
  });

  test("rolls back", async () => {
    await succeed("rollback");
    expect(await text("/")).toContain("<h1>It works</h1>");
  });

  test("returns by itself from a source that crashes at start, and says why", async () => {
    edit("server.js", () => 'throw new Error("no idea how to start");');
    const { exitCode, stderr } = await fardel("deploy");
    expect(exitCode, stderr).toBe(3);
    expect(stderr).toContain("Release 4 was rolled back");
    expect(stderr).toMatch(/stopCode +EssentialContainerExited/);
    expect(stderr).toMatch(/container +web: exit code 1/);
    expect(stderr).toContain("Error: no idea how to start");
    expect(stderr).toContain("Release 3 serves.");
    expect(await text("/")).toContain("<h1>It works</h1>");
  });

  test("remembers every release", async () => {
    const { releases } = JSON.parse((await succeed("history", "--json")).stdout);
    const facts = releases.map(({ number, outcome, rollbackTo }: Record<string, unknown>) => [
      number,
      outcome,
      rollbackTo,
    ]);
    expect(facts).toEqual([
      [4, "rolled back", undefined],
      [3, "succeeded", 1],
      [2, "succeeded", undefined],
      [1, "succeeded", undefined],
    ]);
  });

  test("shows what runs and what it writes", async () => {
    const status = JSON.parse((await succeed("status", "--json")).stdout);
    expect(status).toMatchObject({
      url: address,
      serving: { number: 3 },
      services: [{ name: "web" }, { name: "worker" }],
    });
    expect((await succeed("logs", "worker")).stdout).toMatch(/ worker .* writes a row every second\./);
  });

  test("runs a task, and a command in a service's image", async () => {
    expect((await succeed("run", "migrate")).stderr).toContain("The table ticks is there.");
    const { exitCode, stderr } = await fardel("run", "web", "--", "node", "-e", "console.log(6 * 7); process.exit(7)");
    expect(exitCode).toBe(7);
    expect(stderr).toMatch(/task web \| 42\n[\s\S]*exit code 7/);
  });

  test("goes down without leaving a process or a port, but the database", async () => {
    const { pid } = await localStatus();
    expect(await wordsAt(`${address}/rows.json`)).toContain('"id"');
    expect(await wordsAt(`${endpoint}/_drydock/status`)).toContain(`"pid":${pid}`);
    const running = await descendants(pid);
    expect(running.length).toBeGreaterThan(3);
    const { stdout } = await succeed("down", "--yes");
    expect(stdout).toContain("Database main stays");
    // Another region of this machine may have taken the ports by now.
    expect(await wordsAt(`${address}/rows.json`)).not.toContain('"id"');
    expect(await wordsAt(`${endpoint}/_drydock/status`)).not.toContain(`"pid":${pid}`);
    // They have been told to end; on a busy machine the last of it takes a moment.
    await expect.poll(() => [pid, ...running].filter(isAlive), { timeout: 10_000 }).toEqual([]);
  });

  test("comes back to the same rows, and leaves nothing when the data may go", async () => {
    edit("server.js", () => readFileSync(join(root, "examples", "quickstart", "server.js"), "utf8"));
    address = (await succeed("up")).stdout.trim();
    const [newest] = JSON.parse(await text("/rows.json"));
    expect(Number(newest.id)).toBeGreaterThan(5);
    await succeed("down", "--data", "--yes");
    await succeed("local", "start");
    expect(await leftovers()).toEqual({
      stacks: [],
      clusters: [],
      balancers: [],
      groups: [],
      buckets: [],
      parameters: [],
    });
    await succeed("local", "stop");
  });
});

/** What answers there; nothing where nobody does. */
function wordsAt(url: string): Promise<string> {
  return fetch(url).then(
    (response) => response.text(),
    () => "",
  );
}

/** Process ids of all that a process has started, directly or not. */
async function descendants(pid: number): Promise<number[]> {
  const { stdout } = await promisify(execFile)("ps", ["-eo", "pid=,ppid="]);
  const all = stdout
    .trim()
    .split("\n")
    .map((line) => line.trim().split(/\s+/).map(Number));
  const below = (parent: number): number[] =>
    all.flatMap(([child = 0, itsParent]) => (itsParent === parent ? [child, ...below(child)] : []));
  return below(pid);
}

function isAlive(pid: number): boolean {
  try {
    return !execFileSync("ps", ["-o", "stat=", "-p", String(pid)], { encoding: "utf8" }).startsWith("Z");
  } catch {
    return false;
  }
}

async function leftovers() {
  const { endpoint, region } = await localStatus();
  const aws = connectAws({ environment: "local", region, endpoint }, {});
  const [stacks, clusters, balancers, groups, buckets, parameters] = await Promise.all([
    aws.cloudFormation.describeStacks({}),
    aws.ecs.listClusters({}),
    aws.elbv2.describeLoadBalancers({}),
    aws.logs.describeLogGroups({}),
    aws.s3.listBuckets({}),
    aws.ssm.describeParameters({}),
  ]);
  return {
    stacks: stacks.Stacks ?? [],
    clusters: clusters.clusterArns ?? [],
    balancers: balancers.LoadBalancers ?? [],
    groups: groups.logGroups ?? [],
    buckets: buckets.Buckets ?? [],
    parameters: parameters.Parameters ?? [],
  };
}
