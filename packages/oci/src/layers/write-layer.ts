import { createHash } from "node:crypto";
import { join } from "node:path";
import type { Blob } from "../image.ts";
import {
  cachedBlob,
  digestCounter,
  hasBlob,
  readRecord,
  type StoredBlob,
  storeBlob,
  writeRecord,
} from "./blob-cache.ts";
import { type Compression, compressor, layerMediaTypes } from "./compression.ts";
import type { LayerEntry } from "./entry.ts";
import { createTar } from "./tar.ts";

export interface Layer {
  blob: Blob;
  /** Digest of the uncompressed tar archive: what an image configuration lists. */
  diffId: string;
}

export interface WriteLayerOptions {
  /** Absolute; created when it is not there. */
  cacheDirectory: string;
  /** gzip unless told; zstd needs Node 22.15. */
  compression?: Compression;
}

/**
 * Makes a layer of the entries, or finds the one that was made of the same content before.
 *
 * @returns the layer, and whether it was in the cache.
 * @throws OciError `source-changed`, `zstd-unsupported`.
 */
export function writeLayer(
  entries: LayerEntry[],
  options: WriteLayerOptions,
): Promise<{ layer: Layer; cached: boolean }> {
  return layerOfArchive(() => createTar(entries), options);
}

/**
 * Makes a layer of a tar archive that can be read twice: it is hashed first, which takes little more than reading it, and
 * compressed only when its digest is new.
 *
 * @returns the layer, and whether it was in the cache.
 * @throws OciError `zstd-unsupported`.
 */
export async function layerOfArchive(
  open: () => AsyncIterable<Uint8Array>,
  { cacheDirectory, compression = "gzip" }: WriteLayerOptions,
): Promise<{ layer: Layer; cached: boolean }> {
  const known = await findLayer(cacheDirectory, await archiveDigest(open()), compression);
  if (known) return { layer: known, cached: true };

  // Counted again: a file may have changed since the first pass, and the two digests must be of the same bytes.
  const archive = digestCounter();
  const stored = await storeBlob(cacheDirectory, open(), [archive.stream, ...compressor(compression)]);
  const diffId = archive.result().digest;
  await writeRecord(recordPath(cacheDirectory, diffId, compression), stored);
  return { layer: { blob: cachedBlob(cacheDirectory, stored, layerMediaTypes[compression]), diffId }, cached: false };
}

/** Digest of an archive: the diff_id of the layer it makes. */
export async function archiveDigest(archive: AsyncIterable<Uint8Array>): Promise<string> {
  const hash = createHash("sha256");
  for await (const chunk of archive) hash.update(chunk);
  return `sha256:${hash.digest("hex")}`;
}

/** The layer with this diff_id, if the cache has it in this compression. */
export async function findLayer(
  cacheDirectory: string,
  diffId: string,
  compression: Compression,
): Promise<Layer | undefined> {
  const record = await readRecord(recordPath(cacheDirectory, diffId, compression));
  if (!isStoredBlob(record) || !(await hasBlob(cacheDirectory, record))) return undefined;
  return { blob: cachedBlob(cacheDirectory, record, layerMediaTypes[compression]), diffId };
}

function recordPath(cacheDirectory: string, diffId: string, compression: Compression): string {
  return join(cacheDirectory, "layers", compression, `${diffId.replace("sha256:", "")}.json`);
}

function isStoredBlob(value: unknown): value is StoredBlob {
  return typeof value === "object" && value !== null && "digest" in value && "size" in value;
}
