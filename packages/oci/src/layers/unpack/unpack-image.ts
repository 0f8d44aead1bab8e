import { randomUUID } from "node:crypto";
import { mkdir, rename, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import type { Blob, Image, ImageConfig } from "../../image.ts";
import { readRecord, writeRecord } from "../blob-cache.ts";
import { readImageConfig } from "../read-config.ts";
import { createSingleFlight } from "../single-flight.ts";
import { extractLayer } from "./extract-layer.ts";
import { defaultLimits, type UnpackedEntry, type UnpackedLayer, type UnpackLimits } from "./layer-contents.ts";

/** An image whose layers are on this machine, ready to become the root directory of any number of containers. */
export interface UnpackedImage {
  config: ImageConfig;
  /** The lowest first. */
  layers: UnpackedLayer[];
}

export interface UnpackOptions {
  /** Absolute; created when it is not there. Layers in it are shared by all images that have them. */
  cacheDirectory: string;
  limits?: UnpackLimits;
}

/** So that tasks started together don't each unpack the same layer. */
const once = createSingleFlight<UnpackedLayer>();

/**
 * Unpacks the layers that the cache doesn't have yet; those it has are not even opened. A layer appears in the cache
 * complete or not at all, and only when its content has the digest that the image's configuration names.
 *
 * @throws OciError `image-config`, `layer-digest`, `layer-path`, `layer-limit`, `layer-corrupt`, `layer-media-type`.
 */
export async function unpackImage(image: Image, options: UnpackOptions): Promise<UnpackedImage> {
  const config = await readImageConfig(image);
  const remaining = { ...(options.limits ?? defaultLimits) };
  const layers: UnpackedLayer[] = [];
  for (const [index, blob] of image.layers.entries()) {
    const diffId = config.rootfs.diff_ids[index] ?? "";
    const directory = join(options.cacheDirectory, "unpacked", diffId.replace(":", "/"));
    const open = async () => (await openLayer(directory)) ?? unpackLayer(directory, blob, diffId, remaining);
    layers.push(await once(directory, open));
  }
  return { config, layers };
}

/** The layer as it was unpacked earlier; undefined when it was not, or is not what it was any more. */
async function openLayer(directory: string): Promise<UnpackedLayer | undefined> {
  const entries = (await readRecord(join(directory, "index.json"))) as UnpackedEntry[] | undefined;
  if (!entries) return undefined;
  const untouched = await Promise.all(
    entries.map(async (entry) => {
      if (entry.type !== "file") return true;
      const found = await stat(join(directory, entry.content.name)).catch(() => undefined);
      return found?.size === entry.content.size && found.mtimeMs === entry.content.modified;
    }),
  );
  return untouched.every(Boolean) ? { directory, entries } : undefined;
}

async function unpackLayer(
  directory: string,
  blob: Blob,
  diffId: string,
  remaining: UnpackLimits,
): Promise<UnpackedLayer> {
  const temporary = `${directory}.${randomUUID()}.part`;
  await mkdir(temporary, { recursive: true });
  try {
    const entries = await extractLayer(blob, diffId, temporary, remaining);
    await writeRecord(join(temporary, "index.json"), entries);
    // Another process may have been faster; what it made has the same digest.
    if (!(await moved(temporary, directory)) && !(await openLayer(directory))) {
      await rm(directory, { recursive: true, force: true });
      await rename(temporary, directory);
    }
    return { directory, entries };
  } finally {
    await rm(temporary, { recursive: true, force: true });
  }
}

/** False when there is something at `to` already. */
async function moved(from: string, to: string): Promise<boolean> {
  try {
    await rename(from, to);
    return true;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "ENOTEMPTY" || code === "EEXIST") return false;
    throw error;
  }
}
