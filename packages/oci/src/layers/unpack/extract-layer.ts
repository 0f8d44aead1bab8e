import { createWriteStream } from "node:fs";
import { stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type Readable, Transform, type Writable } from "node:stream";
import { buffer } from "node:stream/consumers";
import { pipeline } from "node:stream/promises";
import { extract, type Header } from "tar-stream";
import { OciError } from "../../errors.ts";
import type { Blob } from "../../image.ts";
import { digestCounter } from "../blob-cache.ts";
import { decompressor } from "../compression.ts";
import type { StoredContent, UnpackedEntry, UnpackLimits } from "./layer-contents.ts";
import { layerPath, linkTarget } from "./layer-path.ts";

const writtenAtOnce = 1 << 20;
/** They are held in memory, so longer ones count as several entries. */
const pathsOfOneEntry = 256;
const whiteout = ".wh.";
const opaqueWhiteout = ".wh..wh..opq";

/**
 * Reads a layer and writes the content of its files, numbered, to `directory`; links, modes and whiteouts are only listed.
 * Devices and pipes are dropped, set-user-ID bits too. `remaining` is reduced by what the layer took.
 *
 * @throws OciError `layer-path` for a path that leads out of the root, `layer-limit`, `layer-digest` when the archive is
 * not the one `diffId` names, `layer-media-type`, `layer-corrupt`.
 */
export async function extractLayer(
  blob: Blob,
  diffId: string,
  directory: string,
  remaining: UnpackLimits,
): Promise<UnpackedEntry[]> {
  const entries: UnpackedEntry[] = [];
  const archive = extract();
  let reading = Promise.resolve();
  archive.on("entry", (header, body, next) => {
    // An archive that breaks off breaks off the member as well, which may have nobody left who reads it.
    body.on("error", () => {});
    // tar-stream's streams are streamx's, which iterate and pipe as Node's do, though their types don't say so.
    reading = readMember(header, body as unknown as Readable).then(() => next(), next);
  });

  async function readMember(header: Header, body: Readable): Promise<void> {
    // tar-stream has null for a size that it can't read, and then waits for the member's end for ever.
    if (!Number.isSafeInteger(header.size)) throw new Error(`'${header.name}' has no size`);
    const entry = describe(header);
    remaining.entries -= 1 + Math.floor((header.name.length + (header.linkname?.length ?? 0)) / pathsOfOneEntry);
    if (remaining.entries < 0) throw overLimit(blob, "entries");
    if (entry?.type === "file") {
      const content = await storeContent(header, body, directory, `${entries.length}`);
      entries.push({ ...entry, content });
      return;
    }
    body.resume();
    if (entry) entries.push(entry);
  }

  const counted = digestCounter();
  const transforms = [...decompressor(blob.mediaType), takeFrom(remaining, blob), counted.stream];
  try {
    await pipeline([await blob.open(), ...transforms, archive as unknown as Writable]);
  } catch (cause) {
    throw cause instanceof OciError ? cause : corrupt(blob, cause);
  } finally {
    await reading;
  }
  const { digest } = counted.result();
  if (digest !== diffId) throw wrongDigest(blob, diffId, digest);
  return entries;
}

type Described = Exclude<UnpackedEntry, { type: "file" }> | { type: "file"; path: string; mode: number };

/** What a member of the archive means; undefined for what is left out. */
function describe(header: Header): Described | undefined {
  const path = layerPath(header.name);
  const name = path.slice(path.lastIndexOf("/") + 1);
  if (name === opaqueWhiteout) return { type: "opaque", path: path.slice(0, -opaqueWhiteout.length - 1) };
  // Names that start with two of them are notes that AUFS kept for itself.
  if (path.split("/").some((segment) => segment.startsWith(`${whiteout}${whiteout}`))) return undefined;
  if (name.startsWith(whiteout))
    return { type: "whiteout", path: layerPath(path.slice(0, -name.length) + name.slice(whiteout.length)) };
  const mode = header.mode & 0o777;
  switch (header.type) {
    case "directory":
      return { type: "directory", path, mode };
    case "file":
    case "contiguous-file":
      return { type: "file", path, mode };
    case "symlink":
      return { type: "symlink", path, target: linkTarget(header.linkname) };
    case "link":
      return { type: "hard link", path, target: layerPath(header.linkname) };
    case "block-device":
    case "character-device":
    case "fifo":
      return undefined;
    default:
      throw new OciError("layer-corrupt", `'${header.name}' is of a kind that layers don't have.`);
  }
}

/** Read-only, because containers may share it by hard links. */
async function storeContent(header: Header, body: Readable, directory: string, name: string): Promise<StoredContent> {
  const path = join(directory, name);
  const mode = 0o444 | (header.mode & 0o111);
  const { size } = header;
  if (size <= writtenAtOnce) await writeFile(path, size === 0 ? "" : await buffer(body), { flag: "wx", mode });
  else await pipeline(body, createWriteStream(path, { flags: "wx", mode }));
  return { name, size, modified: (await stat(path)).mtimeMs };
}

/** Lets bytes pass while there are any left to take. */
function takeFrom(remaining: UnpackLimits, blob: Blob): Transform {
  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      remaining.bytes -= chunk.length;
      if (remaining.bytes < 0) done(overLimit(blob, "bytes"));
      else done(null, chunk);
    },
  });
}

function overLimit(blob: Blob, what: string): OciError {
  return new OciError(
    "layer-limit",
    `The image takes more ${what} than allowed, unpacked; the limit was met in layer ${blob.digest}.`,
    {
      fix: "Make the image smaller; if it is not yours, don't trust it.",
    },
  );
}

function wrongDigest(blob: Blob, expected: string, actual: string): OciError {
  return new OciError(
    "layer-digest",
    `Layer ${blob.digest} holds ${actual}, but the image's configuration says ${expected}.`,
    {
      fix: "Push the image again; what the registry holds is damaged.",
    },
  );
}

function corrupt(blob: Blob, cause: unknown): OciError {
  const why = cause instanceof Error ? cause.message : String(cause);
  return new OciError("layer-corrupt", `Layer ${blob.digest} cannot be read: ${why}.`, {
    fix: "Push the image again; what the registry holds is damaged.",
    cause,
  });
}
