import { parseReference } from "@fardel/oci";
import type { Aws } from "../aws/clients.ts";
import type { EnvironmentDescriptor } from "../infra/descriptor.ts";
import { latestSuccessful } from "../release/records/record.ts";
import { stateBucket } from "../release/records/state-bucket.ts";
import { ecrRepository } from "./ecr-repository.ts";
import { type ReleaseOfImage, readReleaseTag } from "./release-tags.ts";

/** An image in one of an app's repositories. */
export interface ListedImage {
  /** Name in the manifest's `images`. */
  image: string;
  /** URI. */
  repository: string;
  digest: string;
  /** Without those by which releases hold on to it. */
  tags: string[];
  /** Compressed. */
  sizeBytes: number;
  /** ISO 8601. */
  pushed: string;
  /** The newest release of each environment that runs it and is kept. */
  releases: (ReleaseOfImage & { serves: boolean })[];
}

/** What is in an app's repositories, newest first, image by image. */
export async function listImages(aws: Aws, descriptor: EnvironmentDescriptor): Promise<ListedImage[]> {
  const repositories = await Promise.all(
    Object.entries(descriptor.repositories).map(([image, uri]) => listRepository(aws, image, uri)),
  );
  const found = repositories.flat();
  const environments = new Set(found.flatMap(({ releases }) => releases.map(({ environment }) => environment)));
  const serving = await servingDigests(aws, descriptor, [...environments]);
  return found.map((listed) => ({
    ...listed,
    releases: listed.releases.map((release) => ({
      ...release,
      serves: serving.get(release.environment)?.has(listed.digest) === true,
    })),
  }));
}

async function listRepository(
  { ecr }: Aws,
  image: string,
  repository: string,
): Promise<(Omit<ListedImage, "releases"> & { releases: ReleaseOfImage[] })[]> {
  const found = [];
  for await (const { imageDetails = [] } of ecr.paginateDescribeImages(ecrRepository(repository)))
    found.push(...imageDetails);
  return found
    .toSorted((a, b) => (b.imagePushedAt?.getTime() ?? 0) - (a.imagePushedAt?.getTime() ?? 0))
    .map(({ imageDigest = "", imageTags = [], imageSizeInBytes = 0, imagePushedAt = new Date(0) }) => ({
      image,
      repository,
      digest: imageDigest,
      tags: imageTags.filter((tag) => readReleaseTag(tag) === undefined).toSorted(),
      sizeBytes: imageSizeInBytes,
      pushed: imagePushedAt.toISOString(),
      releases: newestOfEach(imageTags.flatMap((tag) => readReleaseTag(tag) ?? [])),
    }));
}

function newestOfEach(releases: readonly ReleaseOfImage[]): ReleaseOfImage[] {
  const newest = new Map<string, ReleaseOfImage>();
  for (const release of releases) {
    const known = newest.get(release.environment);
    if (known === undefined || known.number < release.number) newest.set(release.environment, release);
  }
  return [...newest.values()].toSorted((a, b) => (a.environment < b.environment ? -1 : 1));
}

async function servingDigests(
  aws: Aws,
  { app, stateBucket: bucket }: EnvironmentDescriptor,
  environments: readonly string[],
): Promise<Map<string, Set<string>>> {
  const records = await Promise.all(
    environments.map(async (environment) => {
      const record = await latestSuccessful(stateBucket(aws, bucket), { app, environment });
      const digests = Object.values(record?.images ?? {}).flatMap(
        (reference) => parseReference(reference).digest ?? [],
      );
      return [environment, new Set(digests)] as const;
    }),
  );
  return new Map(records);
}
