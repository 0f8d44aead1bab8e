import type { RegistryClient } from "@fardel/oci";
import { isTagName } from "@fardel/oci/registry/reference.ts";
import type { Aws } from "../aws/clients.ts";
import type { App } from "../config/app.ts";
import { whereWritten } from "../config/where-written.ts";
import { FardelError } from "../errors.ts";
import { ecrRepository } from "./ecr-repository.ts";
import type { NeededBuild } from "./needed-images.ts";
import { registryCredentials } from "./registry-access.ts";
import { readReleaseTag } from "./release-tags.ts";
import { type PublishedImage, publishedAt, repositoryOf, resolveImages } from "./resolve-images.ts";

export interface FindTaggedOptions {
  tag: string;
  /** Services and tasks whose images are needed; all of them unless given. */
  workloads?: readonly string[];
  /** Repository URI by image, from the environment's descriptor. */
  repositories: Record<string, string>;
  aws: Pick<Aws, "ecr" | "target">;
}

const lookedUpAtOnce = 8;
const tagsTold = 10;

/**
 * The images of a release that builds nothing: of every image in the manifest's `images` the one that has a tag, in its
 * repository; references to other registries are looked up as always.
 *
 * @returns by `imageKey`, as `publishImages`.
 * @throws FardelError `IMAGE_TAG_UNKNOWN` with the newest tags there are, `IMAGE_PLATFORM_NOT_FOUND`.
 */
export async function findTagged(app: App, options: FindTaggedOptions): Promise<Map<string, PublishedImage>> {
  const { tag, workloads, repositories, aws } = options;
  if (!isTagName(tag))
    throw new FardelError("IMAGE_TAG", `'${tag}' can't be an image tag.`, {
      fix: "A tag has 1 to 128 letters, digits, '_', '.' and '-', and does not start with '.' or '-'.",
      exitCode: 2,
    });
  return resolveImages(app, {
    ...(workloads && { workloads }),
    credentials: registryCredentials(aws, async () => Object.values(repositories)),
    buildsAtOnce: lookedUpAtOnce,
    ofBuild: (registries, needed) => findBuild(registries, app, needed, options),
  });
}

async function findBuild(
  registries: RegistryClient,
  app: App,
  { build }: NeededBuild,
  { tag, repositories, aws }: FindTaggedOptions,
): Promise<PublishedImage> {
  const repository = repositoryOf(app, build.name, repositories);
  const found = await registries.resolve(`${repository}:${tag}`);
  if (!found) throw await noSuchTag(app, build.name, repository, tag, aws);
  const image = publishedAt(repository, found.digest);
  // Fails now, and not when a task is started, if it isn't for the platform of the task definition.
  await registries.pull(image.reference, build.platform);
  return image;
}

async function noSuchTag(app: App, image: string, repository: string, tag: string, aws: Pick<Aws, "ecr">) {
  const details = [];
  for await (const page of aws.ecr.paginateDescribeImages({
    ...ecrRepository(repository),
    filter: { tagStatus: "TAGGED" },
  }))
    details.push(...(page.imageDetails ?? []));
  const newestFirst = details.toSorted((a, b) => (b.imagePushedAt?.getTime() ?? 0) - (a.imagePushedAt?.getTime() ?? 0));
  const tags = newestFirst.flatMap(({ imageTags = [] }) =>
    imageTags.filter((name) => readReleaseTag(name) === undefined),
  );
  const told = tags.slice(0, tagsTold).join(", ");
  const more = tags.length > tagsTold ? `, and ${tags.length - tagsTold} more` : "";
  return new FardelError("IMAGE_TAG_UNKNOWN", `No image ${image} has the tag ${tag}.`, {
    where: whereWritten(app, `images.${image}`),
    why: tags.length > 0 ? `There are, newest first: ${told}${more}.` : "It has no tags yet.",
    fix: `\`fardel images list ${app.environment}\` shows them all; deploy without --tag to build it.`,
  });
}
