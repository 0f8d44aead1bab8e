import { mkdirSync } from "node:fs";
import type { Server } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { type Clock, systemClock } from "./clock.ts";
import { createGateway } from "./gateway/gateway.ts";
import { ServiceHost } from "./gateway/host.ts";
import type { Region } from "./region.ts";
import { type ServiceName, services } from "./services/index.ts";
import { lockDirectory } from "./store/instance-lock.ts";
import { Store } from "./store/store.ts";
import { Vault } from "./store/vault.ts";

export interface DrydockOptions {
  /** Where everything is kept; made with mode 0700 when missing. */
  directory: string;
  /** 0 takes a free one. Default: the one this directory had before; at first 4566, or a free one when that is taken. */
  port?: number;
  /** Default: the one this directory had before; at first eu-west-1. */
  region?: string;
  /** Twelve digits. Default: the one this directory had before; at first 000000000000. */
  accountId?: string;
  clock?: Clock;
  /** Receives the lines of drydock's log; default none. */
  log?: (message: string) => void;
}

export interface Drydock {
  readonly endpoint: string;
  readonly region: string;
  readonly accountId: string;
  /** Stops tasks, servers and listeners, then closes the store. */
  close(): Promise<void>;
}

/** What makes a region this region: ARNs and addresses that were given out hold it. */
interface Identity {
  port: number;
  region: string;
  accountId: string;
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
    return await openRegion(options, unlock);
  } catch (error) {
    unlock();
    throw error;
  }
}

async function openRegion(options: DrydockOptions, unlock: () => void): Promise<Drydock> {
  const store = new Store(join(options.directory, "store"));
  const identities = store.collection<Identity>("drydock.identity");
  const before = identities.get("identity");
  const name = agree("region", options.region, before?.region, "eu-west-1");
  const accountId = agree("account", options.accountId, before?.accountId, "000000000000");
  const closers: (() => void | Promise<void>)[] = [];
  const region: Region = {
    name,
    accountId,
    endpoint: new URL("http://127.0.0.1/"),
    directory: options.directory,
    store,
    vault: new Vault(join(options.directory, "store")),
    clock: options.clock ?? systemClock,
    log: options.log ?? (() => {}),
    call: (name) => operationsOf(host, name) as never,
    onClose: (close) => void closers.push(close),
  };
  const host = new ServiceHost(region);
  const server = createGateway(host);
  const port = await listen(server, options.port ?? before?.port ?? defaultPort).catch((error) => {
    // Nobody asked for this port, and nothing that was given out names it yet.
    if (error.code === "EADDRINUSE" && options.port === undefined && !before) return listen(server, 0);
    throw error;
  });
  region.endpoint.port = String(port);
  identities.put("identity", { port, region: name, accountId });
  await beginServicesWithData(host, store);
  return {
    endpoint: `http://127.0.0.1:${port}`,
    region: region.name,
    accountId: region.accountId,
    close: async () => {
      for (const close of closers.reverse()) await close();
      await closeServer(server);
      store.close();
      unlock();
    },
  };
}

function agree(what: string, asked: string | undefined, before: string | undefined, initial: string): string {
  if (asked !== undefined && before !== undefined && asked !== before) {
    throw new Error(`this state directory is of ${what} ${before}, not ${asked}; use another directory or reset it`);
  }
  return asked ?? before ?? initial;
}

/** `region.call("ecs")`: every operation as a function that runs the handler in this process. */
function operationsOf(host: ServiceHost, name: ServiceName): unknown {
  return new Proxy(
    {},
    {
      get: (_target, operationName) => async (input: Record<string, unknown>) => {
        const service = await host.find(name);
        const operation = (await service?.model())?.operations.get(String(operationName));
        if (!service || !operation) throw new Error(`drydock has no ${name}:${String(operationName)}`);
        return service.invoke(operation, input, { accessKeyId: undefined, requestId: "in-process" });
      },
    },
  );
}

/** Collections are named `<service>.<kind>`, so the store tells which services have something to look after. */
async function beginServicesWithData(host: ServiceHost, store: Store): Promise<void> {
  const rows = store.database.prepare("SELECT DISTINCT collection FROM documents").all();
  const names = new Set(rows.map((row) => String(row.collection).split(".")[0] ?? ""));
  const known = (Object.keys(services) as ServiceName[]).filter((name) => names.has(name));
  await Promise.all(known.map((name) => host.find(name)));
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
