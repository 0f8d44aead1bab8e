import { OciError } from "../../errors.ts";
import type { Blob, Image } from "../../image.ts";
import { digestOf } from "../digest.ts";
import { readBlob } from "./blob-content.ts";
import type { RegistryConnection } from "./connection.ts";
import { blobExists } from "./download.ts";
import { inParallel } from "./in-parallel.ts";
import { findManifest, putManifest } from "./manifest.ts";
import { startUpload, uploadBlob } from "./upload.ts";

export interface PushResult {
  /** The manifest's digest: what the image is called from now on. */
  digest: string;
  /** Bytes of the blobs that had to be sent. */
  sentBytes: number;
  sentBlobs: string[];
  /** Blobs the registry took from another of its repositories. */
  mountedBlobs: string[];
  /** Blobs the repository already had; all of them when it had the manifest. */
  skippedBlobs: string[];
}

/** How far a push is. `totalBytes` grows while it is found out which blobs are missing. */
export interface PushProgress {
  sentBytes: number;
  totalBytes: number;
}

export interface PushOptions {
  /** Tags that name the image afterwards. */
  tags?: string[];
  onProgress?: (progress: PushProgress) => void;
}

const blobsAtOnce = 4;
/**
 * Blobs up to this size go in one request, larger ones in chunks of it, so that a broken connection costs one chunk.
 * ECR wants at least 5 MiB per chunk.
 */
const chunkBytes = 32 * 1024 * 1024;

/**
 * Sends what the repository does not have of an image: layers, config, manifest, tags, in this order, so that a manifest
 * never names what isn't there. A tag that already names the image is left alone, which an immutable tag demands.
 */
export async function pushImage(
  connection: RegistryConnection,
  repository: string,
  image: Image,
  { tags = [], onProgress = () => {} }: PushOptions,
): Promise<PushResult> {
  const { digest } = image.manifest;
  const result: PushResult = { digest, sentBytes: 0, sentBlobs: [], mountedBlobs: [], skippedBlobs: [] };
  const layers = [...new Map(image.layers.map((layer) => [layer.digest, layer])).values()];
  const manifest = { mediaType: image.manifest.mediaType, bytes: await readManifestBlob(image.manifest) };

  if ((await findManifest(connection, repository, digest)) === undefined) {
    const progress = { sentBytes: 0, totalBytes: 0 };
    const send = (blob: Blob) => sendBlob(connection, repository, blob, result, progress, onProgress);
    await inParallel(layers, blobsAtOnce, send);
    await send(image.config);
    await putManifest(connection, repository, digest, manifest);
  } else {
    result.skippedBlobs.push(...layers.map((layer) => layer.digest), image.config.digest);
  }
  for (const tag of tags)
    if ((await findManifest(connection, repository, tag))?.digest !== digest)
      await putManifest(connection, repository, tag, manifest);
  return result;
}

async function sendBlob(
  connection: RegistryConnection,
  repository: string,
  blob: Blob,
  result: PushResult,
  progress: PushProgress,
  onProgress: (progress: PushProgress) => void,
): Promise<void> {
  if (await blobExists(connection, repository, blob.digest)) {
    result.skippedBlobs.push(blob.digest);
    return;
  }
  const { origin } = blob;
  const mountable = origin?.registry === connection.registry && origin.repository !== repository;
  const location = await startUpload(connection, repository, blob.digest, mountable ? origin.repository : undefined);
  if (location === undefined) {
    result.mountedBlobs.push(blob.digest);
    return;
  }
  progress.totalBytes += blob.size;
  const onBytes = (bytes: number) => {
    progress.sentBytes += bytes;
    onProgress({ ...progress });
  };
  await uploadBlob({ connection, repository, blob, chunkBytes, onBytes }, location);
  result.sentBytes += blob.size;
  result.sentBlobs.push(blob.digest);
}

async function readManifestBlob(manifest: Blob): Promise<Buffer> {
  const bytes = await readBlob(manifest);
  if (digestOf(bytes) !== manifest.digest)
    throw new OciError("blob-changed", `The manifest's content is not ${manifest.digest} but ${digestOf(bytes)}.`, {
      fix: "Its source changed: build the image again.",
    });
  return bytes;
}
