import { availableParallelism } from "node:os";
import type { RegistryClient } from "@fardel/oci";
import type { Aws } from "../aws/clients.ts";
import type { App } from "../config/app.ts";
import { type BuildOptions, buildImage } from "./build-image.ts";
import type { NeededBuild } from "./needed-images.ts";
import { registryCredentials } from "./registry-access.ts";
import { type PublishedImage, publishedAt, repositoryOf, resolveImages } from "./resolve-images.ts";

export type { PublishedImage };

export interface PublishOptions extends Omit<BuildOptions, "registries"> {
  /** Services and tasks whose images are needed; all of them unless given. */
  workloads?: readonly string[];
  /** Repository URI by image, from the environment's descriptor; builds don't wait for it. */
  repositories: Record<string, string> | Promise<Record<string, string>>;
  aws: Pick<Aws, "ecr" | "target">;
}

/** More than this at once only makes each slower: npm and compression each fill a processor. */
export const builtAtOnce = Math.min(availableParallelism(), 4);

/**
 * Makes every image a release needs available by digest: those of the manifest's `images` are built and what their
 * repositories lack of them is pushed, references to other registries are looked up for the platform that will run them.
 *
 * @returns by `imageKey`: name of the build, or reference as written.
 * @throws FardelError `IMAGE_…` where something can't be built, pushed or found; nothing is half published, because a
 * manifest is sent after all it points at.
 */
export async function publishImages(app: App, options: PublishOptions): Promise<Map<string, PublishedImage>> {
  return resolveImages(app, {
    ...(options.workloads && { workloads: options.workloads }),
    credentials: registryCredentials(options.aws, async () => Object.values(await options.repositories)),
    buildsAtOnce: builtAtOnce,
    ofBuild: (registries, needed) => buildAndPush(registries, app, needed, options),
  });
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
