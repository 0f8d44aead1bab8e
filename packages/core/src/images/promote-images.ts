import { parseReference, parseRepository, type RegistryClient } from "@fardel/oci";
import type { Aws } from "../aws/clients.ts";
import type { App } from "../config/app.ts";
import { whereWritten } from "../config/where-written.ts";
import { FardelError } from "../errors.ts";
import type { Emit } from "../events.ts";
import type { NeededBuild } from "./needed-images.ts";
import { registryCredentials } from "./registry-access.ts";
import { type PublishedImage, publishedAt, repositoryOf, resolveImages } from "./resolve-images.ts";

export interface PromotedFrom {
  aws: Pick<Aws, "ecr" | "target">;
  environment: string;
  /** Number of the release. */
  number: number;
  /** Reference by digest, by image: name of the build, or reference as written. */
  images: Readonly<Record<string, string>>;
  /** URIs of its environment's repositories. */
  repositories: readonly string[];
}

export interface PromoteOptions {
  from: PromotedFrom;
  /** Repository URI by image, of the environment that is promoted to. */
  repositories: Record<string, string>;
  aws: Pick<Aws, "ecr" | "target">;
  emit: Emit;
}

const atOnce = 4;

/**
 * Makes the images of a release available to another environment, by the same digests and without building anything:
 * what its repositories lack is mounted from the ones of the release where both are in one registry, else sent.
 *
 * @param app in the environment that is promoted to.
 * @returns by `imageKey`, as `publishImages`.
 * @throws FardelError `PROMOTE_IMAGE_MISSING` when the release has no such image, `IMAGE_…` when it can't be carried.
 */
export async function promoteImages(app: App, options: PromoteOptions): Promise<Map<string, PublishedImage>> {
  const { from, aws, repositories } = options;
  const own = registryCredentials(aws, async () => Object.values(repositories));
  const registryOf = (uri: string) => parseRepository(uri).registry;
  const ownRegistries = new Set(Object.values(repositories).map(registryOf));
  const theirs = registryCredentials(from.aws, async () => [...from.repositories]);
  const theirRegistries = new Set(from.repositories.map(registryOf));
  return resolveImages(app, {
    credentials: (registry) =>
      theirRegistries.has(registry) && !ownRegistries.has(registry) ? theirs(registry) : own(registry),
    buildsAtOnce: atOnce,
    ofBuild: (registries, needed) => carry(registries, app, needed, options),
    settled: from.images,
  });
}

async function carry(
  registries: RegistryClient,
  app: App,
  { build }: NeededBuild,
  { from, repositories, emit }: PromoteOptions,
): Promise<PublishedImage> {
  const { name, platform } = build;
  const reference = from.images[name];
  if (reference === undefined)
    throw new FardelError(
      "PROMOTE_IMAGE_MISSING",
      `Release ${from.number} of ${from.environment} has no image ${name}.`,
      {
        where: whereWritten(app, `images.${name}`),
        fix: `Run \`fardel deploy ${from.environment}\` with this manifest first.`,
      },
    );
  const repository = repositoryOf(app, name, repositories);
  // Also makes sure that it is for the platform of the task definition.
  const image = await registries.pull(reference, platform);
  const { digest } = image.manifest;
  const asked = parseReference(reference).digest;
  if (digest !== asked)
    throw new FardelError(
      "PROMOTE_INDEX",
      `The image ${name} of release ${from.number} is an index of several platforms.`,
      {
        why: `Carried for one platform it would be ${digest}, and not the ${asked} that was tested.`,
        fix: `Name it in the manifest by its reference, ${reference}, which needs no promotion.`,
      },
    );
  const started = performance.now();
  const { sentBytes } = await registries.push(image, repository);
  const carried = publishedAt(repository, digest);
  const durationMs = Math.round(performance.now() - started);
  emit({ type: "image.pushed", image: name, reference: carried.reference, sentBytes, durationMs });
  return carried;
}
