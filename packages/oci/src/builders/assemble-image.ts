import { Readable } from "node:stream";
import { OciError } from "../errors.ts";
import {
  type Blob,
  type ContainerConfig,
  type Image,
  type ImageConfig,
  type ImageManifest,
  mediaTypes,
  type Platform,
} from "../image.ts";
import { readImageConfig } from "../layers/read-config.ts";
import type { Layer } from "../layers/write-layer.ts";
import { digestOf } from "../registry/digest.ts";

// A date of its own would give every build another digest.
const created = "1970-01-01T00:00:00Z";

export interface NewLayer extends Layer {
  /** For the image's history: what is in it. */
  createdBy: string;
}

/**
 * Puts layers on top of a base image, or of nothing. The base's layers stay the blobs they are, where they are; its
 * configuration is inherited: variables are merged by name, everything else is replaced where `config` has it.
 *
 * @throws OciError `base-platform` when the base is for another platform, `image-config`, `layer-media-type`.
 */
export async function assembleImage(
  platform: Platform,
  base: Image | undefined,
  added: NewLayer[],
  config: ContainerConfig,
): Promise<Image> {
  const inherited = base ? await readImageConfig(base) : undefined;
  if (inherited) checkPlatform(inherited, platform);
  const imageConfig: ImageConfig = {
    created,
    architecture: platform.architecture,
    os: platform.os,
    ...(platform.variant === undefined ? {} : { variant: platform.variant }),
    config: inheritConfig(inherited?.config, config),
    rootfs: {
      type: "layers",
      diff_ids: [...(inherited?.rootfs.diff_ids ?? []), ...added.map((layer) => layer.diffId)],
    },
    ...history(inherited, added),
  };
  const configBlob = jsonBlob(imageConfig, mediaTypes.config);
  const layers = [...(base?.layers ?? []).map(withOciMediaType), ...added.map((layer) => layer.blob)];
  const manifest: ImageManifest = {
    schemaVersion: 2,
    mediaType: mediaTypes.manifest,
    config: descriptor(configBlob),
    layers: layers.map(descriptor),
  };
  return { manifest: jsonBlob(manifest, mediaTypes.manifest), config: configBlob, layers };
}

function checkPlatform(base: ImageConfig, platform: Platform): void {
  if (base.os === platform.os && base.architecture === platform.architecture) return;
  throw new OciError(
    "base-platform",
    `The base image is for ${base.os}/${base.architecture}, the build for ${platform.os}/${platform.architecture}.`,
    { fix: "Take a base image that has this platform, or build for the base's one." },
  );
}

function inheritConfig(base: ContainerConfig | undefined, own: ContainerConfig): ContainerConfig {
  const variables = new Map([...(base?.Env ?? []), ...(own.Env ?? [])].map((text) => [text.split("=", 1)[0], text]));
  const { Entrypoint, ...inherited } = base ?? {};
  const startsNode = Entrypoint?.length === 1 && /\/node$/.test(Entrypoint[0] ?? "");
  if (!startsNode) return { ...base, ...own, Env: [...variables.values()] };
  // Some bases have node itself as their entry point, and not on the path. A command that begins with `node` would then
  // run `node node`, so the entry point becomes a place to find it.
  const directory = (Entrypoint?.[0] ?? "").replace(/\/node$/, "");
  const path =
    variables.get("PATH")?.slice("PATH=".length) ?? "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
  variables.set("PATH", `PATH=${path.split(":").includes(directory) ? path : `${path}:${directory}`}`);
  return { ...inherited, ...own, Env: [...variables.values()] };
}

/** With a base that keeps none there is none: "history" must have an entry for every layer or not be there. */
function history(base: ImageConfig | undefined, added: NewLayer[]): Pick<ImageConfig, "history"> {
  if (base && base.history === undefined) return {};
  const own = added.map((layer) => ({ created, created_by: layer.createdBy }));
  return { history: [...(base?.history ?? []), ...own] };
}

/** Docker's names for the same bytes don't belong into an OCI manifest. */
function withOciMediaType(blob: Blob): Blob {
  const names: Record<string, string> = {
    "application/vnd.docker.image.rootfs.diff.tar.gzip": mediaTypes.layerGzip,
    "application/vnd.docker.image.rootfs.diff.tar.zstd": mediaTypes.layerZstd,
    "application/vnd.docker.image.rootfs.diff.tar": mediaTypes.layerTar,
  };
  const mediaType = names[blob.mediaType] ?? blob.mediaType;
  if (mediaType.startsWith("application/vnd.oci.image.layer.v1.tar")) return { ...blob, mediaType };
  throw new OciError("layer-media-type", `The base image has a layer of type '${blob.mediaType}'.`, {
    fix: "Use a base image whose layers are all in its registry as gzip, zstd or plain tar.",
  });
}

export function jsonBlob(value: object, mediaType: string): Blob {
  return inMemoryBlob(Buffer.from(JSON.stringify(value)), mediaType);
}

export function inMemoryBlob(bytes: Buffer, mediaType: string): Blob {
  return { mediaType, digest: digestOf(bytes), size: bytes.length, open: () => Readable.from([bytes]) };
}

export function descriptor({ mediaType, digest, size }: Blob): { mediaType: string; digest: string; size: number } {
  return { mediaType, digest, size };
}
