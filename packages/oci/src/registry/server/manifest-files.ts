import { randomUUID } from "node:crypto";
import { mkdir, readdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { manifestMediaType } from "./manifest-content.ts";
import type { ManifestStorage } from "./storage.ts";

// <root>/repositories/<name>/_manifests/<hex>           the manifest's bytes
// <root>/repositories/<name>/_tags/<tag>                the digest the tag names

/** Manifests and tags as files below `root`, each one written beside its place and renamed into it. */
export function createManifestFiles(root: string): ManifestStorage {
  const directory = (repository: string, part: string) => join(root, "repositories", repository, part);
  const manifestFile = (repository: string, digest: string) =>
    join(directory(repository, "_manifests"), digest.slice("sha256:".length));
  const tagFile = (repository: string, tag: string) => join(directory(repository, "_tags"), tag);

  async function tags(repository: string): Promise<string[]> {
    return (await orMissing(readdir(directory(repository, "_tags"))))?.sort() ?? [];
  }

  async function resolve(repository: string, tag: string): Promise<string | undefined> {
    return orMissing(readFile(tagFile(repository, tag), "utf8"));
  }

  async function place(path: string, content: Uint8Array | string): Promise<void> {
    const unfinished = join(root, "unfinished", randomUUID());
    await mkdir(join(root, "unfinished"), { recursive: true });
    await mkdir(join(path, ".."), { recursive: true });
    await writeFile(unfinished, content);
    await rename(unfinished, path);
  }

  async function remove(path: string): Promise<boolean> {
    return (await orMissing(rm(path).then(() => true))) ?? false;
  }

  return {
    tags,
    resolve,

    async get(repository, digest) {
      const bytes = await orMissing(readFile(manifestFile(repository, digest)));
      return bytes && { digest, mediaType: manifestMediaType(bytes), bytes };
    },

    async put(repository, manifest, tag) {
      await place(manifestFile(repository, manifest.digest), manifest.bytes);
      if (tag !== undefined) await place(tagFile(repository, tag), manifest.digest);
    },

    async delete(repository, digest) {
      for (const tag of await tags(repository))
        if ((await resolve(repository, tag)) === digest) await remove(tagFile(repository, tag));
      return remove(manifestFile(repository, digest));
    },

    deleteTag: (repository, tag) => remove(tagFile(repository, tag)),
  };
}

async function orMissing<T>(reading: Promise<T>): Promise<T | undefined> {
  try {
    return await reading;
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return undefined;
    throw error;
  }
}
