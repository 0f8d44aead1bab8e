import { mediaTypes } from "@fardel/oci";
import type { Aws } from "../aws/clients.ts";
import { isAwsError } from "../aws/errors.ts";
import { FardelError } from "../errors.ts";
import { ecrRepository } from "./ecr-repository.ts";
import type { ImageTag } from "./tags.ts";

export interface TagResult {
  /** Tags that name the image now and didn't before. */
  put: string[];
  /** Tags that stay with another image, because they name one content for good. */
  kept: string[];
}

/** "imageIds: array members: maximum number of 100 items" */
const imagesAtOnce = 100;

/**
 * Gives an image further tags in its ECR repository. Nothing is sent but its manifest.
 *
 * @param repository URI.
 * @throws FardelError `IMAGE_NOT_FOUND` when the repository doesn't have the image.
 */
export async function putTags(
  ecr: Aws["ecr"],
  repository: string,
  digest: string,
  tags: readonly ImageTag[],
): Promise<TagResult> {
  const inRepository = ecrRepository(repository);
  const { manifest, named } = await findImages(ecr, inRepository, digest, tags);
  if (manifest === undefined)
    throw new FardelError("IMAGE_NOT_FOUND", `There is no image ${repository}@${digest}.`, {
      fix: "Deploy again, which builds and pushes it.",
    });
  const result: TagResult = { put: [], kept: [] };
  for (const { tag, movable } of tags) {
    const current = named.get(tag);
    if (current === digest) continue;
    const put =
      (current === undefined || movable) && (await putTag(ecr, { ...inRepository, imageTag: tag, ...manifest }));
    result[put ? "put" : "kept"].push(tag);
  }
  return result;
}

interface Manifest {
  imageManifest: string;
  imageManifestMediaType?: string;
}

async function findImages(
  ecr: Aws["ecr"],
  inRepository: ReturnType<typeof ecrRepository>,
  digest: string,
  tags: readonly ImageTag[],
): Promise<{ manifest: Manifest | undefined; named: Map<string, string> }> {
  const { images = [] } = await ecr.batchGetImage({
    ...inRepository,
    imageIds: [{ imageDigest: digest }, ...tags.slice(0, imagesAtOnce - 1).map(({ tag }) => ({ imageTag: tag }))],
    // Else a registry may answer with an older form of the manifest, which has another digest.
    acceptedMediaTypes: [mediaTypes.manifest, mediaTypes.index, mediaTypes.dockerManifest, mediaTypes.dockerIndex],
  });
  const named = new Map(
    images.flatMap(({ imageId: { imageTag, imageDigest } = {} }) =>
      imageTag && imageDigest ? [[imageTag, imageDigest]] : [],
    ),
  );
  const found = images.find(({ imageId }) => imageId?.imageDigest === digest);
  if (found?.imageManifest === undefined) return { manifest: undefined, named };
  const { imageManifest, imageManifestMediaType } = found;
  return { manifest: { imageManifest, ...(imageManifestMediaType && { imageManifestMediaType }) }, named };
}

/** False when the repository doesn't let the tag move. */
async function putTag(
  ecr: Aws["ecr"],
  image: Manifest & ReturnType<typeof ecrRepository> & { imageTag: string },
): Promise<boolean> {
  try {
    await ecr.putImage(image);
    return true;
  } catch (error) {
    // The tag names the image already: somebody else was first, or an answer was lost.
    if (isAwsError(error, "ImageAlreadyExistsException")) return true;
    if (isAwsError(error, "ImageTagAlreadyExistsException")) return false;
    throw error;
  }
}
