import { lstatSync, readlinkSync, type Stats } from "node:fs";
import { join } from "node:path";

// Kept out of the mapping: they mean the machine's own, also where an image carries an empty directory of that name.
const hostDirectories = new Set(["dev", "proc", "sys", "tmp", "run"]);
const maximumLinks = 40;

/**
 * Where an absolute path of the image lies on this machine, or undefined when the image has no such path. Symbolic links
 * are followed as if the root directory were `/`, and never lead out of it.
 */
export function resolveInRoot(rootDirectory: string, path: string): string | undefined {
  let pending = path.split("/");
  let resolved: string[] = [];
  for (let links = 0; pending.length > 0; ) {
    const part = pending.shift();
    if (!part || part === ".") continue;
    if (part === "..") {
      resolved.pop();
      continue;
    }
    const candidate = join(rootDirectory, ...resolved, part);
    const entry = entryAt(candidate);
    if (!entry) return undefined;
    if (!entry.isSymbolicLink()) {
      resolved.push(part);
      continue;
    }
    if (++links > maximumLinks) return undefined;
    const target = readlinkSync(candidate);
    if (target.startsWith("/")) resolved = [];
    pending = [...target.split("/"), ...pending];
  }
  return join(rootDirectory, ...resolved);
}

/** Undefined for what can't be looked up either: an argument need not be a path at all, whatever it begins with. */
function entryAt(path: string): Stats | undefined {
  try {
    return lstatSync(path);
  } catch {
    return undefined;
  }
}

/**
 * The rule for paths in a command line: an argument that is an absolute path of the image (`/app/server.js`), or an option
 * with one (`--config=/app/config.json`), is given as the path on this machine. Anything else, relative paths and shell
 * text among it, stays as it is, and so do /dev, /proc, /sys, /tmp and /run.
 */
export function mapArgument(rootDirectory: string, argument: string): string {
  const [, option = "", path] = /^(--?[\w.-]+=)?(\/.*)$/s.exec(argument) ?? [];
  if (path === undefined || hostDirectories.has(path.split("/")[1] ?? "")) return argument;
  const resolved = resolveInRoot(rootDirectory, path);
  return resolved === undefined ? argument : option + resolved;
}
