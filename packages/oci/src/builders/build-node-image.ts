import { stat } from "node:fs/promises";
import { OciError } from "../errors.ts";
import type { Image, Platform } from "../image.ts";
import { assembleImage, type NewLayer } from "./assemble-image.ts";
import { type BuiltImage, builtImage } from "./built-image.ts";
import { dependencyLayer } from "./dependency-layer.ts";
import { findEntryPoint } from "./entry-point.ts";
import { installTarget, type Libc } from "./npm-install.ts";
import { type PackageManifest, readPackageManifest } from "./package-manifest.ts";
import { sourceLayer } from "./source-layer.ts";

export interface NodeImageOptions {
  /** Absolute: the app's directory, with its package.json. */
  directory: string;
  /** Variables of the image: what a Dockerfile makes of an argument by `ARG` and `ENV`. */
  args?: Record<string, string>;
  platform: Platform;
  /** Which C library the base has; this machine's when it is built for itself, else glibc. */
  libc?: Libc;
  /** What the image runs; unless given, what package.json says. */
  command?: string[];
  /** False when whoever runs the image brings a command: then package.json need not say how the app starts. */
  commandRequired?: boolean;
  /** An image with Node in it, for the same platform. Without it the image holds the app alone. */
  base?: Image;
  /** Absolute; created when it is not there, may be shared. */
  cacheDirectory: string;
  /** Lines for a person: what npm says. */
  onProgress?: (message: string) => void;
}

const workingDirectory = "/app";

/**
 * Makes an image of a Node app without a container engine: its production dependencies in one layer, its own files in
 * another, in `/app`, on top of the base. The same input gives the same digest, whenever and wherever it is built with
 * the same Node.
 *
 * The command is the image's `Cmd`, and an `Entrypoint` comes from the base only, so that a service's command replaces it.
 *
 * @throws OciError `directory-missing`, `package-json`, `entry-point-missing`, `entry-point-not-found`, `base-platform`,
 * and what `dependencyLayer` and `sourceLayer` throw.
 */
export async function buildNodeImage(options: NodeImageOptions): Promise<BuiltImage> {
  const { directory, args = {}, platform, base, cacheDirectory, onProgress = () => {} } = options;
  await checkDirectory(directory);
  const manifest = await readPackageManifest(directory);
  const prefix = workingDirectory.slice(1);
  // In this order, because installing may take a minute, and what is wrong with the source is known at once.
  const source = await sourceLayer(directory, prefix, cacheDirectory);
  const command = options.command ?? entryPoint(manifest, source.files, options.commandRequired ?? true);
  const target = installTarget(platform, options.libc);
  const dependencies = await dependencyLayer({ directory, manifest, prefix, target, cacheDirectory, onProgress });

  const layers: NewLayer[] = [{ ...source.layer, createdBy: "fardel: app source" }];
  if (dependencies.layer) layers.unshift({ ...dependencies.layer, createdBy: "fardel: npm ci --omit=dev" });
  const image = await assembleImage(platform, base, layers, {
    ...(command && { Cmd: command }),
    Env: ["NODE_ENV=production", ...Object.entries(args).map(([name, value]) => `${name}=${value}`)],
    WorkingDir: workingDirectory,
  });
  return builtImage(image, { dependencies: dependencies.cached, source: source.cached });
}

function entryPoint(manifest: PackageManifest, files: ReadonlySet<string>, required: boolean): string[] | undefined {
  try {
    return findEntryPoint(manifest, files);
  } catch (error) {
    if (required) throw error;
    return undefined;
  }
}

async function checkDirectory(directory: string): Promise<void> {
  const found = await stat(directory).catch(() => undefined);
  if (found?.isDirectory()) return;
  throw new OciError("directory-missing", `${directory} is not a directory, so there is nothing to build.`, {
    fix: "Correct the image's build path.",
  });
}
