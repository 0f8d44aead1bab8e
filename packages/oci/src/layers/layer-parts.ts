import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { extract } from "tar-stream";
import type { Blob } from "../image.ts";
import { decompressor } from "./compression.ts";

/** A directory, package or file of an image's layers. */
export interface LayerPart {
  /** Relative to the root. */
  path: string;
  /** Bytes of its files, uncompressed. */
  sizeBytes: number;
}

/**
 * What takes the most room in layers: packages below node_modules, directories three deep, files above that.
 *
 * @returns the biggest first, at most `limit`.
 * @throws OciError `layer-media-type`, and what opening the layers throws.
 */
export async function biggestParts(layers: readonly Blob[], limit: number): Promise<LayerPart[]> {
  const sizes = new Map<string, number>();
  for (const layer of layers) {
    const members = extract();
    const source = Readable.from((await layer.open()) as AsyncIterable<Uint8Array>);
    const reading = pipeline([source, ...decompressor(layer.mediaType), members as unknown as NodeJS.WritableStream]);
    // Its failure is also that of the members, which are read first.
    reading.catch(() => {});
    for await (const member of members) {
      const { name, size = 0, type } = member.header;
      if (type === "file") sizes.set(partOf(name), (sizes.get(partOf(name)) ?? 0) + size);
      member.resume();
    }
    await reading;
  }
  const parts = [...sizes].map(([path, sizeBytes]) => ({ path, sizeBytes }));
  return parts.toSorted((a, b) => b.sizeBytes - a.sizeBytes || (a.path < b.path ? -1 : 1)).slice(0, limit);
}

/** The part of an image that a file counts to. */
export function partOf(path: string): string {
  const plain = path.replace(/^(?:\.?\/)+/, "");
  const [ofPackage] = /^(?:[^/]+\/)*?node_modules\/(?:@[^/]+\/)?[^/]+/.exec(plain) ?? [];
  return ofPackage ?? plain.split("/").slice(0, 3).join("/");
}
