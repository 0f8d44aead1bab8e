import { mkdtemp, rm } from "node:fs/promises";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createBlobFiles } from "./server/blob-files.ts";
import { createManifestFiles } from "./server/manifest-files.ts";
import { createRegistryHandler, type RegistryHandler, type RegistryHandlerOptions } from "./server/server.ts";

/** A registry on a free loopback port, for tests; everything it keeps goes with `close`. */
export interface RegistryFixture {
  /** `127.0.0.1:<port>`. */
  registry: string;
  directory: string;
  /** `METHOD path` of every request, in order. */
  requests: string[];
  close(): Promise<void>;
}

export interface RegistryFixtureOptions extends Partial<RegistryHandlerOptions> {
  /** Sees every request before the registry does, and may answer it, break it off or hand it on. */
  intercept?: (request: IncomingMessage, response: ServerResponse, next: RegistryHandler) => void | Promise<void>;
}

export async function startRegistryFixture(options: RegistryFixtureOptions = {}): Promise<RegistryFixture> {
  const directory = await mkdtemp(join(tmpdir(), "fardel-registry-"));
  const handler = createRegistryHandler({
    storage: { blobs: createBlobFiles(directory), manifests: createManifestFiles(directory) },
    authorize: () => {},
    ...options,
  });
  const intercept = options.intercept ?? ((request, response, next) => next(request, response));
  const requests: string[] = [];
  const server = createServer((request, response) => {
    requests.push(`${request.method} ${request.url}`);
    void intercept(request, response, handler);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return {
    registry: `127.0.0.1:${port}`,
    directory,
    requests,
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      await rm(directory, { recursive: true, force: true });
    },
  };
}
