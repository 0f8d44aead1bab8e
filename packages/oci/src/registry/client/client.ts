import type { Descriptor, Image, Platform } from "../../image.ts";
import { parseReference, parseRepository } from "../reference.ts";
import type { CredentialsProvider } from "./auth.ts";
import { createConnection, type RegistryConnection } from "./connection.ts";
import { fetchManifest, findManifest, putManifest } from "./manifest.ts";
import { type PulledImage, pullImage } from "./pull.ts";
import { type PushOptions, type PushResult, pushImage } from "./push.ts";
import { jitteredPause, type Pause } from "./retry.ts";
import { createTransport } from "./transport.ts";

export interface RegistryClientOptions {
  /** Asked once per registry that wants a login. Without it, or where it has none, access is anonymous. */
  credentials?: CredentialsProvider;
  /** How to wait between attempts; replaced in tests. */
  pause?: Pause;
}

/** Images in any registry. References and repositories are written as people write them: `node:24`, `127.0.0.1:4566/web`. */
export interface RegistryClient {
  /** What a reference names, or undefined when it isn't there. Nothing is read but the answer's headers. */
  resolve(reference: string): Promise<Descriptor | undefined>;
  /** An image for a platform, ready to be read, unpacked or pushed elsewhere. */
  pull(reference: string, platform: Platform): Promise<PulledImage>;
  /** Sends what `repository` lacks of the image, and tags it. */
  push(image: Image, repository: string, options?: PushOptions): Promise<PushResult>;
  /** Gives what a reference names further tags in its repository; returns its digest. */
  tag(reference: string, tags: string[]): Promise<string>;
  /** Ends the kept-alive connections. */
  close(): void;
}

/**
 * A client for OCI registries, over plain http on loopback and https elsewhere.
 *
 * Every method throws OciError: `invalid-reference`, `registry-unreachable`, `registry-connection-lost`,
 * `registry-login-required`, `registry-denied`, `registry-repository-not-found`, `registry-not-found`,
 * `registry-refused`, `registry-unavailable`, `registry-content-mismatch`, `platform-not-found`, `image-not-supported`,
 * `blob-changed`.
 */
export function createRegistryClient(options: RegistryClientOptions = {}): RegistryClient {
  const { credentials = async () => undefined, pause = jitteredPause } = options;
  const transport = createTransport();
  const connections = new Map<string, RegistryConnection>();

  function connectionTo(registry: string): RegistryConnection {
    const connection = connections.get(registry) ?? createConnection(registry, credentials, transport, pause);
    connections.set(registry, connection);
    return connection;
  }

  return {
    async resolve(text) {
      const { registry, repository, digest, tag } = parseReference(text);
      return findManifest(connectionTo(registry), repository, digest ?? tag ?? "latest");
    },
    async pull(text, platform) {
      const reference = parseReference(text);
      return pullImage(connectionTo(reference.registry), reference, platform);
    },
    async push(image, target, pushOptions = {}) {
      const { registry, repository } = parseRepository(target);
      return pushImage(connectionTo(registry), repository, image, pushOptions);
    },
    async tag(text, tags) {
      const { registry, repository, digest, tag } = parseReference(text);
      const connection = connectionTo(registry);
      const manifest = await fetchManifest(connection, repository, digest ?? tag ?? "latest");
      for (const name of tags)
        if ((await findManifest(connection, repository, name))?.digest !== manifest.digest)
          await putManifest(connection, repository, name, manifest);
      return manifest.digest;
    },
    close: () => transport.close(),
  };
}
