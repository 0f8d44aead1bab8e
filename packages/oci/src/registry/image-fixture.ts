import { Readable } from "node:stream";
import { type Blob, type Image, type ImageConfig, type ImageManifest, mediaTypes, type Platform } from "../image.ts";
import { digestOf } from "./digest.ts";

/** A blob in memory, for tests. */
export function blobOf(content: string | Buffer, mediaType: string = mediaTypes.layerTar): Blob {
  const bytes = Buffer.from(content);
  return { mediaType, digest: digestOf(bytes), size: bytes.length, open: () => Readable.from([bytes]) };
}

/** A complete image whose layers have the given content, for tests. */
export function imageOf(
  layerContents: (string | Buffer)[],
  platform: Platform = { os: "linux", architecture: "amd64" },
): Image {
  const layers = layerContents.map((content) => blobOf(content));
  const imageConfig: ImageConfig = {
    ...platform,
    config: { Entrypoint: ["node", "server.js"] },
    rootfs: { type: "layers", diff_ids: layers.map(({ digest }) => digest) },
  };
  const config = blobOf(JSON.stringify(imageConfig), mediaTypes.config);
  const descriptor = ({ mediaType, digest, size }: Blob) => ({ mediaType, digest, size });
  const manifest: ImageManifest = {
    schemaVersion: 2,
    mediaType: mediaTypes.manifest,
    config: descriptor(config),
    layers: layers.map(descriptor),
  };
  return { manifest: blobOf(JSON.stringify(manifest), mediaTypes.manifest), config, layers };
}
