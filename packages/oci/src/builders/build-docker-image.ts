import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { OciError } from "../errors.ts";
import { type Image, type ImageManifest, mediaTypes, type Platform } from "../image.ts";
import { readRecord, writeRecord } from "../layers/blob-cache.ts";
import { parseImageConfig } from "../layers/read-config.ts";
import { findLayer, type Layer } from "../layers/write-layer.ts";
import { descriptor, inMemoryBlob, jsonBlob } from "./assemble-image.ts";
import { type BuiltImage, builtImage } from "./built-image.ts";
import { checkEngine, readDocker, runDocker } from "./docker-command.ts";
import { readSavedImage } from "./saved-image.ts";

export interface DockerImageOptions {
  /** Absolute: the build context. */
  directory: string;
  /** Absolute. */
  dockerfile: string;
  /** The stage to stop at; unless given, the last. */
  target?: string;
  /** Build arguments. */
  args: Record<string, string>;
  platform: Platform;
  /** Absolute; created when it is not there, may be shared. */
  cacheDirectory: string;
  /** Lines for a person: what docker says. */
  onProgress?: (message: string) => void;
}

/**
 * Builds a Dockerfile with the container engine of this machine and takes the image out of it: its layers, compressed
 * here, and its configuration as it is. Nothing is tagged, and the engine pushes nothing. What the engine's cache gives
 * again has the same digest again.
 *
 * @throws OciError `docker-missing`, `docker-engine`, `docker-build` with the end of what docker said, `docker-image` when
 * the engine doesn't hold what it has built, `docker-platform` when that is for another platform.
 */
export async function buildDockerImage(options: DockerImageOptions): Promise<BuiltImage> {
  const { platform, cacheDirectory, onProgress = () => {} } = options;
  await checkEngine();
  const id = await build(options, onProgress);
  const known = await knownImage(cacheDirectory, id);
  const { config, layers } = known ?? (await exported(cacheDirectory, id, onProgress));
  checkPlatform(config, platform, options.dockerfile);
  const configBlob = inMemoryBlob(config, mediaTypes.config);
  const manifest: ImageManifest = {
    schemaVersion: 2,
    mediaType: mediaTypes.manifest,
    config: descriptor(configBlob),
    layers: layers.map(({ blob }) => descriptor(blob)),
  };
  const image: Image = {
    manifest: jsonBlob(manifest, mediaTypes.manifest),
    config: configBlob,
    layers: layers.map(({ blob }) => blob),
  };
  return builtImage(image, { dependencies: known !== undefined, source: known !== undefined });
}

/** @returns the image's id, as the engine has it. */
async function build(options: DockerImageOptions, onProgress: (line: string) => void): Promise<string> {
  const { directory, dockerfile, target, args, platform } = options;
  const temporary = await mkdtemp(join(tmpdir(), "fardel-docker-"));
  try {
    const idFile = join(temporary, "id");
    const command = ["build", "--iidfile", idFile, "--file", dockerfile, "--platform", platformName(platform)];
    if (target !== undefined) command.push("--target", target);
    for (const [name, value] of Object.entries(args)) command.push("--build-arg", `${name}=${value}`);
    await runDocker([...command, directory], onProgress);
    return (await readFile(idFile, "utf8")).trim();
  } catch (cause) {
    if (!(cause instanceof OciError) || cause.code !== "docker-failed") throw cause;
    throw new OciError("docker-build", cause.message, {
      fix: `Correct ${dockerfile}, or see it yourself: docker build --file ${dockerfile} ${directory}`,
      cause,
    });
  } finally {
    await rm(temporary, { recursive: true, force: true });
  }
}

/** What an image is made of: the bytes of its configuration, and its layers from the lowest on. */
interface ImageParts {
  config: Buffer;
  layers: Layer[];
}

async function exported(cacheDirectory: string, id: string, onProgress: (line: string) => void): Promise<ImageParts> {
  onProgress("taking the image out of the engine");
  const config = await readDocker(["image", "save", id], (archive) => readSavedImage(archive, cacheDirectory)).catch(
    (cause: unknown) => {
      if (!(cause instanceof OciError) || cause.code !== "docker-failed") throw cause;
      throw new OciError("docker-image", `The image was built, but the engine doesn't hold it: ${cause.message}`, {
        fix: "Use a builder that loads what it makes into the engine: docker buildx use default",
        cause,
      });
    },
  );
  const layers = await layersOf(cacheDirectory, config);
  if (layers === undefined)
    throw new OciError("docker-image", `The engine gave image ${id} without all of its layers.`, {
      fix: "Build it anew: docker builder prune, then this command again.",
    });
  await writeRecord(recordPath(cacheDirectory, id), { config: config.toString("base64") });
  return { config, layers };
}

/** An image that was taken out of the engine before, and of which everything is still here. */
async function knownImage(cacheDirectory: string, id: string): Promise<ImageParts | undefined> {
  const record = (await readRecord(recordPath(cacheDirectory, id))) as { config?: unknown } | undefined;
  if (typeof record?.config !== "string") return undefined;
  const config = Buffer.from(record.config, "base64");
  const layers = await layersOf(cacheDirectory, config);
  return layers && { config, layers };
}

async function layersOf(cacheDirectory: string, config: Buffer): Promise<Layer[] | undefined> {
  const { rootfs } = parseImageConfig(config) ?? {};
  if (rootfs === undefined) return undefined;
  const layers = await Promise.all(rootfs.diff_ids.map((diffId) => findLayer(cacheDirectory, diffId, "gzip")));
  const found = layers.flatMap((layer) => layer ?? []);
  return found.length === layers.length ? found : undefined;
}

function checkPlatform(config: Buffer, platform: Platform, dockerfile: string): void {
  const built = parseImageConfig(config);
  if (built?.os === platform.os && built.architecture === platform.architecture) return;
  throw new OciError(
    "docker-platform",
    `The image was built for ${built?.os}/${built?.architecture}, not for ${platformName(platform)}.`,
    { fix: `Let ${dockerfile} begin from an image that has this platform, or set the image's \`platform\`.` },
  );
}

function platformName({ os, architecture }: Platform): string {
  return `${os}/${architecture}`;
}

function recordPath(cacheDirectory: string, id: string): string {
  return join(cacheDirectory, "docker", `${id.replace(":", "-")}.json`);
}
