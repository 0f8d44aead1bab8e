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

  const imageManifest = parse<ImageManifest>(manifest.bytes, name);
  const blobAt = (descriptor: Descriptor): Blob => ({
    ...descriptor,
    open: () => downloadBlob(connection, repository, descriptor),
    origin: { registry, repository },
  });
  const configBytes = await readConfig(blobAt(imageManifest.config), name);
  const imageConfig = parse<ImageConfig>(configBytes, name);
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
  return parse<{ manifests?: Descriptor[] }>(index.bytes, name).manifests ?? [];
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

function parse<T extends object>(bytes: Buffer, name: string): T {
  try {
    return JSON.parse(bytes.toString("utf8")) as T;
  } catch (error) {
    throw new OciError("image-not-supported", `${name} has a manifest or configuration that is not JSON.`, {
      fix: "Push the image again.",
      cause: error,
    });
  }
}
