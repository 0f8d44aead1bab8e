import type { IncomingMessage, ServerResponse } from "node:http";
import { sizeInvalid } from "./registry-error.ts";
import type { RegistryStorage } from "./storage.ts";

/** A manifest as hooks see it. */
export interface ManifestPush {
  digest: string;
  mediaType: string;
  /** Undefined when the manifest was pushed by digest. */
  tag: string | undefined;
  bytes: Buffer;
}

/** Lets the owner of the registry decide and take note. Each may throw a RegistryError to refuse the request. */
export interface RegistryHooks {
  /** Called first, for every request that names a repository: throw `nameUnknown` for one that does not exist. */
  checkRepository?(repository: string): void | Promise<void>;
  /** Called when a manifest is complete and about to be stored: throw `tagInvalid` to keep a tag as it is. */
  beforeManifest?(repository: string, manifest: ManifestPush): void | Promise<void>;
  /** Called when a manifest is stored. */
  onManifest?(repository: string, manifest: ManifestPush): void | Promise<void>;
  /** Called when a manifest (with every tag that named it), or only a tag, is deleted. */
  onDelete?(repository: string, deleted: { digest: string } | { tag: string }): void | Promise<void>;
}

/** One request on one repository, as the routes see it. */
export interface Exchange {
  request: IncomingMessage;
  response: ServerResponse;
  repository: string;
  query: URLSearchParams;
  storage: RegistryStorage;
  hooks: RegistryHooks;
  /** Whether the same client may read this other repository, the source of a mount. */
  mayPull(repository: string): Promise<boolean>;
}

/** Answers without a body. */
export function answer(response: ServerResponse, status: number, headers: Record<string, string | number> = {}): void {
  response.writeHead(status, { "content-length": 0, ...headers }).end();
}

/**
 * The request's body, chunk by chunk. Breaking off leaves the connection open: the sender still has to be told why, and
 * destroying the request would only show it a reset.
 */
export function bodyOf(request: IncomingMessage): AsyncIterable<Buffer> {
  return { [Symbol.asyncIterator]: () => request.iterator({ destroyOnReturn: false }) };
}

/** Reads a small request body into memory. Throws SIZE_INVALID (413) beyond `limit` bytes. */
export async function readBody(request: IncomingMessage, limit: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of bodyOf(request)) {
    bytes += chunk.length;
    if (bytes > limit) throw sizeInvalid(`the body is larger than ${limit} bytes`, 413);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}
