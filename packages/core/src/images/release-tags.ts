import type { Aws } from "../aws/clients.ts";
import { ecrRepository } from "./ecr-repository.ts";
import type { ImageTag } from "./tags.ts";

/**
 * How many releases of an environment keep their images, whether they succeeded or not, counted back from the one that
 * serves. Whoever wants to go back further builds again.
 */
export const releasesKept = 50;

/** What the tags of all releases begin with: the registry's lifecycle policy never expires an image that has one. */
export const releaseTagPrefix = "fardel-release-";

/** A release an image belongs to. */
export interface ReleaseOfImage {
  environment: string;
  number: number;
}

/**
 * The tag by which a release holds on to its images. ECR can't count releases: its rules count images by the time they
 * were pushed, and what serves may have been pushed long ago. So a release tags what it runs, and takes away the tags of
 * those that are too old.
 */
export function releaseTag({ environment, number }: ReleaseOfImage): ImageTag {
  return { tag: `${releaseTagPrefix}${environment}-${number}`, movable: true };
}

/** The release that a tag was put by; undefined for other tags. */
export function readReleaseTag(tag: string): ReleaseOfImage | undefined {
  const [, environment, number] = /^fardel-release-(.+)-([1-9]\d*)$/.exec(tag) ?? [];
  return environment === undefined ? undefined : { environment, number: Number(number) };
}

/** "imageIds: array members: maximum number of 100 items" */
const deletedAtOnce = 100;

/**
 * Takes away, in one repository, the tags of releases that are too old to be kept. "If you remove the last tag from an
 * image, the image is deleted from your repository" (BatchDeleteImage): then nothing kept runs it.
 *
 * @param repository URI.
 * @param newest the release that has just come to serve.
 */
export async function removeOldReleaseTags(ecr: Aws["ecr"], repository: string, newest: ReleaseOfImage): Promise<void> {
  if (newest.number <= releasesKept) return;
  const inRepository = ecrRepository(repository);
  const old: { imageTag: string }[] = [];
  const tagged = ecr.paginateListImages({ ...inRepository, filter: { tagStatus: "TAGGED" }, maxResults: 1000 });
  for await (const { imageIds = [] } of tagged) {
    for (const { imageTag = "" } of imageIds) {
      const release = readReleaseTag(imageTag);
      if (release?.environment === newest.environment && release.number <= newest.number - releasesKept)
        old.push({ imageTag });
    }
  }
  for (let start = 0; start < old.length; start += deletedAtOnce)
    await ecr.batchDeleteImage({ ...inRepository, imageIds: old.slice(start, start + deletedAtOnce) });
}
