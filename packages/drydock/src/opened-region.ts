import { join } from "node:path";
import type { Clock } from "./clock.ts";
import { ServiceHost } from "./gateway/host.ts";
import type { Region, TaskRuntime } from "./region.ts";
import { type Pace, ScaledClock } from "./scaled-clock.ts";
import { type ServiceName, services } from "./services/index.ts";
import type { Store } from "./store/store.ts";
import { Vault } from "./store/vault.ts";

export interface OpenedRegion {
  readonly region: Region;
  readonly host: ServiceHost;
  readonly clock: ScaledClock;
  /** Begins the services that already hold data; to be called when the endpoint is known. */
  begin(): Promise<void>;
  /** Stops tasks, servers and listeners, then closes the store. */
  close(): Promise<void>;
}

/** A region over its store. */
export function openRegion(options: {
  name: string;
  accountId: string;
  runtime: TaskRuntime;
  directory: string;
  store: Store;
  /** The clock on the wall. */
  clock: Clock;
  log: (message: string) => void;
}): OpenedRegion {
  const { name, accountId, runtime, directory, store, log } = options;
  const closers: (() => void | Promise<void>)[] = [];
  const paces = store.collection<Pace[]>("drydock.clock");
  const clock = new ScaledClock(options.clock, paces.get("paces"), (all) => paces.put("paces", all));
  const region: Region = {
    name,
    accountId,
    endpoint: new URL("http://127.0.0.1/"),
    directory,
    store,
    vault: new Vault(join(directory, "store")),
    clock,
    runtime,
    log,
    call: (service) => operationsOf(host, service) as never,
    onClose: (close) => void closers.push(close),
  };
  const host = new ServiceHost(region);
  return {
    region,
    host,
    clock,
    begin: () => beginServicesWithData(host, store),
    close: async () => {
      for (const close of closers.reverse()) await close();
      store.close();
    },
  };
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
