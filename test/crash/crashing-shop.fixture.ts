import { spawn } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import {
  type Aws,
  connectAws,
  type EnvironmentDescriptor,
  loadBalancerUrl,
  type ReleaseRecord,
  readDescriptor,
  releaseHistory,
} from "@fardel/core";
import { type DrydockStatus, readStatus } from "@fardel/drydock/control.ts";
import { expect, vi } from "vitest";

const launcher = resolve(import.meta.dirname, "..", "..", "packages", "cli", "bin", "fardel.js");
const killer = resolve(import.meta.dirname, "dies-at.fixture.ts");

/** Variables of whoever runs the tests that would change what the command line does. */
const meddling = ["AWS_ENDPOINT_URL", "CI", "FARDEL_LOCAL_STATE", "GITHUB_ACTOR", "GITLAB_USER_LOGIN", "NODE_OPTIONS"];

/** On a busy machine a command takes some 30 s; one that waits for ever is to be seen, not waited for. */
const longestCommandMs = 120_000;

export interface Ended {
  exitCode: number | null;
  signal: NodeJS.Signals | null;
  stdout: string;
  stderr: string;
}

export interface ShopOptions {
  /** What web answers with. */
  text: string;
  /** Web ends right after its start. */
  crashes?: boolean;
  /** How long after its start it ends, where it does: others have come to serve by then. */
  crashesAfterMs?: number;
  /** How long the migration takes. */
  migrationMs?: number;
  /** Whether there is a worker beside web. */
  worker?: boolean;
  /** How web is rolled out, as the manifest says it: `{ strategy: canary }`. */
  rollout?: string;
  /** For how long old targets drain. */
  drain?: string;
}

const webSource = `
const { TEXT, CRASHES, CRASHES_AFTER_MS } = require("./settings.json");
if (CRASHES) {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, CRASHES_AFTER_MS);
  throw new Error("no idea how to start");
}
const server = require("node:http").createServer((request, response) => response.end(TEXT));
server.listen(process.env.PORT);
process.on("SIGTERM", () => server.close(() => process.exit(0)));
`;

/** Writes its beginning and its end into a file that all releases share: two at a time would show. */
const migrateSource = `
const { appendFileSync } = require("node:fs");
const { MIGRATION_MS } = require("./settings.json");
const note = (word) => appendFileSync(process.env.LEDGER, word + " " + process.env.RELEASE + "\\n");
note("begin");
setTimeout(() => note("end"), MIGRATION_MS);
`;

const workerSource = `
setInterval(() => {}, 1000);
process.on("SIGTERM", () => process.exit(0));
`;

const workerManifest = `
  worker:
    image: app
    command: [node, worker.cjs]
    health: { command: [node, -e, "0"], interval: 5s, timeout: 20s }
`;

/**
 * An app and an embedded region of its own, both driven through the command line as processes that can be killed at an
 * exact point (`dies-at.fixture.ts`).
 */
export class CrashingShop {
  readonly root = mkdtempSync(join(tmpdir(), "fardel-crash-"));
  readonly directory = join(this.root, "shop");
  readonly state = join(this.root, "fardel", "local");
  private readonly ledger = join(this.root, "migrations");

  constructor() {
    mkdirSync(this.directory);
  }

  /** Starts the region, and releases the app for the first time. */
  async up(options: ShopOptions): Promise<void> {
    this.write(options);
    await this.startRegion();
    await this.succeed("up");
  }

  async close(): Promise<void> {
    await this.fardel(["local", "reset", "--yes"]);
    rmSync(this.root, { recursive: true, force: true });
  }

  write(options: ShopOptions): void {
    const { text, crashes = false, crashesAfterMs = 0, migrationMs = 0, worker = false } = options;
    const { rollout = "{}", drain = "1s" } = options;
    const files = {
      "package.json": JSON.stringify({ name: "shop", version: "1.0.0" }),
      "web.cjs": webSource,
      "worker.cjs": workerSource,
      "migrate.cjs": migrateSource,
      "settings.json": JSON.stringify({
        TEXT: text,
        CRASHES: crashes,
        CRASHES_AFTER_MS: crashesAfterMs,
        MIGRATION_MS: migrationMs,
      }),
      "fardel.yaml": `app: shop
region: eu-west-1
images:
  app: { build: ., builder: node }
services:
  web:
    image: app
    command: [node, web.cjs]
    port: 8080
    route: { path: /* }
    health: { path: /healthz, interval: 5s, timeout: 2s, healthy: 2, unhealthy: 2, grace: 10m, drain: ${drain} }
    rollout: ${rollout}
${worker ? workerManifest : ""}
tasks:
  migrate: { image: app, command: [node, migrate.cjs], env: { LEDGER: ${this.ledger}, RELEASE: "\${release}" } }
release:
  before: [migrate]
`,
    };
    for (const [name, content] of Object.entries(files)) writeFileSync(join(this.directory, name), content);
  }

