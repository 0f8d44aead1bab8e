import {
  type CredentialsProvider,
  createRegistryClient,
  formatReference,
  parseReference,
  type RegistryClient,
} from "@fardel/oci";
import { inParallel } from "@fardel/oci/registry/client/in-parallel.ts";
import type { App } from "../config/app.ts";
import { whereWritten } from "../config/where-written.ts";
import { FardelError } from "../errors.ts";
import { wrapImageError } from "./errors.ts";
import { type NeededBuild, type NeededReference, neededImages } from "./needed-images.ts";

/** An image by digest, in a registry that tasks can pull it from. */
export interface PublishedImage {
  /** Without tag and digest: `123456789012.dkr.ecr.eu-west-1.amazonaws.com/shop/web`. */
  repository: string;
  digest: string;
  /** `repository@digest`: what a task definition names. */
  reference: string;
}

interface ResolveImagesOptions {
  /** Services and tasks whose images are needed; all of them unless given. */
  workloads?: readonly string[];
  credentials: CredentialsProvider;
  buildsAtOnce: number;
  /** Makes available what the manifest's `images` describe. */
  ofBuild(registries: RegistryClient, needed: NeededBuild): Promise<PublishedImage>;
  /** Where a reference was settled before: by digest. */
  settled?: Readonly<Record<string, string>>;
}

const lookedUpAtOnce = 8;

/**
 * Every image that services and tasks need, by digest; what fails says where in the manifest the image is.
 *
 * @returns by `imageKey`: name of the build, or reference as written.
 */
export async function resolveImages(app: App, options: ResolveImagesOptions): Promise<Map<string, PublishedImage>> {
  const { workloads, credentials, buildsAtOnce, ofBuild, settled = {} } = options;
  const { builds, references } = neededImages(app, workloads);
  const registries = createRegistryClient({ credentials });
  const images = new Map<string, PublishedImage>();
  try {
    // First, because it takes a second where building may take a minute, and may fail.
    await inParallel(references, lookedUpAtOnce, async (needed) => {
      const reference = settled[needed.reference] ?? needed.reference;
      const found = lookUp(registries, app, { ...needed, reference });
      images.set(needed.reference, await explained(found, whereWritten(app, needed.path)));
    });
    await inParallel(builds, buildsAtOnce, async (needed) => {
      const { name } = needed.build;
      images.set(name, await explained(ofBuild(registries, needed), whereWritten(app, `images.${name}`)));
    });
  } finally {
    registries.close();
  }
  return images;
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
async function lookUp(registries: RegistryClient, app: App, needed: NeededReference): Promise<PublishedImage> {
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

export function publishedAt(repository: string, digest: string): PublishedImage {
  return { repository, digest, reference: `${repository}@${digest}` };
}
