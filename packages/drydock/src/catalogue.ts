import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { systemClock } from "./clock.ts";
import { readServiceModel } from "./protocols/model.ts";
import type { Region } from "./region.ts";
import { type ServiceName, services } from "./services/index.ts";
import { Store } from "./store/store.ts";
import { Vault } from "./store/vault.ts";

/** What a service of the region does, and what its AWS counterpart has beyond that. */
export interface ServiceCatalogue {
  name: ServiceName;
  handled: string[];
  refused: string[];
}

/** Every service's operations, from its handlers and from the SDK's schemas; nothing is started. */
export async function catalogue(): Promise<ServiceCatalogue[]> {
  const directory = mkdtempSync(join(tmpdir(), "drydock-catalogue-"));
  const store = new Store();
  const region: Region = {
    name: "eu-west-1",
    accountId: "000000000000",
    endpoint: new URL("http://127.0.0.1/"),
    directory,
    store,
    vault: new Vault(directory),
    clock: systemClock,
    log: () => {},
    call: (name) => {
      throw new Error(`${name} is only listed here, not called`);
    },
    onClose: () => {},
  };
  try {
    const names = (Object.keys(services) as ServiceName[]).sort();
    return await Promise.all(names.map((name) => describe(name, region)));
  } finally {
    store.close();
    rmSync(directory, { recursive: true, force: true });
  }
}

async function describe(name: ServiceName, region: Region): Promise<ServiceCatalogue> {
  const definition = await services[name]?.();
  if (!definition) return { name, handled: [], refused: [] };
  const handlers = definition.operations(region) as Record<string, unknown>;
  const { operations } = readServiceModel((await definition.load()) as object);
  const all = [...operations.keys()].sort();
  return {
    name,
    handled: all.filter((operation) => handlers[operation] !== undefined),
    refused: all.filter((operation) => handlers[operation] === undefined),
  };
}
