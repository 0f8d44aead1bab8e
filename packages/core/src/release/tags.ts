import { parseReference, parseRepository } from "@fardel/oci";
import { FardelError } from "../errors.ts";
import { putTags } from "../images/put-tags.ts";
import { releaseTag, removeOldReleaseTags } from "../images/release-tags.ts";
import { type BuiltFrom, imageTags } from "../images/tags.ts";
import type { ReleasedConfiguration } from "./records/record.ts";
import type { Run } from "./run.ts";

/** What is tagged once a release serves. */
export interface TaggedRelease {
  configuration: ReleasedConfiguration;
  /** Services and tasks that the release is made of. */
  names: ReadonlySet<string>;
  /** Reference by digest, by image. */
  images: Record<string, string>;
  builtFrom: BuiltFrom;
}

interface OwnImage {
  /** Name of the build, or reference as written. */
  image: string;
  /** URI. */
  repository: string;
  digest: string;
}

/**
 * Keeps the registry from expiring what a release runs, from before it runs until the release is too old.
 *
 * @param images reference by digest, by image; those that aren't in the environment's repositories are somebody else's.
 */
export async function holdImages(run: Run, images: Record<string, string>, number: number): Promise<void> {
  const { environment } = run.descriptor;
  const tag = releaseTag({ environment, number });
  run.check();
  await Promise.all(
    ownImages(run, images).map(({ repository, digest }) => putTags(run.aws.ecr, repository, digest, [tag])),
  );
}

/**
 * Moves the tags of `release.tags` to the images of a release that serves, and lets go of the images of old ones. The
 * release serves whatever comes of it: what fails is told.
 */
export async function tagImages(run: Run, release: TaggedRelease, number: number): Promise<void> {
  const { environment } = run.descriptor;
  const own = ownImages(run, release.images);
  const repositories = new Set(own.map(({ repository }) => repository));
  run.check();
  const work = [
    ...own.map((image) => tagImage(run, release, image, number)),
    ...[...repositories].map((uri) => removeOldReleaseTags(run.aws.ecr, uri, { environment, number })),
  ];
  for (const { reason } of (await Promise.allSettled(work)).filter((each) => each.status === "rejected")) {
    if (!(reason instanceof FardelError) || run.signal.aborted) throw reason;
    run.emit({ type: "release.notice", message: `Not every image tag could be set: ${reason.message}` });
  }
}

async function tagImage(
  { aws, emit }: Run,
  { configuration, names, builtFrom }: TaggedRelease,
  { image, repository, digest }: OwnImage,
  number: number,
): Promise<void> {
  const tags = imageTags(configuration, image, names, builtFrom, number);
  if (tags.length === 0) return;
  const { put, kept } = await putTags(aws.ecr, repository, digest, tags);
  if (put.length > 0) emit({ type: "image.tagged", image, digest, tags: put });
  for (const tag of kept) {
    const message = `The tag ${tag} of ${image} stays with the image it was given to first, which has another digest.`;
    emit({ type: "release.notice", message });
  }
}

function ownImages({ descriptor }: Run, images: Record<string, string>): OwnImage[] {
  const names = new Map(Object.values(descriptor.repositories).map((uri) => [keyOf(parseRepository(uri)), uri]));
  return Object.entries(images).flatMap(([image, reference]) => {
    const parsed = parseReference(reference);
    const repository = names.get(keyOf(parsed));
    return repository === undefined || parsed.digest === undefined
      ? []
      : [{ image, repository, digest: parsed.digest }];
  });
}

function keyOf({ registry, repository }: { registry: string; repository: string }): string {
  return `${registry}/${repository}`;
}
