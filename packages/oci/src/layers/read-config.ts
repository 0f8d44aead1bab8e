import { OciError } from "../errors.ts";
import type { Image, ImageConfig } from "../image.ts";
import { readBlob } from "../registry/client/blob-content.ts";
import { digestOf, isDigest } from "../registry/digest.ts";

const largestConfig = 4 << 20;

/**
 * The configuration of an image, its digest checked.
 *
 * @throws OciError `image-config` when it is not what the manifest points at, or does not match the image's layers.
 */
export async function readImageConfig(image: Image): Promise<ImageConfig> {
  if (image.config.size > largestConfig) throw invalid(image, `it has ${image.config.size} bytes`);
  const bytes = await readBlob(image.config);
  if (digestOf(bytes) !== image.config.digest) throw invalid(image, `its content has the digest ${digestOf(bytes)}`);
  const config = parseJson(bytes.toString("utf8"));
  if (!isImageConfig(config)) throw invalid(image, "it has no architecture, os or list of layers");
  // They become names of directories.
  const foreign = config.rootfs.diff_ids.find((diffId) => !isDigest(diffId));
  if (foreign !== undefined)
    throw invalid(image, `it names a layer ${JSON.stringify(foreign)}, which is no sha256 digest`);
  if (config.rootfs.diff_ids.length !== image.layers.length)
    throw invalid(image, `it lists ${config.rootfs.diff_ids.length} layers and the manifest ${image.layers.length}`);
  return config;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function isImageConfig(value: unknown): value is ImageConfig {
  if (typeof value !== "object" || value === null) return false;
  const { architecture, os, rootfs } = value as Partial<ImageConfig>;
  return typeof architecture === "string" && typeof os === "string" && Array.isArray(rootfs?.diff_ids);
}

function invalid(image: Image, why: string): OciError {
  return new OciError("image-config", `Image configuration ${image.config.digest} is not usable: ${why}.`, {
    fix: "Push the image again; what the registry holds is damaged, or not a container image.",
  });
}
