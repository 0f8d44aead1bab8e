import { availableParallelism } from "node:os";
import {
  type BuiltImage,
  buildNodeImage,
  createRegistryClient,
  formatReference,
  type Image,
  parseReference,
  type RegistryClient,
} from "@fardel/oci";
import { inParallel } from "@fardel/oci/registry/client/in-parallel.ts";
import type { Aws } from "../aws/clients.ts";
import type { App, ImageBuild } from "../config/app.ts";
import { whereWritten } from "../config/unsupported.ts";
import { FardelError } from "../errors.ts";
import type { Emit } from "../events.ts";
import { wrapImageError } from "./errors.ts";
import { type NeededBuild, type NeededReference, neededImages } from "./needed-images.ts";
import { libcOf, nodeBase } from "./node-base.ts";
import { registryCredentials } from "./registry-access.ts";

/** An image by digest, in a registry that tasks can pull it from. */
export interface PublishedImage {
  /** Without tag and digest: `123456789012.dkr.ecr.eu-west-1.amazonaws.com/shop/web`. */
  repository: string;
  digest: string;
  /** `repository@digest`: what a task definition names. */
  reference: string;
}

export interface PublishOptions {
  /** Services and tasks whose images are needed; all of them unless given. */
  workloads?: readonly string[];
  /** Repository URI by image, from the environment's descriptor; builds don't wait for it. */
  repositories: Record<string, string> | Promise<Record<string, string>>;
  aws: Pick<Aws, "ecr" | "target">;
  /** Absolute: where layers and installed packages are kept between builds. */
  cacheDirectory: string;
  emit: Emit;
}

/** More than this at once only makes each slower: npm and compression each fill a processor. */
const builtAtOnce = Math.min(availableParallelism(), 4);
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

async function explained<T>(work: Promise<T>, where: string): Promise<T> {
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
  const image = published(formatReference({ registry, repository }), found.digest);
  // Fails now, and not when a task is started, if it isn't there for the processor.
  for (const architecture of needed.architectures)
    await registries.pull(image.reference, { os: "linux", architecture });
  return image;
}

async function buildAndPush(
  registries: RegistryClient,
  app: App,
  needed: NeededBuild,
  options: PublishOptions,
): Promise<PublishedImage> {
  const { name } = needed.build;
  const image = await build(registries, app, needed, options);
  const { [name]: repository } = await options.repositories;
  if (repository === undefined)
    throw new FardelError(
      "IMAGE_REPOSITORY_MISSING",
      `The image ${name} has no repository in ${app.environment} yet.`,
      {
        where: whereWritten(app, `images.${name}`),
        fix: `Run \`fardel up ${app.environment}\`, which makes one.`,
      },
    );
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
  const result = published(repository, digest);
  const durationMs = Math.round(performance.now() - started);
  options.emit({ type: "image.pushed", image: name, reference: result.reference, sentBytes, durationMs });
  return result;
}

async function build(
  registries: RegistryClient,
  app: App,
  { build, commandRequired }: NeededBuild,
  { cacheDirectory, emit }: PublishOptions,
): Promise<BuiltImage> {
  const { name, builder, context, platform } = build;
  refuseDocker(app, build);
  emit({ type: "image.started", image: name, builder });
  const started = performance.now();
  const reference = await nodeBase(build, app.environment);
  const base: Image | undefined = reference === undefined ? undefined : await registries.pull(reference, platform);
  const libc = libcOf(reference);
  const image = await buildNodeImage({
    directory: context,
    platform,
    commandRequired,
    cacheDirectory,
    onProgress: (message) => emit({ type: "image.progress", image: name, message }),
    ...(libc && { libc }),
    ...(base && { base }),
  });
  const { digest, sizeBytes, cached } = image;
  const durationMs = Math.round(performance.now() - started);
  emit({
    type: "image.built",
    image: name,
    digest,
    sizeBytes,
    durationMs,
    cached: cached.dependencies && cached.source,
  });
  return image;
}

function refuseDocker(app: App, { name, builder }: ImageBuild): void {
  if (builder === "node") return;
  throw new FardelError("IMAGE_BUILDER", `The image ${name} has a Dockerfile, which fardel can't build yet.`, {
    where: whereWritten(app, `images.${name}.builder`),
    fix: "Set `builder: node` for a Node app, or name an image that was built elsewhere.",
    exitCode: 2,
  });
}

function published(repository: string, digest: string): PublishedImage {
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
