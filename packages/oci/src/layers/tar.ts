import { createReadStream } from "node:fs";
import { readFile } from "node:fs/promises";
import type { Writable } from "node:stream";
import { buffer } from "node:stream/consumers";
import { pipeline } from "node:stream/promises";
import { type Header, type Pack, pack } from "tar-stream";
import type { FileEntry, LayerEntry } from "./entry.ts";
import { sourceProblem } from "./source-problem.ts";

// Not zero: some tools take the epoch itself for "no time given".
const modificationTime = new Date(1000);
const heldInMemory = 1 << 20;

/**
 * The entries as a tar archive that depends on nothing but their paths, content, kind and executable bit: sorted by
 * path, owned by root, one fixed time, modes 0755 and 0644. Paths that are long or not ASCII go into PAX headers.
 *
 * @throws OciError (while it is read) `source-changed` when a file is not what it was when the entries were listed,
 * `source-unreadable`.
 */
export async function* createTar(entries: LayerEntry[]): AsyncGenerator<Uint8Array> {
  const sorted = entries.toSorted((a, b) => Buffer.compare(Buffer.from(a.path), Buffer.from(b.path)));
  const archive = pack();
  const write = async () => {
    for (const entry of sorted) {
      if (entry.type === "file") await writeFile(archive, entry);
      else archive.entry(header(entry));
    }
    archive.finalize();
  };
  write().catch((cause) => archive.destroy(cause instanceof Error ? cause : new Error(String(cause))));
  // tar-stream's streams are streamx's, which iterate and pipe as Node's do, though their types don't say so.
  yield* archive as unknown as AsyncIterable<Uint8Array>;
}

function header(entry: LayerEntry): Partial<Header> & { name: string } {
  const owner = { uid: 0, gid: 0, mtime: modificationTime };
  if (entry.type === "directory") return { ...owner, type: "directory", name: `${entry.path}/`, mode: 0o755 };
  if (entry.type === "symlink")
    return { ...owner, type: "symlink", name: entry.path, mode: 0o777, linkname: entry.target };
  return { ...owner, type: "file", name: entry.path, mode: entry.executable ? 0o755 : 0o644, size: entry.size };
}

async function writeFile(archive: Pack, entry: FileEntry): Promise<void> {
  if (entry.size > heldInMemory) {
    await pipeline(readExactly(entry), archive.entry(header(entry)) as unknown as Writable);
    return;
  }
  const content = await buffer(readExactly(entry));
  await new Promise<void>((resolve, reject) => {
    archive.entry(header(entry), content, (error) => (error ? reject(error) : resolve()));
  });
}

/** The content of a file, which must have the size that the archive's header says. */
async function* readExactly(entry: FileEntry): AsyncGenerator<Buffer> {
  let size = 0;
  try {
    const chunks = entry.size > heldInMemory ? createReadStream(entry.source) : [await readFile(entry.source)];
    for await (const chunk of chunks) {
      size += chunk.length;
      if (size <= entry.size) yield chunk;
    }
  } catch (cause) {
    throw sourceProblem(entry.source, cause);
  }
  if (size !== entry.size) throw sourceProblem(entry.source);
}
