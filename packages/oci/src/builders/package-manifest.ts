import { join } from "node:path";
import { OciError } from "../errors.ts";
import { readText } from "./read-text.ts";

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
 * @throws OciError `package-json` when it is not a JSON object, or has fields of other types than npm takes.
 */
export async function readPackageManifest(directory: string): Promise<PackageManifest> {
  const path = join(directory, "package.json");
  const manifest = parseObject(path, (await readText(path)) ?? "{}");
  const wrong = Object.entries(fieldTypes).find(([field, fits]) => !fits((manifest as PackageManifest)[field]));
  if (wrong === undefined) return manifest as PackageManifest;
  throw new OciError("package-json", `${path} cannot be read: its "${wrong[0]}" is of another type than npm takes.`, {
    fix: "See https://docs.npmjs.com/cli/configuring-npm/package-json for what it should be.",
  });
}

const isText = (value: unknown) => value === undefined || typeof value === "string";
const isObject = (value: unknown) => typeof value === "object" && value !== null && !Array.isArray(value);
const isTexts = (value: unknown) =>
  value === undefined || (isObject(value) && Object.values(Object(value)).every(isText));
const isList = (value: unknown) => Array.isArray(value) && value.every(isText);

/** Of the fields that are used. */
const fieldTypes: Record<string, (value: unknown) => boolean> = {
  name: isText,
  version: isText,
  main: isText,
  bin: (value) => isText(value) || isTexts(value),
  scripts: isTexts,
  engines: isTexts,
  workspaces: (value) =>
    value === undefined || isList(value) || (isObject(value) && isList(Object(value).packages ?? [])),
  dependencies: isTexts,
  devDependencies: isTexts,
  optionalDependencies: isTexts,
  peerDependencies: isTexts,
};

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
