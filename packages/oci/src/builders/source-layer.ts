import { join } from "node:path";
import { readFileTree } from "../layers/file-tree.ts";
import { parseIgnoreRules } from "../layers/ignore-rules.ts";
import { type Layer, writeLayer } from "../layers/write-layer.ts";
import { readText } from "./read-text.ts";

export interface SourceLayer {
  layer: Layer;
  cached: boolean;
  /** The app's files in it, relative to its directory. */
  files: ReadonlySet<string>;
}

// Installed packages come from the dependency layer. Git's and fardel's own files say nothing to the app, and a change of
// the manifest that leaves the code alone should leave the image alone. An .npmrc may hold the token of a registry.
const neverIncluded = new Set(["node_modules", ".git", ".fardel", ".npmrc"]);
const neverAtTheTop = new Set(["fardel.yaml", "fardel.yml", "fardel.config.ts"]);

/**
 * A layer of the app's own files: all but what .dockerignore names, and node_modules, .git, .fardel, .npmrc and fardel's
 * manifest, which no rule brings back.
 *
 * @param prefix where the app is in the image, without leading slash.
 * @throws OciError `ignore-pattern`, `source-changed`, `source-unreadable`.
 */
export async function sourceLayer(directory: string, prefix: string, cacheDirectory: string): Promise<SourceLayer> {
  const rules = parseIgnoreRules((await readText(join(directory, ".dockerignore"))) ?? "");
  const excluded = (path: string) =>
    neverIncluded.has(path.slice(path.lastIndexOf("/") + 1)) || neverAtTheTop.has(path);
  const entries = await readFileTree(directory, {
    prefix,
    ignores: (path) => excluded(path) || rules.ignores(path),
    prunes: (path) => excluded(path) || (!rules.hasExceptions && rules.ignores(path)),
  });
  const files = entries
    .filter((entry) => entry.type !== "directory")
    .map((entry) => entry.path.slice(prefix.length + 1));
  return { ...(await writeLayer(entries, { cacheDirectory })), files: new Set(files) };
}
