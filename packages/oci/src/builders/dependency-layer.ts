import { createHash } from "node:crypto";
import { access, cp, mkdir, mkdtemp, realpath, rm, stat, writeFile } from "node:fs/promises";
import { basename, dirname, join, relative } from "node:path";
import { OciError } from "../errors.ts";
import { readRecord, writeRecord } from "../layers/blob-cache.ts";
import type { LayerEntry } from "../layers/entry.ts";
import { readFileTree } from "../layers/file-tree.ts";
import { createSingleFlight } from "../layers/single-flight.ts";
import { createTar } from "../layers/tar.ts";
import { archiveDigest, findLayer, type Layer, writeLayer } from "../layers/write-layer.ts";
import { findLocalPackages, type Lockfile, lockfileMissing, locksPackages, readLockfile } from "./lockfile.ts";
import { type InstallTarget, isThisMachine, npmInstall } from "./npm-install.ts";
import { hasDependencies, installedParts, type PackageManifest, readPackageManifest } from "./package-manifest.ts";
import { readText } from "./read-text.ts";

export interface DependencyLayerOptions {
  directory: string;
  manifest: PackageManifest;
  /** Where the app is in the image, without leading slash. */
  prefix: string;
  target: InstallTarget;
  cacheDirectory: string;
  onProgress: (message: string) => void;
}

export interface DependencyLayer {
  /** Undefined when there is nothing to install. */
  layer: Layer | undefined;
  cached: boolean;
}

/** What is written to the copy in which npm runs, and with it what the result depends on. */
interface InstallInput {
  /** Path in the copy → content. */
  files: Record<string, string>;
  /** Archives and directories that are copied whole: path → digest. */
  copied: Record<string, string>;
  target: InstallTarget;
  /** The binary interface that compiled packages are made for. */
  abi: string | undefined;
}

/** So that images of one directory, built at the same time, install once. */
const once = createSingleFlight<DependencyLayer>();

/**
 * A layer of the packages that production needs, installed from the lockfile in a clean copy. It is kept by what decides
 * its content, so that a change of the app's own code finds it.
 *
 * @throws OciError `lockfile-missing`, `lockfile`, `package-json`, `dependency-outside`, `install-script`,
 * `dependency-needs-compiling`, `npm-missing`, `npm-failed`.
 */
export async function dependencyLayer(options: DependencyLayerOptions): Promise<DependencyLayer> {
  const { directory, manifest, cacheDirectory, target } = options;
  const lockfile = await readLockfile(directory);
  if (!lockfile && hasDependencies(manifest)) throw await lockfileMissing(directory);
  if (!lockfile || !(hasDependencies(manifest) || locksPackages(lockfile))) return { layer: undefined, cached: true };

  const input = await readInstallInput(directory, manifest, lockfile, target);
  const key = createHash("sha256")
    .update(JSON.stringify([options.prefix, input]))
    .digest("hex");
  const recordPath = join(cacheDirectory, "dependencies", `${key}.json`);
  return once(recordPath, async () => {
    const record = (await readRecord(recordPath)) as { diffId: string | null } | undefined;
    if (record?.diffId === null) return { layer: undefined, cached: true };
    const known = record && (await findLayer(cacheDirectory, record.diffId, "gzip"));
    if (known) return { layer: known, cached: true };
    const layer = await install(options, lockfile, input);
    await writeRecord(recordPath, { diffId: layer?.diffId ?? null });
    return { layer, cached: false };
  });
}

async function readInstallInput(
  directory: string,
  manifest: PackageManifest,
  lockfile: Lockfile,
  target: InstallTarget,
): Promise<InstallInput> {
  refuseInstallScripts(join(directory, "package.json"), manifest);
  const files: Record<string, string> = {
    "package.json": JSON.stringify(withoutVersion(installedParts(manifest))),
    [lockfile.fileName]: unversionedLockfile(lockfile),
  };
  const settings = await readText(join(directory, ".npmrc"));
  if (settings !== undefined) files[".npmrc"] = settings;
  const copied: Record<string, string> = {};
  for (const { path, linked } of findLocalPackages(directory, lockfile)) {
    await checkInside(directory, path);
    if (linked) {
      const local = await readPackageManifest(join(directory, path));
      refuseInstallScripts(join(directory, path, "package.json"), local);
      files[`${path}/package.json`] = JSON.stringify(installedParts(local));
    } else copied[path] = await archiveDigest(createTar(await readPath(join(directory, path))));
  }
  return { files, copied, target, abi: isThisMachine(target) ? process.versions.modules : undefined };
}

