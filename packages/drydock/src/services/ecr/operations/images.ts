import type { ImageDetail, ImageFailure, ImageIdentifier } from "@aws-sdk/client-ecr";
import { RegistryError, storeManifest } from "@fardel/oci";
import type { AwsError } from "../../../errors.ts";
import { paginate } from "../../../pagination.ts";
import type { Region } from "../../../region.ts";
import type { Operations } from "../../../service.ts";
import {
  imageAlreadyExists,
  imageDigestDoesNotMatch,
  imageNotFound,
  imageTagAlreadyExists,
  invalidParameter,
  layersNotFound,
  referencedImagesNotFound,
} from "../errors.ts";
import { type ImageProblem, isIndex, isProblem, type StoredImage } from "../images.ts";
import type { EcrRegistry } from "../registry.ts";

type Client = typeof import("@aws-sdk/client-ecr");

export function imageOperations(
  region: Region,
  { repositories, images, storage, hooks }: EcrRegistry,
): Pick<Operations<Client>, "ListImages" | "DescribeImages" | "BatchGetImage" | "BatchDeleteImage" | "PutImage"> {
  /** Images with their tags, in the order of their digests, which pages follow. */
  function listed(name: string, status: "TAGGED" | "UNTAGGED" | "ANY" = "ANY") {
    const tags = images.tagsByDigest(name);
    const all = images.list(name).map((image) => ({ image, tags: tags.get(image.digest) ?? [] }));
    return all.filter((entry) => status === "ANY" || entry.tags.length > 0 === (status === "TAGGED"));
  }

  return {
    ListImages: (input) => {
      const { name } = repositories.require(input);
      const ids = listed(name, input.filter?.tagStatus).flatMap(({ image, tags }) => identifiersOf(image, tags));
      const page = paginate(ids, keyOf, pageOptions(input));
      return { imageIds: page.items, nextToken: page.nextToken };
    },

    DescribeImages: (input) => {
      const { name } = repositories.require(input);
      if (input.imageIds !== undefined && input.imageIds.length > 0) {
        const details = input.imageIds.map((id): ImageDetail => {
          const found = images.identify(name, id);
          if (!isProblem(found)) return images.describe(found, images.tagsOf(found));
          if (found.code === "ImageNotFound") throw imageNotFound(region.accountId, name, definedId(id));
          throw invalidParameter("imageIds", found.reason);
        });
        return { imageDetails: details };
      }
      const page = paginate(listed(name, input.filter?.tagStatus), ({ image }) => image.digest, pageOptions(input));
      return {
        imageDetails: page.items.map(({ image, tags }) => images.describe(image, tags)),
        nextToken: page.nextToken,
      };
    },

    BatchGetImage: (input) => {
      const { name } = repositories.require(input);
      const { found, failures } = identifyAll(input.imageIds, (id) => images.identify(name, id));
      return {
        images: found.map(({ id, image }) => ({
          registryId: region.accountId,
          repositoryName: name,
          imageId: { ...id, imageDigest: image.digest },
          imageManifest: Buffer.from(image.manifest).toString("utf8"),
          imageManifestMediaType: image.mediaType,
        })),
        failures,
      };
    },

    BatchDeleteImage: (input) => {
      const { name } = repositories.require(input);
      return region.store.transaction(() => {
        const { found, failures } = identifyAll(input.imageIds, (id) => images.identify(name, id));
        const deleted: ImageIdentifier[] = [];
        // Indexes first, so that an index and its images can be deleted by one call, in any order.
        for (const { id, image } of found.sort((a, b) => indexesFirst(a.image, b.image))) {
          const tags = images.tagsOf(image);
          // "When you remove the last tag from an image, the image is deleted from your repository."
          const wholeImage = id.imageTag === undefined || (tags.length === 1 && tags[0] === id.imageTag);
          const indexes = wholeImage ? (images.indexesByDigest(name).get(image.digest) ?? []) : [];
          if (indexes.length > 0) {
            const failureReason = `Requested image referenced by manifest list: [${indexes.join(", ")}]`;
            failures.push({ imageId: id, failureCode: "ImageReferencedByManifestList", failureReason });
            continue;
          }
          if (wholeImage) images.remove(name, image.digest);
          else images.untag(name, id.imageTag ?? "");
          deleted.push(...identifiersOf(image, id.imageTag === undefined ? tags : [id.imageTag]));
        }
        return { imageIds: deleted, failures };
      });
    },

    PutImage: async (input) => {
      const { name } = repositories.require(input);
      const { imageTag: tag, imageManifest, imageManifestMediaType, imageDigest } = input;
      const bytes = Buffer.from(imageManifest, "utf8");
      try {
        const stored = await storeManifest(
          storage,
          {
            beforeManifest: (_name, { digest }) => {
              const exists = tag === undefined ? images.find(name, digest) : images.digestOf(name, tag) === digest;
              if (exists) throw imageAlreadyExists(region.accountId, name, digest, tag);
              return hooks.beforeManifest?.(name, { digest, tag, bytes, mediaType: "" });
            },
          },
          { repository: name, bytes, contentType: imageManifestMediaType, tag, digest: imageDigest },
        );
        return {
          image: {
            registryId: region.accountId,
            repositoryName: name,
            imageId: { imageDigest: stored.digest, ...(tag !== undefined && { imageTag: tag }) },
            imageManifest,
            imageManifestMediaType: stored.mediaType,
          },
        };
      } catch (error) {
        throw error instanceof RegistryError ? asAwsError(region, name, tag, bytes, error) : error;
      }
    },
  };
}

