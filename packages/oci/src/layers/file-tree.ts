import type { Dirent } from "node:fs";
import { lstat, readdir, readlink } from "node:fs/promises";
import { join } from "node:path";
import type { LayerEntry } from "./entry.ts";
import { sourceProblem } from "./source-problem.ts";

export interface FileTreeOptions {
  /** Where the tree goes in the image, such as `app`; nothing is its root. */
  prefix?: string;
  /** Leaves a path out, given relative to the directory; a directory that is left out is still walked, unless `prunes`. */
  ignores?: (path: string) => boolean;
  /** Leaves a directory out without looking inside. */
  prunes?: (path: string) => boolean;
}

/**
 * Everything below `directory` as layer entries, with the directories that lead to them; symbolic links as they are,
 * never followed. Sockets, pipes and devices are left out, as Docker leaves them out of a build context.
 *
 * @throws OciError `source-unreadable`, `source-changed`.
 */
export async function readFileTree(directory: string, options: FileTreeOptions = {}): Promise<LayerEntry[]> {
  const { prefix = "", ignores = () => false, prunes = () => false } = options;
  const place = (path: string) => (prefix === "" ? path : `${prefix}/${path}`);

  async function walk(parent: string): Promise<LayerEntry[]> {
    const path = join(directory, parent);
    const children = await readdir(path, { withFileTypes: true }).catch((cause: unknown) => {
      throw sourceProblem(path, cause);
    });
    const found = await Promise.all(
      children.map((child) => read(parent === "" ? child.name : `${parent}/${child.name}`, child)),
    );
    return found.flat();
  }

  async function read(path: string, child: Dirent): Promise<LayerEntry[]> {
    const source = join(directory, path);
    if (child.isDirectory()) {
      if (prunes(path)) return [];
      const inside = await walk(path);
      return ignores(path) && inside.length === 0 ? [] : [{ type: "directory", path: place(path) }, ...inside];
    }
    if (ignores(path)) return [];
    if (child.isSymbolicLink()) return [{ type: "symlink", path: place(path), target: await readlink(source) }];
    if (!child.isFile()) return [];
    const { mode, size } = await lstat(source).catch((cause: unknown) => {
      throw sourceProblem(source, cause);
    });
    return [{ type: "file", path: place(path), executable: (mode & 0o100) !== 0, size, source }];
  }

  const entries = await walk("");
  return entries.length === 0 ? [] : [...ancestors(prefix), ...entries];
}

function ancestors(prefix: string): LayerEntry[] {
  const segments = prefix.split("/").filter((segment) => segment !== "");
  return segments.map((_, index) => ({ type: "directory", path: segments.slice(0, index + 1).join("/") }));
}
