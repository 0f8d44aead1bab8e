import { createReadStream, createWriteStream } from "node:fs";
import { mkdtemp, open, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pipeline as pipelineCallback, Readable } from "node:stream";
import { buffer } from "node:stream/consumers";
import { pipeline } from "node:stream/promises";
import { extract } from "tar-stream";
import { OciError } from "../errors.ts";
import { mediaTypes } from "../image.ts";
import { decompressor } from "../layers/compression.ts";
import { layerOfArchive } from "../layers/write-layer.ts";
import { digestOf } from "../registry/digest.ts";

/** Documents of an image are kilobytes. */
const largestDocument = 16 << 20;

/**
 * Reads what `docker image save` writes of one image: an archive of layers and of documents that name them, whose layout
 * depends on the engine (`<id>/layer.tar` up to Docker 24, an OCI layout with `blobs/sha256/…` from 25 on, there
 * compressed when the engine keeps images in containerd). Common to all is `manifest.json`, which says which document
 * is the configuration; layers are known by the digest of their content. https://docs.docker.com/reference/cli/docker/image/save/
 *
 * @returns the configuration's bytes. Its layers are in the cache, found by their diff_ids.
 * @throws OciError `docker-image` when the archive isn't of that form.
 */
export async function readSavedImage(archive: AsyncIterable<Uint8Array>, cacheDirectory: string): Promise<Buffer> {
  const spool = await mkdtemp(join(tmpdir(), "fardel-docker-image-"));
  try {
    const documents = new Map<string, Buffer>();
    const members = extract();
    const reading = pipeline(Readable.from(archive), members as unknown as NodeJS.WritableStream);
    // Its failure is also that of the members, which are read first.
    reading.catch(() => {});
    for await (const member of members) {
      const { name, type, size = 0 } = member.header;
      const content = member as unknown as AsyncIterable<Uint8Array>;
      if (type === "file" && isDocument(name)) documents.set(name, await document(name, size, content));
      else if (type === "file" && (name.endsWith("/layer.tar") || name.startsWith("blobs/"))) {
        const path = join(spool, "member");
        await pipeline(content, createWriteStream(path));
        const found = await readMember(name, path, cacheDirectory);
        if (found) documents.set(name, found);
      } else await drained(content);
    }
    await reading;
    return configuration(documents);
  } finally {
    await rm(spool, { recursive: true, force: true });
  }
}

/** Keeps a layer in the cache; a document it returns. */
async function readMember(name: string, path: string, cacheDirectory: string): Promise<Buffer | undefined> {
  const start = await firstBytes(path);
  if (start.toString("latin1", 0, 1) === "{") {
    const { size } = await stat(path);
    return document(name, size, createReadStream(path));
  }
  await layerOfArchive(() => uncompressed(path, mediaTypeOf(start)), { cacheDirectory });
  return undefined;
}

function isDocument(name: string): boolean {
  return /^[^/]+\.json$/.test(name);
}

function uncompressed(path: string, mediaType: string): AsyncIterable<Uint8Array> {
  const [step] = decompressor(mediaType);
  const source = createReadStream(path);
  return step === undefined ? source : pipelineCallback(source, step, () => {});
}

/** By the magic numbers of gzip (RFC 1952) and zstd (RFC 8878). */
function mediaTypeOf(start: Buffer): string {
  const magic = start.toString("hex");
  if (magic.startsWith("1f8b")) return mediaTypes.layerGzip;
  return magic === "28b52ffd" ? mediaTypes.layerZstd : mediaTypes.layerTar;
}

async function firstBytes(path: string): Promise<Buffer> {
  const file = await open(path);
  try {
    const { buffer: read, bytesRead } = await file.read(Buffer.alloc(4), 0, 4, 0);
    return read.subarray(0, bytesRead);
  } finally {
    await file.close();
  }
}

async function document(name: string, size: number, content: AsyncIterable<Uint8Array>): Promise<Buffer> {
  if (size > largestDocument) throw unreadable(`${name} has ${size} bytes`);
  return buffer(content);
}

function configuration(documents: ReadonlyMap<string, Buffer>): Buffer {
  const name = configurationName(documents.get("manifest.json"));
  const config = documents.get(name);
  if (config === undefined) throw unreadable(`its manifest.json names a configuration '${name}' that is not there`);
  const digest = /[0-9a-f]{64}/.exec(name)?.[0];
  if (digest !== undefined && digestOf(config) !== `sha256:${digest}`)
    throw unreadable(`the content of its configuration has the digest ${digestOf(config)}`);
  return config;
}

function configurationName(manifest: Buffer | undefined): string {
  if (manifest === undefined) throw unreadable("it has no manifest.json");
  try {
    const [image] = JSON.parse(manifest.toString("utf8")) as { Config?: unknown }[];
    if (typeof image?.Config === "string") return image.Config;
  } catch {
    // Told below.
  }
  throw unreadable("its manifest.json names no configuration");
}

async function drained(content: AsyncIterable<Uint8Array>): Promise<void> {
  for await (const _ of content);
}

function unreadable(why: string): OciError {
  return new OciError("docker-image", `What the engine has saved is no image: ${why}.`, {
    fix: "Build it again; if it stays so, update the engine.",
  });
}
