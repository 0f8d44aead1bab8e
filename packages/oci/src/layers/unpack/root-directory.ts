import { randomUUID } from "node:crypto";
import { constants } from "node:fs";
import { chmod, copyFile, link, mkdir, rename, rm, symlink } from "node:fs/promises";
import { dirname, join, posix } from "node:path";
import { type DirectoryNode, type FileNode, mergeLayers } from "./image-tree.ts";
import type { UnpackedImage } from "./unpack-image.ts";

/**
 * Makes the root directory of one container, complete or not at all. What an app may write to is its own: files in the
 * image's working directory are copies. All else (installed packages, a base image's system) is too much to copy at every
 * start: those files are hard links to the read-only ones of the cache. They can be replaced or removed, which touches
 * this root only; writing into one fails (as root it succeeds, and the cache unpacks the layer again for the next start).
 *
 * Absolute symbolic links are written so that they lead to the same place below this root, whatever it is called.
 *
 * @param directory absolute, must not exist, on the file system of the cache; removed with `rm -r` as any other.
 * @throws OciError `layer-path`, `layer-hard-link` when the layers don't fit together.
 */
export async function createRootDirectory(image: UnpackedImage, directory: string): Promise<void> {
  const root = mergeLayers(image.layers);
  const workingDirectory = posix.join("/", image.config.config?.WorkingDir ?? "/");
  const temporary = `${directory}.${randomUUID()}.part`;
  const symlinks: { path: string; target: string }[] = [];

  async function writeDirectory(node: DirectoryNode, path: string): Promise<void> {
    // Its owner must be able to fill it now and to remove it later.
    await mkdir(join(temporary, path), { mode: node.mode | 0o700 });
    await Promise.all(
      [...node.children].map(async ([name, child]) => {
        const childPath = posix.join(path, name);
        if (child.type === "directory") await writeDirectory(child, childPath);
        else if (child.type === "file")
          await writeFile(child, join(temporary, childPath), isWritten(childPath, workingDirectory));
        else symlinks.push({ path: childPath, target: child.target });
      }),
    );
  }

  await mkdir(dirname(directory), { recursive: true });
  try {
    await writeDirectory(root, "/");
    // Last, so that nothing is ever written through one, even where the file system takes two names for the same.
    await Promise.all(symlinks.map(({ path, target }) => symlink(targetInRoot(path, target), join(temporary, path))));
    await rename(temporary, directory);
  } catch (error) {
    await rm(temporary, { recursive: true, force: true });
    throw error;
  }
}

async function writeFile(file: FileNode, path: string, copied: boolean): Promise<void> {
  if (!copied) return link(file.content, path);
  await copyFile(file.content, path, constants.COPYFILE_EXCL | constants.COPYFILE_FICLONE);
  await chmod(path, file.mode | 0o600);
}

function isWritten(path: string, workingDirectory: string): boolean {
  const inside = workingDirectory === "/" || path.startsWith(`${workingDirectory}/`);
  return inside && !path.split("/").includes("node_modules");
}

/** Devices and kernel interfaces are the machine's, not the image's: `/dev/stdout` stays what it is. */
function targetInRoot(path: string, target: string): string {
  if (isOfTheMachine(target)) return target;
  const parent = posix.dirname(path);
  const resolved = posix.resolve(parent, target);
  const climbs = posix.normalize(posix.join(parent.slice(1), target)).startsWith("..");
  if (!target.startsWith("/") && !climbs) return target;
  return posix.relative(parent, resolved) || ".";
}

/** Not `/dev/../etc`, and not what /proc has of the root and working directory of some process, which lead anywhere. */
function isOfTheMachine(target: string): boolean {
  const segments = target.split("/");
  return /^\/(dev|proc|sys)(\/|$)/.test(target) && !["..", "root", "cwd"].some((name) => segments.includes(name));
}
