import { access } from "node:fs/promises";
import { dirname, isAbsolute, join, posix, relative } from "node:path";
import { OciError } from "../errors.ts";
import { parseObject } from "./package-manifest.ts";
import { readText } from "./read-text.ts";

/** What the builder reads of npm's lockfile (lockfileVersion 2 and 3). */
export interface Lockfile {
  fileName: string;
  /** All of it. */
  content: object;
  /** By path, such as `node_modules/pg`; "" is the app itself. */
  packages: Record<string, LockedPackage>;
}

export interface LockedPackage {
  resolved?: string;
  link?: boolean;
  dev?: boolean;
  hasInstallScript?: boolean;
}

const fileNames = ["npm-shrinkwrap.json", "package-lock.json"];
const otherLockfiles = ["yarn.lock", "pnpm-lock.yaml", "bun.lock", "bun.lockb"];

/**
 * npm's lockfile of a directory, the shrinkwrap first, as npm has it; undefined where there is none.
 *
 * @throws OciError `lockfile` when it is too old or not JSON.
 */
export async function readLockfile(directory: string): Promise<Lockfile | undefined> {
  for (const fileName of fileNames) {
    const path = join(directory, fileName);
    const text = await readText(path);
    if (text === undefined) continue;
    const content = parseObject(path, text) as { packages?: unknown };
    const { packages } = content;
    if (packages !== undefined) return { fileName, content, packages: checkedPackages(path, packages) };
    throw new OciError("lockfile", `${path} was written by npm 6 or older, which does not say enough.`, {
      fix: "Run npm install --package-lock-only with npm 7 or newer, and commit the file.",
    });
  }
  return undefined;
}

function checkedPackages(path: string, packages: unknown): Record<string, LockedPackage> {
  const entries = typeof packages === "object" ? Object.entries(packages ?? {}) : [];
  const wrong = entries.find(([, entry]) => {
    const { resolved, link } = Object(entry) as Partial<Record<keyof LockedPackage, unknown>>;
    return (
      typeof entry !== "object" ||
      entry === null ||
      !/^(string|undefined)$/.test(typeof resolved) ||
      (link === true && (typeof resolved !== "string" || resolved.includes("\0")))
    );
  });
  if (entries.length > 0 && wrong === undefined) return packages as Record<string, LockedPackage>;
  throw new OciError(
    "lockfile",
    `${path} cannot be read: ${wrong ? `"${wrong[0]}" is` : "packages are"} not as npm writes them.`,
    {
      fix: "Run npm install --package-lock-only to write it anew.",
    },
  );
}

/** The error for dependencies without npm's lockfile; it knows about other package managers and about workspaces. */
export async function lockfileMissing(directory: string): Promise<OciError> {
  const message = `${directory} has dependencies but no package-lock.json, so what would be installed is not known.`;
  const other = await firstThere(directory, otherLockfiles);
  if (other !== undefined)
    return new OciError("lockfile-missing", `${message} It has ${other}; the node builder installs with npm.`, {
      fix: "Run npm install --package-lock-only beside it and commit the file.",
    });
  for (let parent = dirname(directory); parent !== dirname(parent); parent = dirname(parent)) {
    if ((await firstThere(parent, fileNames)) === undefined) continue;
    const inside = relative(parent, directory).split(/[\\/]/).join("/");
    return new OciError("lockfile-missing", `${message} ${parent} has one, as the root of a workspace.`, {
      fix: `If this is one of its packages, build ${parent} with a command such as [node, ${inside}/server.js].`,
    });
  }
  return new OciError("lockfile-missing", message, {
    fix: "Run npm install --package-lock-only and commit package-lock.json.",
  });
}

async function firstThere(directory: string, names: string[]): Promise<string | undefined> {
  for (const name of names) {
    const there = await access(join(directory, name)).then(
      () => true,
      () => false,
    );
    if (there) return name;
  }
  return undefined;
}

/** Whether production needs anything of it. */
export function locksPackages({ packages }: Lockfile): boolean {
  return Object.entries(packages).some(([path, { dev }]) => path !== "" && dev !== true);
}

/** A package that comes from the directory itself: a workspace or a `file:` dependency. */
export interface LocalPackage {
  /** Relative to the directory. */
  path: string;
  /** npm links to a package's directory, and copies or unpacks everything else. */
  linked: boolean;
}

/**
 * Where the lockfile takes packages from the disk.
 *
 * @throws OciError `dependency-outside` for one that is not below the directory, and so could not get into the image.
 */
export function findLocalPackages(directory: string, { packages }: Lockfile): LocalPackage[] {
  return Object.entries(packages).flatMap(([name, { link, dev, resolved = "" }]) => {
    const path = link === true ? resolved : resolved.startsWith("file:") ? resolved.slice("file:".length) : undefined;
    if (path === undefined) return [];
    const inside = posix.normalize(path);
    if (!isAbsolute(inside) && inside !== ".." && !inside.startsWith("../"))
      return [{ path: inside, linked: link === true }];
    if (dev === true) return [];
    throw new OciError("dependency-outside", `${name} comes from '${path}', which is outside of ${directory}.`, {
      fix: `Only what is inside gets into the image. Make ${posix.resolve(directory, path, "..")} or a directory above both the one that is built (an npm workspace), or publish the package.`,
    });
  });
}
