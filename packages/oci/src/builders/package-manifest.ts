import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { OciError } from "../errors.ts";

/** What the node builder reads of a package.json. */
export interface PackageManifest {
  name?: string;
  version?: string;
  main?: string;
  bin?: string | Record<string, string>;
  scripts?: Record<string, string>;
  engines?: { node?: string };
  workspaces?: string[] | { packages?: string[] };
  dependencies?: Record<string, string>;
  devDependencies?: Record<string, string>;
  optionalDependencies?: Record<string, string>;
  peerDependencies?: Record<string, string>;
  [other: string]: unknown;
}

/**
 * The package.json of a directory; an empty one where there is none, since a program without dependencies needs none.
 *
 * @throws OciError `package-json` when it is not a JSON object.
 */
export async function readPackageManifest(directory: string): Promise<PackageManifest> {
  const path = join(directory, "package.json");
  const text = await readFile(path, "utf8").catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return "{}";
    throw error;
  });
  return parseObject(path, text) as PackageManifest;
}

/** @throws OciError `package-json` when `text` is not a JSON object. */
export function parseObject(path: string, text: string): object {
  let why = "it is not an object";
  try {
    const value: unknown = JSON.parse(text.replace(/^\uFEFF/, ""));
    if (typeof value === "object" && value !== null && !Array.isArray(value)) return value;
  } catch (error) {
    why = error instanceof Error ? error.message : String(error);
  }
  throw new OciError("package-json", `${path} cannot be read: ${why}.`, { fix: "Correct the JSON." });
}

/** Whether it asks for any package that production needs. */
export function hasDependencies(manifest: PackageManifest): boolean {
  const { dependencies, optionalDependencies, peerDependencies, workspaces } = manifest;
  const named = { ...dependencies, ...optionalDependencies, ...peerDependencies };
  return Object.keys(named).length > 0 || workspaces !== undefined;
}

const installedFields = [
  "name",
  "version",
  "bin",
  "dependencies",
  "devDependencies",
  "optionalDependencies",
  "peerDependencies",
  "peerDependenciesMeta",
  "bundleDependencies",
  "bundledDependencies",
  "overrides",
  "workspaces",
  "allowScripts",
];

/**
 * The parts that decide what npm installs. Scripts are not among them: they run against files that are not there during
 * the install, and a change of theirs, or of any tool's settings, must not install everything again.
 */
export function installedParts(manifest: PackageManifest): PackageManifest {
  return Object.fromEntries(installedFields.flatMap((field) => (field in manifest ? [[field, manifest[field]]] : [])));
}
