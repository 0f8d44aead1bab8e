import { OciError } from "../errors.ts";
import type { ContainerConfig, Image, ImageConfig } from "../image.ts";
import { readBlob } from "../registry/client/blob-content.ts";
import { digestOf, isDigest } from "../registry/digest.ts";

const largestConfig = 4 << 20;

/**
 * The configuration of an image, its digest checked.
 *
 * @throws OciError `image-config` when it is not what the manifest points at, or does not match the image's layers.
 */
export async function readImageConfig(image: Image): Promise<ImageConfig> {
  if (image.config.size > largestConfig) throw invalid(image, `it has ${image.config.size} bytes`);
  const bytes = await readBlob(image.config);
  if (digestOf(bytes) !== image.config.digest) throw invalid(image, `its content has the digest ${digestOf(bytes)}`);
  const config = parseImageConfig(bytes);
  if (config === undefined)
    throw invalid(image, "it has no architecture, os or list of layers, or fields of other types");
  // They become names of directories.
  const foreign = config.rootfs.diff_ids.find((diffId) => !isDigest(diffId));
  if (foreign !== undefined)
    throw invalid(image, `it names a layer ${JSON.stringify(foreign)}, which is no sha256 digest`);
  if (config.rootfs.diff_ids.length !== image.layers.length)
    throw invalid(image, `it lists ${config.rootfs.diff_ids.length} layers and the manifest ${image.layers.length}`);
  return config;
}

/** An image configuration whose every field that is used has its type; undefined for anything else. */
export function parseImageConfig(bytes: Buffer): ImageConfig | undefined {
  try {
    // Docker writes null for what an image doesn't have.
    const value: unknown = JSON.parse(bytes.toString("utf8"), (_, field: unknown) => field ?? undefined);
    return isImageConfig(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

function isImageConfig(value: unknown): value is ImageConfig {
  if (typeof value !== "object" || value === null) return false;
  const { architecture, os, variant, rootfs, config, history } = value as Partial<ImageConfig>;
  return (
    typeof architecture === "string" &&
    typeof os === "string" &&
    isTextOrAbsent(variant) &&
    isTexts(rootfs?.diff_ids) &&
    isContainerConfig(config ?? {}) &&
    Array.isArray(history ?? [])
  );
}

function isContainerConfig(value: unknown): value is ContainerConfig {
  if (typeof value !== "object" || value === null) return false;
  const { Entrypoint, Cmd, Env, WorkingDir, User, ExposedPorts, StopSignal, Labels } = value as ContainerConfig;
  return (
    [Entrypoint, Cmd, Env].every((list) => isTexts(list ?? [])) &&
    [WorkingDir, User, StopSignal].every(isTextOrAbsent) &&
    [ExposedPorts, Labels].every((map) => typeof (map ?? {}) === "object")
  );
}

/** None of them may hold a NUL: they become arguments, variables and paths. */
function isTextOrAbsent(value: unknown): boolean {
  return value === undefined || (typeof value === "string" && !value.includes("\0"));
}

function isTexts(value: unknown): boolean {
  return Array.isArray(value) && value.every((item) => typeof item === "string" && !item.includes("\0"));
}

function invalid(image: Image, why: string): OciError {
  return new OciError("image-config", `Image configuration ${image.config.digest} is not usable: ${why}.`, {
    fix: "Push the image again; what the registry holds is damaged, or not a container image.",
  });
}
