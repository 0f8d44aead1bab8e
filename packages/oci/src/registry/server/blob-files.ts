import { createHash, type Hash, randomUUID } from "node:crypto";
import { createReadStream } from "node:fs";
import { mkdir, open, readdir, rename, rm, stat, writeFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { pipeline } from "node:stream/promises";
import { digestInvalid, uploadUnknown } from "./registry-error.ts";
import { serialized } from "./serialized.ts";
import type { BlobStorage } from "./storage.ts";

// <root>/blobs/sha256/<hex>                             content, shared
// <root>/repositories/<name>/_blobs/<hex>               empty: the repository has this blob
// <root>/repositories/<name>/_uploads/<uuid>            what has arrived of an upload
// No component of a repository's name starts with '_', so nested names can't meet these directories.

const uploadId = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/**
 * Blobs as files below `root`. Content grows under `_uploads` and only a rename, after its digest is proved, makes it a
 * blob: a process killed at any moment leaves no half blob to be found.
 */
export function createBlobFiles(root: string): BlobStorage {
  const hex = (digest: string) => digest.slice("sha256:".length);
  const contentFile = (digest: string) => join(root, "blobs", "sha256", hex(digest));
  const repositories = join(root, "repositories");
  const linkFile = (repository: string, digest: string) => join(repositories, repository, "_blobs", hex(digest));
  const uploadFile = (repository: string, upload: string) => join(repositories, repository, "_uploads", upload);

  /** Hashes of uploads in progress, so that finishing needs no second reading; rebuilt from the file when missing. */
  const hashes = new Map<string, { hash: Hash; bytes: number }>();
  const inUpload = serialized();
  /** Links and the sweep of unlinked content exclude each other, or a sweep could take what was linked just now. */
  const inLinks = serialized();

  async function link(repository: string, digest: string): Promise<void> {
    await mkdir(join(repositories, repository, "_blobs"), { recursive: true });
    await writeFile(linkFile(repository, digest), "");
  }

  async function size(repository: string, digest: string): Promise<number | undefined> {
    if ((await fileSize(linkFile(repository, digest))) === undefined) return undefined;
    return fileSize(contentFile(digest));
  }

  async function uploadedBytes(repository: string, upload: string): Promise<number | undefined> {
    return uploadId.test(upload) ? fileSize(uploadFile(repository, upload)) : undefined;
  }

  async function digestOfUpload(repository: string, upload: string, bytes: number): Promise<string> {
    const running = hashes.get(upload);
    if (running?.bytes === bytes) return `sha256:${running.hash.digest("hex")}`;
    const hash = createHash("sha256");
    await pipeline(createReadStream(uploadFile(repository, upload)), hash);
    return `sha256:${hash.digest("hex")}`;
  }

  async function sweepUnlinked(): Promise<void> {
    const linked = new Set<string>();
    for (const entry of await entries(repositories, { recursive: true }))
      if (entry.isFile() && basename(entry.parentPath) === "_blobs") linked.add(entry.name);
    for (const { name } of await entries(join(root, "blobs", "sha256")))
      if (!linked.has(name)) await rm(contentFile(`sha256:${name}`), { force: true });
  }

  return {
    size,
    open: (digest, range) => createReadStream(contentFile(digest), range),

    mount: (digest, from, to) =>
      inLinks("", async () => {
        if ((await size(from, digest)) === undefined) return false;
        await link(to, digest);
        return true;
      }),

    async unlink(repository, digest) {
      if ((await size(repository, digest)) === undefined) return false;
      await rm(linkFile(repository, digest), { force: true });
      return true;
    },

    deleteRepository: (repository) =>
      inLinks("", async () => {
        for (const part of ["_blobs", "_uploads"])
          await rm(join(repositories, repository, part), { recursive: true, force: true });
        await sweepUnlinked();
      }),

    prune: (repository, keep, before) =>
      inLinks("", async () => {
        const blobs = join(repositories, repository, "_blobs");
        for (const name of await untouched(blobs, before))
          if (!keep.has(`sha256:${name}`)) await rm(join(blobs, name), { force: true });
        const uploads = join(repositories, repository, "_uploads");
        for (const upload of await untouched(uploads, before)) {
          hashes.delete(upload);
          await rm(join(uploads, upload), { force: true });
        }
        await sweepUnlinked();
      }),

    async startUpload(repository) {
      const upload = randomUUID();
      await mkdir(join(repositories, repository, "_uploads"), { recursive: true });
      await writeFile(uploadFile(repository, upload), "");
      hashes.set(upload, { hash: createHash("sha256"), bytes: 0 });
      return upload;
    },

    uploadedBytes,

    append: (repository, upload, content) =>
      inUpload(upload, async () => {
        let bytes = await uploadedBytes(repository, upload);
        if (bytes === undefined) throw uploadUnknown(upload);
        const running = hashes.get(upload);
        const file = await open(uploadFile(repository, upload), "a");
        try {
          for await (const chunk of content) {
            await file.writeFile(chunk);
            running?.hash.update(chunk);
            bytes += chunk.length;
            if (running !== undefined) running.bytes += chunk.length;
          }
        } finally {
          await file.close();
        }
        return bytes;
      }),

    finishUpload: (repository, upload, digest) =>
      inUpload(upload, async () => {
        const bytes = await uploadedBytes(repository, upload);
        if (bytes === undefined) throw uploadUnknown(upload);
        const actual = await digestOfUpload(repository, upload, bytes);
        hashes.delete(upload);
        if (actual !== digest) {
          await rm(uploadFile(repository, upload), { force: true });
          throw digestInvalid(`the content has digest ${actual}, not ${digest} (${bytes} bytes received)`);
        }
        await mkdir(join(root, "blobs", "sha256"), { recursive: true });
        await inLinks("", async () => {
          await rename(uploadFile(repository, upload), contentFile(digest));
          await link(repository, digest);
        });
      }),

    cancelUpload: (repository, upload) =>
      inUpload(upload, async () => {
        if ((await uploadedBytes(repository, upload)) === undefined) return false;
        hashes.delete(upload);
        await rm(uploadFile(repository, upload), { force: true });
        return true;
      }),
  };
}

async function fileSize(path: string): Promise<number | undefined> {
  try {
    return (await stat(path)).size;
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
}

async function entries(directory: string, options: { recursive?: boolean } = {}) {
  try {
    return await readdir(directory, { ...options, withFileTypes: true });
  } catch (error) {
    if (isMissing(error)) return [];
    throw error;
  }
}

/** Names of the directory's files that were last written before a moment. */
async function untouched(directory: string, before: Date): Promise<string[]> {
  const names: string[] = [];
  for (const { name } of await entries(directory))
    if ((await stat(join(directory, name))).mtime < before) names.push(name);
  return names;
}

function isMissing(error: unknown): boolean {
  return error instanceof Error && "code" in error && error.code === "ENOENT";
}