/** The app's own version decides nothing that is installed, and many an app gets another one with every release. */
function unversionedLockfile({ content, packages }: Lockfile): string {
  const { "": app = {}, ...others } = packages;
  return JSON.stringify({ ...withoutVersion(content), packages: { "": withoutVersion(app), ...others } });
}

function withoutVersion(manifest: object): object {
  return Object.fromEntries(Object.entries(manifest).filter(([key]) => key !== "version"));
}

/** A symbolic link must not bring in what the lockfile's path doesn't name. */
async function checkInside(directory: string, path: string): Promise<void> {
  const source = await realpath(join(directory, path)).catch(() => undefined);
  const outside = source !== undefined && relative(await realpath(directory), source).startsWith("..");
  if (!outside) return;
  throw new OciError("dependency-outside", `${path} is a link to ${source}, which is outside of ${directory}.`, {
    fix: "Only what is inside gets into the image: put the package there itself.",
  });
}

/** A file as an entry, or all of a directory. */
async function readPath(source: string): Promise<LayerEntry[]> {
  const found = await stat(source).catch((cause: unknown) => {
    throw new OciError("dependency-missing", `${source}, which the lockfile names, is not there.`, {
      fix: "Put it back, or run npm install to bring the lockfile up to date.",
      cause,
    });
  });
  if (found.isDirectory()) return readFileTree(source);
  return [{ type: "file", path: basename(source), executable: false, size: found.size, source }];
}

async function install(
  { directory, prefix, cacheDirectory, target, onProgress }: DependencyLayerOptions,
  lockfile: Lockfile,
  input: InstallInput,
): Promise<Layer | undefined> {
  const installs = join(cacheDirectory, "installs");
  await mkdir(installs, { recursive: true });
  const copy = await mkdtemp(join(installs, "npm-"));
  try {
    for (const [path, content] of Object.entries(input.files)) {
      await mkdir(dirname(join(copy, path)), { recursive: true });
      await writeFile(join(copy, path), content);
    }
    for (const path of Object.keys(input.copied))
      await cp(join(directory, path), join(copy, path), { recursive: true });
    await npmInstall(copy, target, onProgress);
    if (!isThisMachine(target)) await checkUnrunScripts(copy, lockfile, target, onProgress);
    const entries = await readFileTree(copy, {
      prefix,
      ignores: (path) => !path.split("/").includes("node_modules") || path.endsWith("node_modules/.package-lock.json"),
      prunes: (path) => path.endsWith("node_modules/.cache"),
    });
    return entries.length === 0 ? undefined : (await writeLayer(entries, { cacheDirectory })).layer;
  } finally {
    await rm(copy, { recursive: true, force: true });
  }
}

/**
 * The app's own install scripts would find none of its files. Leaving them out without a word could make an image that
 * lacks what they generate. (`prepare` is for development, npm's documentation says, and is left out.)
 */
function refuseInstallScripts(path: string, { scripts = {} }: PackageManifest): void {
  const script = ["preinstall", "install", "postinstall"].find((name) => scripts[name] !== undefined);
  if (script === undefined) return;
  throw new OciError("install-script", `${path} has the script '${script}', which the node builder does not run.`, {
    fix: "Packages are installed without the app's source. Do in a build step what the script does, or use a Dockerfile.",
  });
}

/** Install scripts of packages are not run for another platform: fine where they only check, fatal where they compile. */
async function checkUnrunScripts(
  copy: string,
  { packages }: Lockfile,
  target: InstallTarget,
  onProgress: (message: string) => void,
): Promise<void> {
  const platform = [target.os, target.cpu, target.libc].filter(Boolean).join("/");
  const unrun: string[] = [];
  for (const [path, { hasInstallScript }] of Object.entries(packages)) {
    if (hasInstallScript !== true || path === "" || !(await exists(join(copy, path, "package.json")))) continue;
    if ((await exists(join(copy, path, "binding.gyp"))) && !(await exists(join(copy, path, "prebuilds"))))
      throw new OciError(
        "dependency-needs-compiling",
        `${path} has to be compiled, and this machine is not ${platform}.`,
        {
          fix: "Build on such a machine (in CI), for this machine's own platform, or with a Dockerfile.",
        },
      );
    unrun.push(path.slice(path.lastIndexOf("node_modules/") + "node_modules/".length));
  }
  if (unrun.length > 0)
    onProgress(`Not run for ${platform}, which is not this machine: install scripts of ${unrun.join(", ")}`);
}

function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
