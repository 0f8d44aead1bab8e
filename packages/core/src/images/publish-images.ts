import { availableParallelism } from "node:os";
import { createRegistryClient, formatReference, parseReference, type RegistryClient } from "@fardel/oci";
import { inParallel } from "@fardel/oci/registry/client/in-parallel.ts";
import type { Aws } from "../aws/clients.ts";
import type { App } from "../config/app.ts";
import { whereWritten } from "../config/unsupported.ts";
import { FardelError } from "../errors.ts";
import { type BuildOptions, buildImage } from "./build-image.ts";
import { wrapImageError } from "./errors.ts";
import { type NeededBuild, type NeededReference, neededImages } from "./needed-images.ts";
import { registryCredentials } from "./registry-access.ts";

/** An image by digest, in a registry that tasks can pull it from. */
export interface PublishedImage {
  /** Without tag and digest: `123456789012.dkr.ecr.eu-west-1.amazonaws.com/shop/web`. */
  repository: string;
  digest: string;
  /** `repository@digest`: what a task definition names. */
  reference: string;
}

export interface PublishOptions extends Omit<BuildOptions, "registries"> {
  /** Services and tasks whose images are needed; all of them unless given. */
  workloads?: readonly string[];
  /** Repository URI by image, from the environment's descriptor; builds don't wait for it. */
  repositories: Record<string, string> | Promise<Record<string, string>>;
  aws: Pick<Aws, "ecr" | "target">;
}

/** More than this at once only makes each slower: npm and compression each fill a processor. */
export const builtAtOnce = Math.min(availableParallelism(), 4);
const lookedUpAtOnce = 8;

/**
 * Makes every image a release needs available by digest: those of the manifest's `images` are built and what their
 * repositories lack of them is pushed, references to other registries are looked up for the platform that will run them.
 *
 * @returns by `imageKey`: name of the build, or reference as written.
 * @throws FardelError `IMAGE_…` where something can't be built, pushed or found; nothing is half published, because a
 * manifest is sent after all it points at.
 */
export async function publishImages(app: App, options: PublishOptions): Promise<Map<string, PublishedImage>> {
  const { builds, references } = neededImages(app, options.workloads);
  const repositories = async () => Object.values(await options.repositories);
  const registries = createRegistryClient({ credentials: registryCredentials(options.aws, repositories) });
  const published = new Map<string, PublishedImage>();
  try {
    // First, because it takes a second where building may take a minute, and may fail.
    await inParallel(references, lookedUpAtOnce, async (needed) => {
      const found = lookUp(registries, app, needed);
      published.set(needed.reference, await explained(found, whereWritten(app, needed.path)));
    });
    await inParallel(builds, builtAtOnce, async (needed) => {
      const { name } = needed.build;
      const made = buildAndPush(registries, app, needed, options);
      published.set(name, await explained(made, whereWritten(app, `images.${name}`)));
    });
  } finally {
    registries.close();
  }
  return published;
}

/** @throws FardelError `IMAGE_REPOSITORY_MISSING` */
export function repositoryOf(app: App, image: string, repositories: Record<string, string>): string {
  const { [image]: repository } = repositories;
  if (repository !== undefined) return repository;
  throw new FardelError("IMAGE_REPOSITORY_MISSING", `The image ${image} has no repository in ${app.environment} yet.`, {
    where: whereWritten(app, `images.${image}`),
    fix: `Run \`fardel up ${app.environment}\`, which makes one.`,
  });
}

/** Waits for work on an image; what fails says where in the manifest the image is. */
export async function explained<T>(work: Promise<T>, where: string): Promise<T> {
  return work.catch((error: unknown) => {
    throw wrapImageError(error, where);
  });
}

/** The digest of what a reference names, which may be an index: ECS then takes the platform's image from it. */
export async function lookUp(registries: RegistryClient, app: App, needed: NeededReference): Promise<PublishedImage> {
  const { registry, repository } = parseReference(needed.reference);
  const found = await registries.resolve(needed.reference);
  if (!found)
    throw new FardelError("IMAGE_NOT_FOUND", `There is no image ${needed.reference}.`, {
      where: whereWritten(app, needed.path),
      fix: `Check the name and the tag, and that this login may read ${repository} at ${registry}.`,
    });
  const image = publishedAt(formatReference({ registry, repository }), found.digest);
  // Fails now, and not when a task is started, if it isn't there for the processor.
  for (const architecture of needed.architectures)
    await registries.pull(image.reference, { os: "linux", architecture });
  return image;
}

/** Builds an image and sends what its repository lacks of it. */
export async function buildAndPush(
  registries: RegistryClient,
  app: App,
  needed: NeededBuild,
  options: PublishOptions,
): Promise<PublishedImage> {
  const { name } = needed.build;
  const image = await buildImage(app, needed, { ...options, registries });
  const repository = repositoryOf(app, name, await options.repositories);
  const started = performance.now();
  const { digest, sentBytes } = await registries.push(image, repository, {
    onProgress: onceASecond(({ sentBytes, totalBytes }) => {
      options.emit({
        type: "image.progress",
        image: name,
        message: `sent ${megabytes(sentBytes)} of ${megabytes(totalBytes)}`,
      });
    }),
  });
  const result = publishedAt(repository, digest);
  const durationMs = Math.round(performance.now() - started);
  options.emit({ type: "image.pushed", image: name, reference: result.reference, sentBytes, durationMs });
  return result;
}

export function publishedAt(repository: string, digest: string): PublishedImage {
  return { repository, digest, reference: `${repository}@${digest}` };
}

function megabytes(bytes: number): string {
  return `${(bytes / 1e6).toFixed(1)} MB`;
}

function onceASecond<T>(report: (value: T) => void): (value: T) => void {
  let last = performance.now();
  return (value) => {
    if (performance.now() - last < 1000) return;
    last = performance.now();
    report(value);
  };
}
