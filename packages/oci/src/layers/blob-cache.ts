import { createHash, randomUUID } from "node:crypto";
import { createReadStream, createWriteStream } from "node:fs";
import { mkdir, readFile, rename, rm, stat, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { Readable, Transform } from "node:stream";
import { pipeline } from "node:stream/promises";
import type { Blob } from "../image.ts";

/** What a blob is, apart from what it holds. */
export interface StoredBlob {
  digest: string;
  /** Bytes. */
  size: number;
}

/** Where in a cache directory the content with this digest is. */
export function blobPath(cacheDirectory: string, digest: string): string {
  return join(cacheDirectory, "blobs", ...digest.split(":"));
}

/** Content of the cache as a blob that a registry client can push. */
export function cachedBlob(cacheDirectory: string, blob: StoredBlob, mediaType: string): Blob {
  const { digest, size } = blob;
  return { mediaType, digest, size, open: () => createReadStream(blobPath(cacheDirectory, digest)) };
}

/** Whether the cache holds the whole of it. */
export async function hasBlob(cacheDirectory: string, { digest, size }: StoredBlob): Promise<boolean> {
  const found = await stat(blobPath(cacheDirectory, digest)).catch(() => undefined);
  return found?.size === size;
}

/** Writes `source`, sent through `transforms`, to the cache: under its digest, once it is complete. */
export async function storeBlob(
  cacheDirectory: string,
  source: AsyncIterable<Uint8Array>,
  transforms: Transform[],
): Promise<StoredBlob> {
  const temporary = join(cacheDirectory, "blobs", `${randomUUID()}.part`);
  await mkdir(dirname(temporary), { recursive: true });
  const counter = digestCounter();
  try {
    await pipeline([Readable.from(source), ...transforms, counter.stream, createWriteStream(temporary)]);
    const stored = counter.result();
    const path = blobPath(cacheDirectory, stored.digest);
    await mkdir(dirname(path), { recursive: true });
    await rename(temporary, path);
    return stored;
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
}

/** A stream that lets everything pass and knows digest and size of it at the end. */
export function digestCounter(): { stream: Transform; result(): StoredBlob } {
  const hash = createHash("sha256");
  let size = 0;
  const stream = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      hash.update(chunk);
      size += chunk.length;
      done(null, chunk);
    },
  });
  return { stream, result: () => ({ digest: `sha256:${hash.digest("hex")}`, size }) };
}

/** Reads a small JSON document of the cache; undefined when it is not there or not whole. */
export async function readRecord(path: string): Promise<unknown> {
  try {
    return JSON.parse(await readFile(path, "utf8"));
  } catch {
    return undefined;
  }
}

/** Writes a small JSON document of the cache in one step, so that no reader ever sees half of it. */
export async function writeRecord(path: string, value: unknown): Promise<void> {
  const temporary = `${path}.${randomUUID()}.part`;
  await mkdir(dirname(path), { recursive: true });
  await writeFile(temporary, JSON.stringify(value));
  await rename(temporary, path);
}
