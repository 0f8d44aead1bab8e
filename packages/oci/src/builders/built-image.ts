import type { Image } from "../image.ts";

export interface BuiltImage extends Image {
  /** Of the manifest. */
  digest: string;
  /** All that a registry stores of it, compressed. */
  sizeBytes: number;
  /** What was taken from the cache, because nothing that goes into it changed. */
  cached: { dependencies: boolean; source: boolean };
}

export function builtImage(image: Image, cached: BuiltImage["cached"]): BuiltImage {
  const blobs = [image.manifest, image.config, ...image.layers];
  return {
    ...image,
    digest: image.manifest.digest,
    sizeBytes: blobs.reduce((sum, blob) => sum + blob.size, 0),
    cached,
  };
}