/** What the registry refuses, in the words of the API. */
function asAwsError(
  region: Region,
  name: string,
  tag: string | undefined,
  manifest: Buffer,
  error: RegistryError,
): AwsError {
  if (error.code === "TAG_INVALID") return imageTagAlreadyExists(name, tag ?? "");
  if (error.code === "DIGEST_INVALID") return imageDigestDoesNotMatch(error.message);
  if (error.code !== "MANIFEST_BLOB_UNKNOWN") return invalidParameter("imageManifest", error.message);
  const digests = (error.detail as { digest: string }[]).map(({ digest }) => digest);
  const ofIndex = "manifests" in JSON.parse(manifest.toString("utf8"));
  return (ofIndex ? referencedImagesNotFound : layersNotFound)(region.accountId, name, digests);
}

function identifyAll(ids: ImageIdentifier[], identify: (id: ImageIdentifier) => StoredImage | ImageProblem) {
  const found: { id: ImageIdentifier; image: StoredImage }[] = [];
  const failures: ImageFailure[] = [];
  for (const id of ids) {
    const image = identify(id);
    if (isProblem(image)) failures.push({ imageId: id, failureCode: image.code, failureReason: image.reason });
    else found.push({ id, image });
  }
  return { found, failures };
}

function identifiersOf({ digest }: StoredImage, tags: string[]): ImageIdentifier[] {
  return tags.length === 0 ? [{ imageDigest: digest }] : tags.map((imageTag) => ({ imageDigest: digest, imageTag }));
}

function indexesFirst(a: StoredImage, b: StoredImage): number {
  return Number(isIndex(b)) - Number(isIndex(a));
}

function keyOf({ imageDigest, imageTag = "" }: ImageIdentifier): string {
  return `${imageDigest}:${imageTag}`;
}

function definedId({ imageDigest, imageTag }: ImageIdentifier) {
  return { ...(imageDigest !== undefined && { imageDigest }), ...(imageTag !== undefined && { imageTag }) };
}

/** "Between 1 and 1000 … returns up to 100 results" when left out. */
function pageOptions({ nextToken, maxResults }: { nextToken?: string | undefined; maxResults?: number | undefined }) {
  return { token: nextToken, limit: maxResults ?? 100, invalidTokenCode: "InvalidParameterException" };
}
