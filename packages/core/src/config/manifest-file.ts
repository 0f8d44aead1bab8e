import { existsSync, readFileSync, type Stats, statSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { FardelError } from "../errors.ts";
import { orList } from "./nearest.ts";
import { rehearseManifest } from "./rehearse-manifest.ts";
import type { SourceFile } from "./source/problems.ts";

export const manifestNames = ["fardel.yaml", "fardel.config.ts"] as const;

/** What people name a manifest that fardel doesn't look for. */
const almostNames = ["fardel.yml", "fardel.json", "fardel.config.js", "fardel.config.mjs", "fardel.config.mts"];

/** A manifest is some pages of text; a file larger than this is something else. */
const largestManifest = 1024 * 1024;

/**
 * Absolute path of the manifest in a directory or the nearest parent that has one.
 * @throws FardelError NoManifest, or TwoManifests where both names stand side by side.
 */
export function findManifest(directory: string): string {
  for (let at = resolve(directory); ; at = dirname(at)) {
    const [found, second] = manifestNames.filter((name) => existsSync(join(at, name)));
    if (second !== undefined) {
      throw new FardelError("TwoManifests", `${found} and ${second} stand side by side`, {
        where: at,
        fix: "Keep one of them.",
        exitCode: 2,
      });
    }
    if (found !== undefined) return join(at, found);
    const almost = almostNames.find((name) => existsSync(join(at, name)));
    if (almost !== undefined) throw noManifest(directory, `${join(at, almost)} isn't looked at: rename it.`);
    if (at === dirname(at)) throw noManifest(directory, "Write one, or change to the directory that has it.");
  }
}

function noManifest(directory: string, fix: string): FardelError {
  const message = `no ${manifestNames[0]} here or in a parent (${orList(manifestNames)})`;
  return new FardelError("NoManifest", message, { where: resolve(directory), fix, exitCode: 2 });
}

/** How messages call the file: relative to where it was looked for from, as long as that is short. */
export function displayName(directory: string, file: string): string {
  const name = relative(directory, file);
  return name === "" || name.startsWith("../../..") ? file : name;
}

/** @throws FardelError when the file can't be read as text. */
export function readManifestText(name: string, file: string): SourceFile & { text: string } {
  checkSource(name, file);
  let bytes: Buffer;
  try {
    bytes = readFileSync(file);
  } catch (error) {
    throw unreadable(name, file, systemReason(error), "Make it a file you may read.", error);
  }
  try {
    return { name, text: new TextDecoder("utf-8", { fatal: true }).decode(bytes) };
  } catch (error) {
    throw unreadable(name, file, "it isn't UTF-8 text", "Save it as UTF-8.", error);
  }
}

/** Reading a pipe or a device may never end. */
function checkSource(name: string, file: string): void {
  const stats = statSync(file, { throwIfNoEntry: false });
  if (stats === undefined) throw unreadable(name, file, "it is gone", "Put it back.");
  if (!stats.isFile()) throw unreadable(name, file, `it is ${kindOf(stats)}`, "Make it a file you may read.");
  if (stats.size > largestManifest) {
    throw unreadable(name, file, `it is ${stats.size} bytes long`, "A manifest is shorter than 1 MB.");
  }
}

function unreadable(name: string, where: string, why: string, fix: string, cause?: unknown): FardelError {
  return new FardelError("UnreadableManifest", `${name} can't be read: ${why}`, { where, fix, exitCode: 2, cause });
}

function kindOf(stats: Stats): string {
  if (stats.isDirectory()) return "a directory";
  if (stats.isFIFO()) return "a pipe";
  return stats.isSocket() ? "a socket" : "a device";
}

function systemReason(error: unknown): string {
  const code = error instanceof Error && "code" in error ? error.code : undefined;
  if (code === "EACCES") return "permission denied";
  return error instanceof Error ? error.message : String(error);
}

/**
 * The default export of a manifest that is code, run by Node's own type stripping.
 * @throws FardelError with what the code threw, never its stack.
 */
export async function importManifest(name: string, file: string): Promise<unknown> {
  let exported: { default?: unknown };
  checkSource(name, file);
  checkEnds(name, file);
  try {
    exported = await import(/* @vite-ignore */ pathToFileURL(file).href);
  } catch (error) {
    throw codeError(name, file, error);
  }
  if (exported.default !== undefined) return exported.default;
  throw new FardelError("InvalidManifest", `${name} has no default export`, {
    where: file,
    fix: "Write export default { app: … }, or a function of the environment that returns it.",
    exitCode: 2,
  });
}

/**
 * Makes sure that a manifest that is code ends when it is imported, or called for an environment.
 * @throws FardelError when it doesn't.
 */
export function checkEnds(name: string, file: string, environment?: string): void {
  const problem = rehearseManifest(pathToFileURL(file).href, environment);
  if (problem === undefined) return;
  throw new FardelError("InvalidManifest", `${name} doesn't end by itself: ${problem.why}`, {
    where: file,
    fix: problem.fix,
    exitCode: 2,
  });
}

/** What went wrong while a manifest that is code was imported or called. */
export function codeError(name: string, file: string, error: unknown): FardelError {
  const message = error instanceof Error ? error.message : String(error);
  const [first = "", ...rest] = message.split("\n");
  const stripping = error instanceof Error && "code" in error && error.code === "ERR_UNKNOWN_FILE_EXTENSION";
  const [, afterName = ""] = (error instanceof Error ? (error.stack ?? "") : "").split(`${file}:`, 2);
  const line = /^\d+/.exec(afterName)?.[0];
  return new FardelError("InvalidManifest", `${name} failed: ${first}`, {
    where: line === undefined ? name : `${name}:${line}`,
    why: rest.join("\n").trim() || undefined,
    fix: stripping ? "A manifest in TypeScript needs Node 22.18 or later; or write fardel.yaml." : undefined,
    exitCode: 2,
    cause: error,
  });
}
