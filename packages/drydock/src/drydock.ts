import { mkdirSync } from "node:fs";
import { readdir, rm } from "node:fs/promises";
import type { Server } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { type Clock, systemClock } from "./clock.ts";
import { createGateway } from "./gateway/gateway.ts";
import { openRegion } from "./opened-region.ts";
import type { TaskRuntime } from "./region.ts";
import { lockDirectory } from "./store/instance-lock.ts";
import { type Collection, Store } from "./store/store.ts";

export interface DrydockOptions {
  /** Where everything is kept; made with mode 0700 when missing. */
  directory: string;
  /** 0 takes a free one. Default: the one this directory had before; at first 4566, or a free one when that is taken. */
  port?: number;
  /** Default: the one this directory had before; at first eu-west-1. */
  region?: string;
  /** Twelve digits. Default: the one this directory had before; at first 000000000000. */
  accountId?: string;
  /** Default: the one this directory had before; at first `process`. */
  runtime?: TaskRuntime;
  /** The clock on the wall; for tests. */
  clock?: Clock;
  /** How many times as fast the region's waits pass, 1 to 1000. Default: the one this directory had before; at first 1. */
  timeScale?: number;
  /** Receives the lines of drydock's log; default none. */
  log?: (message: string) => void;
}

export interface Drydock {
  readonly endpoint: string;
  readonly region: string;
  readonly accountId: string;
  readonly runtime: TaskRuntime;
  /** Stops tasks, servers and listeners, then closes the store. */
  close(): Promise<void>;
}

/** What makes a region this region: ARNs and addresses that were given out hold it. */
interface Identity {
  port: number;
  region: string;
  accountId: string;
  /** Absent in directories of versions that had one only. */
  runtime?: TaskRuntime;
}

const defaultPort = 4566;

/**
 * Starts the embedded region in this process, bound to 127.0.0.1. Throws when the port is taken, when another drydock
 * runs on the directory, and when the directory is another region's or account's.
 * Services begin when first called; those that already hold data in the directory begin at once.
 */
export async function startDrydock(options: DrydockOptions): Promise<Drydock> {
  mkdirSync(options.directory, { recursive: true, mode: 0o700 });
  const unlock = lockDirectory(options.directory);
  try {
    return await openDirectory(options, unlock);
  } catch (error) {
    unlock();
    throw error;
  }
}

async function openDirectory(options: DrydockOptions, unlock: () => void): Promise<Drydock> {
  const { directory, clock = systemClock, log = () => {} } = options;
  const openStore = () => new Store(join(directory, "store"));
  const firstStore = openStore();
  const before = identitiesOf(firstStore).get("identity");
  const name = agree("region", options.region, before?.region, "eu-west-1");
  const accountId = agree("account", options.accountId, before?.accountId, "000000000000");
  const runtime = agree("runtime", options.runtime, before && (before.runtime ?? "process"), "process");
  const open = (store: Store) => openRegion({ name, accountId, runtime, directory, store, clock, log });

  let opened = open(firstStore);
  if (options.timeScale !== undefined) opened.clock.setScale(options.timeScale);
  let ready = Promise.resolve();
  const begin = async (port: number) => {
    opened.region.endpoint.port = String(port);
    identitiesOf(opened.region.store).put("identity", { port, region: name, accountId, runtime });
    await opened.begin();
  };
  const status = { pid: process.pid, region: name, accountId, runtime };
  const gated = async () => {
    await ready;
    return { host: opened.host, administered: { status, clock: opened.clock, host: opened.host, reset } };
  };
  const reset = () => {
    const done = ready.then(async () => {
      const { scale } = opened.clock;
      await opened.close();
      // A file that can't be removed is no reason to answer nothing from now on.
      await removeState(directory).catch((error) => log(`reset: ${error}`));
      opened = open(openStore());
      opened.clock.setScale(scale);
      await begin(port);
    });
    ready = done.catch((error) => log(`reset: ${error}`));
    return done;
  };

  const server = createGateway(gated, log);
  const port = await listen(server, options.port ?? before?.port ?? defaultPort).catch((error) => {
    // Nobody asked for this port, and nothing that was given out names it yet.
    if (error.code === "EADDRINUSE" && options.port === undefined && !before) return listen(server, 0);
    throw error;
  });
  await begin(port);
  return {
    endpoint: `http://127.0.0.1:${port}`,
    region: name,
    accountId,
    runtime,
    close: async () => {
      await ready;
      await opened.close();
      await closeServer(server);
      unlock();
    },
  };
}

function identitiesOf(store: Store): Collection<Identity> {
  return store.collection<Identity>("drydock.identity");
}

/** Leaves only what belongs to the process that runs. */
async function removeState(directory: string): Promise<void> {
  const kept = ["drydock.lock", "drydock.json", "drydock.log"];
  const names = (await readdir(directory)).filter((name) => !kept.includes(name));
  await Promise.all(names.map((name) => rm(join(directory, name), { recursive: true, force: true })));
}

function agree<T extends string>(what: string, asked: T | undefined, before: T | undefined, initial: T): T {
  if (asked !== undefined && before !== undefined && asked !== before) {
    throw new Error(`this state directory is of ${what} ${before}, not ${asked}; use another directory or reset it`);
  }
  return asked ?? before ?? initial;
}

function listen(server: Server, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, "127.0.0.1", () => {
      server.off("error", reject);
      resolve((server.address() as AddressInfo).port);
    });
  });
}

function closeServer(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
}
