import { execFileSync } from "node:child_process";
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import type { Service, UpdateServiceCommandInput } from "@aws-sdk/client-ecs";
import { type Aws, connectAws } from "@fardel/core";
import { expect, vi } from "vitest";
import { type CommandPlace, type Ended, fardel, succeed } from "../command-line.ts";
import { everyKind } from "../load/kinds.ts";
import { type Load, startLoad } from "../load/open-loop.ts";
import type { LoadSummary, Sample } from "../load/samples.ts";
import { TargetWatch } from "./target-watch.fixture.ts";

const usualRate = 200;
/** WebSockets that stay open during a load. */
export const standing = 8;
/** The fixture's deregistration delay, in milliseconds. */
const usualDrain = 3_000;
/** For what takes seconds, on a machine that is busy with other things. */
const patience = { timeout: 100_000, interval: 100 };

/** Some work under load, and what became of the requests. */
export interface LoadDuring<T> {
  load: LoadSummary;
  samples: readonly Sample[];
  /** Requests per second. */
  rate: number;
  result: T;
  /** How long the work took. */
  milliseconds: number;
}

/** A command under load, what became of the requests, and what DescribeServices showed meanwhile. */
interface UnderLoad extends Ended {
  load: LoadSummary;
  /** Each different list of deployments, as `status family:revision`. */
  deployments: string[][];
}

/** The fixture app, committed to git, in a directory and an embedded region of its own, driven through the command line. */
export class RolloutApp {
  readonly root = mkdtempSync(join(tmpdir(), "fardel-rollout-"));
  readonly directory = join(this.root, "app");
  private readonly place = { directory: this.directory, home: this.root };
  readonly commits: string[] = [];
  /** Where the load balancer answers. */
  url = "";
  private client: Aws | undefined;

  constructor() {
    cpSync(join(import.meta.dirname, "fixtures", "rollout"), this.directory, { recursive: true });
  }

  /** Starts the region, with further options of `local start`, and releases the app for the first time. */
  async up(...options: string[]): Promise<void> {
    this.git("init", "--quiet");
    this.git("config", "user.name", "Ada");
    this.git("config", "user.email", "ada@example.com");
    this.commit();
    await this.succeed("local", "start", "--port", "0", ...options);
    const { endpoint, region } = JSON.parse((await this.succeed("local", "status", "--json")).stdout);
    this.client = connectAws({ environment: "local", region, endpoint }, {});
    this.url = (await this.succeed("up")).stdout.trim();
  }

  get aws(): Aws {
    if (this.client === undefined) throw new Error("The region has not been started.");
    return this.client;
  }

  async close(): Promise<void> {
    await this.fardel("local", "reset", "--yes");
    rmSync(this.root, { recursive: true, force: true });
  }

  fardel(...args: string[]): Promise<Ended> {
    return fardel(this.place, ...args);
  }

  /** The same with variables that change what it does, or in a terminal. */
  fardelWith(place: Partial<CommandPlace>, ...args: string[]): Promise<Ended> {
    return fardel({ ...this.place, ...place }, ...args);
  }

  succeed(...args: string[]): Promise<Ended> {
    return succeed(this.place, ...args);
  }

  /** Runs a command while requests come in, and looks at the service's deployments meanwhile. */
  async underLoad(...args: string[]): Promise<UnderLoad> {
    const { load, result } = await this.loadDuring(async () => {
      const watch = this.watchDeployments();
      const ended = await this.fardel(...args);
      return { ...ended, deployments: await watch.stop() };
    });
    return { ...result, load };
  }

  /**
   * What becomes of requests of every kind, 200 a second unless told, that begin before some work and go on after it.
   *
   * @param drain milliseconds for which a target that is taken away is owed its WebSockets.
   */
  async loadDuring<T>(
    work: (load: Load) => Promise<T>,
    { below = "", rate = usualRate, drain = usualDrain }: { below?: string; rate?: number; drain?: number } = {},
  ): Promise<LoadDuring<T>> {
    const targets = await TargetWatch.start(this.aws);
    const mayCut = (target: string, at: number) => targets.drained(target, at, drain);
    const url = `${this.url}${below}`;
    const load = startLoad({ url, rate, mix: everyKind, standing: { count: standing, mayCut } });
    try {
      await moreRequests(load, rate);
      const started = performance.now();
      const result = await work(load);
      const milliseconds = performance.now() - started;
      await moreRequests(load, rate / 2);
      const summary = await load.stop();
      return { load: summary, samples: load.samples, rate, result, milliseconds };
    } finally {
      await load.stop();
      await targets.stop();
    }
  }

