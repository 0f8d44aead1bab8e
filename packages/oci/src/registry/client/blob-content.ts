import type { Blob } from "../../image.ts";

/** Reads a small blob (a manifest, a configuration) into memory. */
export async function readBlob(blob: Blob): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of (await blob.open()) as AsyncIterable<Buffer>) chunks.push(chunk);
  return Buffer.concat(chunks);
}
