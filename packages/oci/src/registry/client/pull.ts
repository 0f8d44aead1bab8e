import { Readable } from "node:stream";
import { OciError } from "../../errors.ts";
import {
  type Blob,
  type Descriptor,
  type Image,
  type ImageConfig,
  type ImageManifest,
  mediaTypes,
  type Platform,
} from "../../image.ts";
import { parseImageConfig } from "../../layers/read-config.ts";
import { isDigest } from "../digest.ts";
import { formatReference, type ImageReference } from "../reference.ts";
import { readBlob } from "./blob-content.ts";
import type { RegistryConnection } from "./connection.ts";
import { downloadBlob } from "./download.ts";
import { type FetchedManifest, fetchManifest } from "./manifest.ts";
import { fitsPlatform, noSuchPlatform, selectPlatform } from "./platform.ts";

/** An image in a registry: manifest and config are here, layers are read when they are opened. */
export interface PulledImage extends Image {
  /** `registry/repository[:tag]@digest` of the manifest for the platform. */
  reference: string;
  imageManifest: ImageManifest;
  imageConfig: ImageConfig;
}

const indexTypes: string[] = [mediaTypes.index, mediaTypes.dockerIndex];
const manifestTypes: string[] = [mediaTypes.manifest, mediaTypes.dockerManifest];
/** Image configurations are some kilobytes; a larger one is not read into memory. */
const largestConfig = 16 * 1024 * 1024;

/**
 * Finds an image for a platform: through an index by its entries, otherwise by what the image's configuration says.
 * Everything is verified against its digest, also each layer while it is read.
 *
 * @throws OciError `platform-not-found`, `registry-content-mismatch`, `image-not-supported`, or what the registry refuses.
 */
export async function pullImage(
  connection: RegistryConnection,
  reference: ImageReference,
  platform: Platform,
): Promise<PulledImage> {
  const { registry, repository } = reference;
  const name = formatReference(reference);
  const named = await fetchManifest(connection, repository, reference.digest ?? reference.tag ?? "latest");
  const isIndex = indexTypes.includes(named.mediaType);
  const manifest = isIndex
    ? await fetchManifest(connection, repository, selectPlatform(entriesOf(named, name), platform, name).digest)
    : named;
  if (!manifestTypes.includes(manifest.mediaType))
    throw new OciError("image-not-supported", `${name} is of type ${manifest.mediaType}, not an image manifest.`, {
      fix: "Push it again with a current tool: OCI and Docker schema 2 images are supported.",
    });

  const imageManifest = parseManifest(manifest.bytes, name);
  const blobAt = (descriptor: Descriptor): Blob => ({
    ...descriptor,
    open: () => downloadBlob(connection, repository, descriptor),
    origin: { registry, repository },
  });
  const configBytes = await readConfig(blobAt(imageManifest.config), name);
  const imageConfig = parseImageConfig(configBytes);
  if (imageConfig === undefined) throw unreadable(name, "a configuration that is not one of an image");
  if (!isIndex && !fitsPlatform(imageConfig, platform)) throw noSuchPlatform(name, platform, [imageConfig]);

  return {
    reference: formatReference({ ...reference, digest: manifest.digest }),
    imageManifest,
    imageConfig,
    manifest: inMemory(manifest.bytes, { mediaType: manifest.mediaType, digest: manifest.digest }),
    config: { ...blobAt(imageManifest.config), open: () => Readable.from([configBytes]) },
    layers: imageManifest.layers.map(blobAt),
  };
}

function entriesOf(index: FetchedManifest, name: string): Descriptor[] {
  const document = parseObject(index.bytes, name);
  const entries: unknown = document.manifests ?? [];
  if (!Array.isArray(entries)) throw unreadable(name, "an index without a list of manifests");
  return entries.map((entry, at) => {
    const { platform, ...rest } = checkedDescriptor(entry, `manifests[${at}]`, name);
    return isPlatform(platform) ? { ...rest, platform } : rest;
  });
}

function parseManifest(bytes: Buffer, name: string): ImageManifest {
  const document = parseObject(bytes, name);
  const { layers } = document;
  if (!Array.isArray(layers)) throw unreadable(name, "a manifest without a list of layers");
  return {
    ...(document as unknown as ImageManifest),
    config: checkedDescriptor(document.config, "config", name),
    layers: layers.map((layer, at) => checkedDescriptor(layer, `layers[${at}]`, name)),
  };
}

/** Digests become parts of URLs and paths, sizes bound what is read. */
function checkedDescriptor(value: unknown, where: string, name: string): Descriptor {
  const found: Partial<Descriptor> = typeof value === "object" && value !== null ? value : {};
  const { digest, size, mediaType } = found;
  if (typeof digest !== "string" || !isDigest(digest)) throw unreadable(name, `no sha256 digest in ${where}`);
  if (typeof size !== "number" || !Number.isSafeInteger(size) || size < 0)
    throw unreadable(name, `no size in ${where}`);
  if (typeof mediaType !== "string") throw unreadable(name, `no media type in ${where}`);
  return { ...found, digest, size, mediaType };
}

function isPlatform(value: unknown): value is Platform {
  if (typeof value !== "object" || value === null) return false;
  const { os, architecture, variant } = value as Partial<Platform>;
  return (
    typeof os === "string" && typeof architecture === "string" && (variant === undefined || typeof variant === "string")
  );
}

async function readConfig(config: Blob, name: string): Promise<Buffer> {
  if (config.size > largestConfig)
    throw new OciError("image-not-supported", `The configuration of ${name} has ${config.size} bytes.`, {
      fix: `Up to ${largestConfig} bytes are read: check that it is an image.`,
    });
  return readBlob(config);
}

function inMemory(bytes: Buffer, descriptor: { mediaType: string; digest: string }): Blob {
  return { ...descriptor, size: bytes.length, open: () => Readable.from([bytes]) };
}

function parseObject(bytes: Buffer, name: string): Record<string, unknown> {
  let value: unknown;
  try {
    value = JSON.parse(bytes.toString("utf8"));
  } catch (cause) {
    throw unreadable(name, "a manifest that is not JSON", cause);
  }
  if (typeof value === "object" && value !== null && !Array.isArray(value)) return value as Record<string, unknown>;
  throw unreadable(name, "a manifest that is not a JSON object");
}

function unreadable(name: string, what: string, cause?: unknown): OciError {
  return new OciError("image-not-supported", `${name} has ${what}.`, { fix: "Push the image again.", cause });
}
