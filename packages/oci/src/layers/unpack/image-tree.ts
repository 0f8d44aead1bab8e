import { join } from "node:path";
import { OciError } from "../../errors.ts";
import type { UnpackedEntry, UnpackedLayer } from "./layer-contents.ts";

/** The file system of an image, in memory. */
export type TreeNode = DirectoryNode | FileNode | SymlinkNode;

export interface DirectoryNode {
  type: "directory";
  mode: number;
  children: Map<string, TreeNode>;
}

export interface FileNode {
  type: "file";
  mode: number;
  /** Absolute path of the content in the store. */
  content: string;
}

export interface SymlinkNode {
  type: "symlink";
  target: string;
}

const mostLinksFollowed = 40;

/**
 * Lays the layers over each other, the lowest first, as a container sees them.
 * https://github.com/opencontainers/image-spec/blob/main/layer.md#applying-changesets
 *
 * @throws OciError `layer-path` for an entry inside a file or behind endless links, `layer-hard-link` for one to nothing.
 */
export function mergeLayers(layers: UnpackedLayer[]): DirectoryNode {
  const root = emptyDirectory();
  for (const { directory, entries } of layers) {
    // "Whiteout files MUST only apply to resources in lower/parent layers", wherever they stand in the archive.
    for (const entry of entries) remove(root, entry);
    for (const entry of entries) add(root, entry, directory);
  }
  return root;
}

function remove(root: DirectoryNode, entry: UnpackedEntry): void {
  if (entry.type === "opaque") findDirectory(root, entry.path)?.children.clear();
  if (entry.type === "whiteout") {
    const { parent, name } = split(entry.path);
    findDirectory(root, parent)?.children.delete(name);
  }
}

function add(root: DirectoryNode, entry: UnpackedEntry, contentDirectory: string): void {
  if (entry.type === "whiteout" || entry.type === "opaque" || entry.path === "") return;
  const { parent, name } = split(entry.path);
  const { children } = walk(root, parent, true) ?? root;
  const present = children.get(name);
  if (entry.type === "directory" && present?.type === "directory") present.mode = entry.mode;
  else children.set(name, toNode(root, entry, contentDirectory));
}

function toNode(
  root: DirectoryNode,
  entry: Exclude<UnpackedEntry, { type: "whiteout" | "opaque" }>,
  contentDirectory: string,
): TreeNode {
  if (entry.type === "directory") return { ...emptyDirectory(), mode: entry.mode };
  if (entry.type === "symlink") return { type: "symlink", target: entry.target };
  if (entry.type === "file")
    return { type: "file", mode: entry.mode, content: join(contentDirectory, entry.content.name) };
  const { parent, name } = split(entry.target);
  const target = findDirectory(root, parent)?.children.get(name);
  if (target && target.type !== "directory") return target;
  throw new OciError("layer-hard-link", `'${entry.path}' is a hard link to '${entry.target}', which is not a file.`, {
    fix: "Build the image again; its layers don't fit together.",
  });
}

function findDirectory(root: DirectoryNode, path: string): DirectoryNode | undefined {
  return walk(root, path, false);
}

/**
 * The directory at `path`, symbolic links resolved as inside a container: an absolute one starts at the image's root, and
 * `..` stops there. Creates what is missing when told to; else undefined for what is missing or not a directory.
 */
function walk(root: DirectoryNode, path: string, create: boolean): DirectoryNode | undefined {
  const waiting = path.split("/").reverse();
  let trail = [root];
  let followed = 0;
  for (let segment = waiting.pop(); segment !== undefined; segment = waiting.pop()) {
    const here = trail.at(-1) ?? root;
    if (segment === "" || segment === ".") continue;
    if (segment === "..") {
      if (trail.length > 1) trail.pop();
      continue;
    }
    let child = here.children.get(segment);
    if (!child && create) {
      child = emptyDirectory();
      here.children.set(segment, child);
    }
    if (child?.type === "directory") trail.push(child);
    else if (child?.type === "symlink" && ++followed <= mostLinksFollowed) {
      if (child.target.startsWith("/")) trail = [root];
      waiting.push(...child.target.split("/").reverse());
    } else if (create) throw notADirectory(path, segment);
    else return undefined;
  }
  return trail.at(-1);
}

function emptyDirectory(): DirectoryNode {
  return { type: "directory", mode: 0o755, children: new Map() };
}

function split(path: string): { parent: string; name: string } {
  const slash = path.lastIndexOf("/");
  return { parent: path.slice(0, Math.max(slash, 0)), name: path.slice(slash + 1) };
}

function notADirectory(path: string, segment: string): OciError {
  return new OciError("layer-path", `The layer has something inside '${path}', but '${segment}' is no directory.`, {
    fix: "Build the image again; its layers don't fit together.",
  });
}