  /** @param diesAt where drydock is to be killed: see `dies-at.fixture.ts`. */
  startRegion(diesAt?: string): Promise<Ended> {
    const port = existsSync(this.state) ? [] : ["--port", "0"];
    return this.fardel(["local", "start", "--time-scale", "20", ...port], diesAt);
  }

  /** Runs the command line to its end, or to where it is killed. */
  fardel(args: readonly string[], diesAt?: string): Promise<Ended> {
    const env: NodeJS.ProcessEnv = {
      ...process.env,
      NO_COLOR: "1",
      XDG_STATE_HOME: this.root,
      XDG_CACHE_HOME: this.root,
    };
    for (const name of meddling) delete env[name];
    if (diesAt !== undefined) {
      env.FARDEL_TEST_DIES_AT = diesAt;
      env.NODE_OPTIONS = `--import=${killer} --disable-warning=ExperimentalWarning`;
    }
    const child = spawn(process.execPath, [launcher, ...args], { cwd: this.directory, env });
    let stdout = "";
    let stderr = "";
    child.stdout.setEncoding("utf8").on("data", (text: string) => {
      stdout += text;
    });
    child.stderr.setEncoding("utf8").on("data", (text: string) => {
      stderr += text;
    });
    const said = () => `fardel ${args.join(" ")}\n${stdout}\n${stderr}`;
    return new Promise((settle, reject) => {
      const limit = setTimeout(() => {
        reject(new Error(`Has not ended after ${longestCommandMs / 1000} s: ${said()}`));
        child.kill("SIGKILL");
      }, longestCommandMs);
      child.on("close", (exitCode, signal) => {
        clearTimeout(limit);
        settle({ exitCode, signal, stdout, stderr });
      });
    });
  }

  async succeed(...args: string[]): Promise<Ended> {
    const ended = await this.fardel(args);
    expect(ended.exitCode, ended.stderr).toBe(0);
    return ended;
  }

  async region(): Promise<DrydockStatus> {
    const running = await readStatus(this.state);
    if (running === undefined) throw new Error(`No drydock answers for ${this.state}.`);
    return running;
  }

  async killRegion(): Promise<void> {
    process.kill((await this.region()).pid, "SIGKILL");
    await this.untilRegionDies();
  }

  async regionLives(): Promise<boolean> {
    return (await readStatus(this.state)) !== undefined;
  }

  async untilRegionDies(): Promise<void> {
    const lives = async () => ((await this.regionLives()) ? "lives" : "is gone");
    await vi.waitFor(async () => expect(await lives(), "drydock").toBe("is gone"), { timeout: 90_000, interval: 20 });
  }

  async connect(): Promise<{ aws: Aws; descriptor: EnvironmentDescriptor }> {
    const { endpoint, region } = await this.region();
    const aws = connectAws({ environment: "local", region, endpoint }, {});
    return { aws, descriptor: await readDescriptor(aws, "shop", "local") };
  }

  async newest(count = 1): Promise<ReleaseRecord[]> {
    return await releaseHistory(await this.connect(), count);
  }

  /** Migrations of each release, in the order in which they began; throws when one began before another had ended. */
  migrations(): string[] {
    const lines = existsSync(this.ledger) ? readFileSync(this.ledger, "utf8").trim().split("\n") : [];
    const open = new Set<string>();
    const begun: string[] = [];
    for (const line of lines) {
      const [word = "", release = ""] = line.split(" ");
      if (word === "end") open.delete(release);
      else {
        if (open.size > 0) throw new Error(`Two migrations at a time: ${lines.join(", ")}`);
        open.add(release);
        begun.push(release);
      }
    }
    return begun;
  }

