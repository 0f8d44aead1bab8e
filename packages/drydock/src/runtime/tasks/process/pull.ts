import { join } from "node:path";
import { Readable } from "node:stream";
import {
  type Blob,
  createRegistryClient,
  createRootDirectory,
  type Descriptor,
  type Image,
  type ImageManifest,
  type ImageReference,
  mediaTypes,
  type Platform,
  parseReference,
  type RegistryStorage,
  unpackImage,
} from "@fardel/oci";
import { selectPlatform } from "@fardel/oci/registry/client/platform.ts";
import type { Region } from "../../../region.ts";
import type { PullImage } from "../driver.ts";

const indexTypes: string[] = [mediaTypes.index, mediaTypes.dockerIndex];

/**
 * Pulls images: those of the region's own registry from its storage, without HTTP; others from where they are, without
 * credentials. Layers are unpacked once, into `<region directory>/images`.
 */
export function createImagePull(region: Region, registry: RegistryStorage): PullImage {
  const client = createRegistryClient();
  region.onClose(() => client.close());
  return async (text, architecture) => {
    const reference = parseReference(text);
    const platform = { os: "linux", architecture };
    const image = isOwn(region, reference)
      ? await readImage(registry, reference, text, platform)
      : await client.pull(text, platform);
    const unpacked = await unpackImage(image, { cacheDirectory: join(region.directory, "images") });
    return {
      digest: image.manifest.digest,
      config: unpacked.config,
      createRoot: (directory) => createRootDirectory(unpacked, directory),
    };
  };
}

/** By drydock's own address, or by the name the account's registry has on AWS. */
export function isOwn(region: Region, { registry }: ImageReference): boolean {
  const { port } = region.endpoint;
  return [
    `127.0.0.1:${port}`,
    `localhost:${port}`,
    `${region.accountId}.dkr.ecr.${region.name}.amazonaws.com`,
  ].includes(registry);
}

/** As a runtime does, takes an image that is not part of an index whatever its platform; it will not run on another. */
async function readImage(
  { manifests, blobs }: RegistryStorage,
  { repository, tag, digest }: ImageReference,
  text: string,
  platform: Platform,
): Promise<Image> {
  const read = async (wanted: string | undefined) => {
    const found = wanted && (await manifests.get(repository, wanted));
    if (!found) throw new Error(`${text}: not found`);
    return found;
  };
  const named = await read(digest ?? (tag && (await manifests.resolve(repository, tag))));
  const parse = (bytes: Buffer): ImageManifest & { manifests?: Descriptor[] } => JSON.parse(bytes.toString("utf8"));
  const manifest = indexTypes.includes(named.mediaType)
    ? await read(selectPlatform(parse(named.bytes).manifests ?? [], platform, text).digest)
    : named;
  const { config, layers } = parse(manifest.bytes);
  const blob = (descriptor: Descriptor): Blob => ({ ...descriptor, open: () => blobs.open(descriptor.digest) });
  return {
    manifest: {
      mediaType: manifest.mediaType,
      digest: manifest.digest,
      size: manifest.bytes.length,
      open: () => Readable.from([manifest.bytes]),
    },
    config: blob(config),
    layers: layers.map(blob),
  };
}