  async text(): Promise<string> {
    return (await fetch(this.url)).text();
  }

  edit(file: string, change: (text: string) => string): void {
    const path = join(this.directory, file);
    writeFileSync(path, change(readFileSync(path, "utf8")));
  }

  /** Commits everything; the short hash is the newest of `commits`. */
  commit(): void {
    this.git("add", ".");
    this.git("commit", "--quiet", "--message", "Change it");
    this.commits.push(this.git("rev-parse", "--short=7", "HEAD").trim());
  }

  /** Changes a service by the API, as someone does with the AWS CLI, and waits until it has settled. */
  async update(service: string, change: Omit<UpdateServiceCommandInput, "service">): Promise<void> {
    await this.aws.ecs.updateService({ cluster: "local", service, ...change });
    await this.settled(service);
  }

  /** Waits until a service has as many tasks as it should, of one deployment. */
  async settled(service: string): Promise<void> {
    await vi.waitUntil(async () => {
      const found = await this.describe(service);
      const isComplete = found?.deployments?.every(({ rolloutState }) => rolloutState === "COMPLETED");
      return isComplete && found?.deployments?.length === 1 && found.runningCount === found.desiredCount;
    }, patience);
  }

  /** Waits until tasks have stopped. */
  async stopped(tasks: string[]): Promise<void> {
    await vi.waitUntil(async () => {
      const { tasks: found = [] } = await this.aws.ecs.describeTasks({ cluster: "local", tasks });
      return found.every(({ lastStatus }) => lastStatus === "STOPPED");
    }, patience);
  }

  /** Something goes wrong in the region: `{ kind: "zone-loss", zone: "eu-west-1a" }`. Answers what came of it. */
  async fault(fault: { kind: string } & Record<string, unknown>): Promise<{ tasks: string[] }> {
    const response = await fetch(`${this.aws.target.endpoint}/_drydock/faults`, {
      method: "POST",
      body: JSON.stringify(fault),
    });
    const text = await response.text();
    expect(response.status, text).toBe(200);
    return JSON.parse(text);
  }

  async deployments(): Promise<string[]> {
    const service = await this.describe("rollout-web");
    return (service?.deployments ?? []).map(
      ({ status, taskDefinition }) => `${status} ${taskDefinition?.split("/").at(-1)}`,
    );
  }

  private async describe(service: string): Promise<Service | undefined> {
    return (await this.aws.ecs.describeServices({ cluster: "local", services: [service] })).services?.[0];
  }

  private git(...args: string[]): string {
    return execFileSync("git", args, { cwd: this.directory, encoding: "utf8" });
  }

  private watchDeployments(): { stop(): Promise<string[][]> } {
    const seen = new Map<string, string[]>();
    let watching = true;
    const looking = (async () => {
      while (watching) {
        const deployments = await this.deployments();
        seen.set(deployments.join(), deployments);
        await wait(100);
      }
    })();
    return {
      async stop() {
        watching = false;
        await looking;
        return [...seen.values()];
      },
    };
  }
}

async function moreRequests(load: Load, count: number): Promise<void> {
  const wanted = load.samples.length + count;
  await vi.waitUntil(() => load.samples.length >= wanted, { ...patience, interval: 10 });
}

/** Requests were sent for every second of the work, some of every kind, and not one was lost. */
export function expectNoneLost({
  load,
  milliseconds,
  rate = usualRate,
}: Pick<UnderLoad, "load" | "milliseconds"> & { rate?: number }): void {
  expect(load.losses).toEqual([]);
  for (const kind of [...Object.keys(everyKind), "standing websocket"]) {
    const status = kind.endsWith("websocket") ? "101" : "200";
    expect(load.outcomes[kind], kind).toEqual({ [status]: expect.any(Number) });
  }
  expect(load.requests).toBeGreaterThan((milliseconds / 1000) * rate);
}