  /**
   * Everything agrees: the records, what ECS says, what answers, and the processes of this machine.
   *
   * @param serving what is to serve: web's answer, and the release whose task definitions run.
   */
  async expectInOrder(serving: { text: string; release: number }): Promise<void> {
    const { aws, descriptor } = await this.connect();
    const { cluster } = descriptor;
    const records = await releaseHistory({ aws, descriptor }, 1000);
    expect(records.filter(({ outcome }) => outcome === "in progress").map(({ number }) => number)).toEqual([]);
    const release = records.find(({ number }) => number === serving.release);
    const released = release?.services ?? {};

    const { serviceArns = [] } = await aws.ecs.listServices({ cluster });
    const { services = [] } = await aws.ecs.describeServices({ cluster, services: serviceArns });
    const wanted = Object.entries(released).map(([name, { taskDefinition }]) => [
      `shop-${name}`,
      `PRIMARY COMPLETED ${taskDefinition}`,
    ]);
    const found = services.map(({ serviceName, deployments = [] }) => [
      serviceName,
      ...deployments.map((each) => `${each.status} ${each.rolloutState} ${each.taskDefinition}`),
    ]);
    expect(found.toSorted()).toEqual(wanted.toSorted());
    const strategy = release?.configuration.services.web?.rollout.strategy;
    await this.expectRulesInOrder(strategy === "rolling" ? ["http"] : ["http", "test"]);
    const lock = aws.s3.headObject({ Bucket: descriptor.stateBucket, Key: "locks/shop/local.json" });
    await expect(lock).rejects.toThrow("NotFound");
    const migrations = this.migrations();
    expect(migrations).toEqual([...new Set(migrations)]);

    const { taskArns = [] } = await aws.ecs.listTasks({ cluster });
    expect(taskArns).toHaveLength(services.length);
    const ids = taskArns.map((arn) => arn.split("/").at(-1));
    // A task that has been stopped may still be on its way out of this machine.
    await vi.waitUntil(() => same(this.taskDirectories(), ids), { timeout: 20_000 });
    await vi.waitUntil(() => same(this.taskProcesses(), ids), { timeout: 20_000 });
    expect(await (await fetch(await this.url())).text()).toBe(serving.text);
  }

  /**
   * The listener for everybody, and that for test traffic where ECS has shifted some, have one rule each, for web: it sends all
   * there is to the target group with web's task, which is healthy, and no other target group has any.
   */
  private async expectRulesInOrder(listeners: readonly ("http" | "test")[]): Promise<void> {
    const { aws, descriptor } = await this.connect();
    const groups = [descriptor.targetGroups, descriptor.alternateTargetGroups].flatMap(({ web }) => web ?? []);
    const targets = await Promise.all(
      groups.map(async (TargetGroupArn) => {
        const { TargetHealthDescriptions = [] } = await aws.elbv2.describeTargetHealth({ TargetGroupArn });
        return TargetHealthDescriptions.map(({ TargetHealth }) => `${TargetGroupArn} ${TargetHealth?.State}`);
      }),
    );
    for (const name of listeners) {
      const ListenerArn = descriptor.loadBalancer?.listeners[name];
      const { Rules = [] } = await aws.elbv2.describeRules({ ListenerArn });
      expect(
        Rules.map(({ Priority }) => Priority),
        name,
      ).toEqual(["10", "default"]);
      const { TargetGroupArn, ForwardConfig } = Rules[0]?.Actions?.[0] ?? {};
      const weighted = ForwardConfig?.TargetGroups?.filter(({ Weight }) => Weight !== 0) ?? [{ TargetGroupArn }];
      expect(targets.flat()).toEqual(weighted.map((group) => `${group.TargetGroupArn} healthy`));
    }
  }

  /** Where the load balancer answers. */
  async url(): Promise<string> {
    const { aws, descriptor } = await this.connect();
    return (await loadBalancerUrl(aws, descriptor)) ?? "";
  }

  /** Of this region, those whose command lines hold both words, by pid; children of such a process left out. */
  processes(program: string, word: string): string[] {
    return processIds().filter((pid) => {
      const line = fileOf(pid, "cmdline").split("\0");
      return line[0]?.endsWith(program) && line.some((part) => part.includes(this.state) && part.includes(word));
    });
  }

  /** The tasks that have files on this machine. */
  taskDirectories(): string[] {
    const tasks = join(this.state, "tasks");
    return existsSync(tasks) ? readdirSync(tasks) : [];
  }

  /** The tasks of this region that have a process, whether the region knows of it or not. */
  taskProcesses(): string[] {
    const found = new Set<string>();
    for (const pid of processIds()) {
      const environment = fileOf(pid, "environ").split("\0");
      const container = environment.find((entry) => entry.startsWith(`DRYDOCK_CONTAINER=${this.state}/`));
      if (container !== undefined) found.add(container.split("/").at(-2) ?? "");
    }
    return [...found];
  }
}

function same(found: readonly string[], wanted: readonly (string | undefined)[]): boolean {
  return found.toSorted().join() === wanted.toSorted().join();
}

function processIds(): string[] {
  return process.platform === "linux" ? readdirSync("/proc").filter((name) => /^\d+$/.test(name)) : [];
}

/** Empty for a process that is gone. */
function fileOf(pid: string, name: "cmdline" | "environ"): string {
  try {
    return readFileSync(`/proc/${pid}/${name}`, "utf8");
  } catch {
    return "";
  }
}
