import type { ImageDetail, ImageIdentifier } from "@aws-sdk/client-ecr";
import { type ImageManifest, type ManifestStorage, mediaTypes, type StoredManifest } from "@fardel/oci";
import type { Region } from "../../region.ts";
import type { Collection } from "../../store/store.ts";

export interface StoredImage {
  repository: string;
  digest: string;
  mediaType: string;
  manifest: Uint8Array;
  pushedAt: Date;
}

interface StoredTag {
  tag: string;
  digest: string;
}

/** An index names further manifests; an image names its configuration and layers. */
type ManifestDocument = Partial<ImageManifest> & { manifests?: { digest: string }[] };

/** Manifests and tags, for the registry at /v2/ and for the API: there is one record of each. */
export class Images implements ManifestStorage {
  private readonly region: Region;
  /** Keys are `<repository>@<digest>` and `<repository>:<tag>`; a repository's name has neither character. */
  private readonly images: Collection<StoredImage>;
  private readonly tagged: Collection<StoredTag>;

  constructor(region: Region) {
    this.region = region;
    this.images = region.store.collection("ecr.images");
    this.tagged = region.store.collection("ecr.tags");
  }

  async get(repository: string, digest: string): Promise<StoredManifest | undefined> {
    const image = this.find(repository, digest);
    return image && { digest, mediaType: image.mediaType, bytes: Buffer.from(image.manifest) };
  }

  async put(repository: string, { digest, mediaType, bytes }: StoredManifest, tag: string | undefined): Promise<void> {
    this.region.store.transaction(() => {
      const pushedAt = this.find(repository, digest)?.pushedAt ?? new Date(this.region.clock.now());
      this.images.put(`${repository}@${digest}`, { repository, digest, mediaType, manifest: bytes, pushedAt });
      if (tag !== undefined) this.tagged.put(`${repository}:${tag}`, { tag, digest });
    });
  }

  async delete(repository: string, digest: string): Promise<boolean> {
    return this.remove(repository, digest);
  }

  async resolve(repository: string, tag: string): Promise<string | undefined> {
    return this.digestOf(repository, tag);
  }

  async deleteTag(repository: string, tag: string): Promise<boolean> {
    return this.untag(repository, tag);
  }

  async tags(repository: string): Promise<string[]> {
    return this.tagged.list(`${repository}:`).map(({ tag }) => tag);
  }

  find(repository: string, digest: string): StoredImage | undefined {
    return this.images.get(`${repository}@${digest}`);
  }

  digestOf(repository: string, tag: string): string | undefined {
    return this.tagged.get(`${repository}:${tag}`)?.digest;
  }

  list(repository: string): StoredImage[] {
    return this.images.list(`${repository}@`);
  }

  /** The tags of each image that has some. */
  tagsByDigest(repository: string): Map<string, string[]> {
    const tags = new Map<string, string[]>();
    for (const { tag, digest } of this.tagged.list(`${repository}:`))
      tags.set(digest, [...(tags.get(digest) ?? []), tag]);
    return tags;
  }

  tagsOf({ repository, digest }: StoredImage): string[] {
    return this.tagsByDigest(repository).get(digest) ?? [];
  }

  /** Takes an image with all of its tags; false when it was not there. */
  remove(repository: string, digest: string): boolean {
    return this.region.store.transaction(() => {
      const image = this.find(repository, digest);
      if (image === undefined) return false;
      for (const tag of this.tagsOf(image)) this.untag(repository, tag);
      return this.images.delete(`${repository}@${digest}`);
    });
  }

  untag(repository: string, tag: string): boolean {
    return this.tagged.delete(`${repository}:${tag}`);
  }

  removeAll(repository: string): void {
    for (const { digest } of this.list(repository)) this.remove(repository, digest);
  }

  /** For each image that indexes of the repository name, the digests of these indexes. */
  indexesByDigest(repository: string): Map<string, string[]> {
    const indexes = new Map<string, string[]>();
    for (const index of this.list(repository).filter(isIndex))
      for (const { digest } of documentOf(index).manifests ?? [])
        indexes.set(digest, [...(indexes.get(digest) ?? []), index.digest]);
    return indexes;
  }

  /** The digests of all configurations and layers that images of the repository name. */
  blobsInUse(repository: string): Set<string> {
    const digests = new Set<string>();
    for (const { config, layers = [] } of this.list(repository).map(documentOf))
      for (const blob of [...layers, ...(config ? [config] : [])]) digests.add(blob.digest);
    return digests;
  }

  /**
   * Looks an image up as the API identifies one: by digest, by tag, or by both, which then have to agree. What is wrong
   * comes back as the failure that the batch operations answer.
   */
  identify(repository: string, { imageDigest, imageTag }: ImageIdentifier): StoredImage | ImageProblem {
    if (imageDigest === undefined && imageTag === undefined)
      return { code: "MissingDigestAndTag", reason: "Invalid request parameters: both tag and digest cannot be null" };
    if (imageDigest !== undefined && !/^[a-zA-Z0-9-_+.]+:[a-fA-F0-9]+$/.test(imageDigest))
      return {
        code: "InvalidImageDigest",
        reason: "Invalid request parameters: image digest should satisfy the regex '[a-zA-Z0-9-_+.]+:[a-fA-F0-9]+'",
      };
    const tagged = imageTag === undefined ? undefined : this.digestOf(repository, imageTag);
    const digest = imageDigest ?? tagged;
    const image = digest === undefined ? undefined : this.find(repository, digest);
    if (image === undefined || (imageTag !== undefined && tagged === undefined))
      return { code: "ImageNotFound", reason: "Requested image not found" };
    if (tagged !== undefined && tagged !== digest)
      return { code: "ImageTagDoesNotMatchDigest", reason: "Requested image tag does not match the image digest" };
    return image;
  }

  describe(image: StoredImage, tags: string[]): ImageDetail {
    const artifact = documentOf(image).config?.mediaType;
    return {
      registryId: this.region.accountId,
      repositoryName: image.repository,
      imageDigest: image.digest,
      ...(tags.length > 0 && { imageTags: tags }),
      imageSizeInBytes: this.size(image),
      imagePushedAt: image.pushedAt,
      imageManifestMediaType: image.mediaType,
      ...(artifact !== undefined && { artifactMediaType: artifact }),
      imageStatus: "ACTIVE",
    };
  }

  /** Bytes of the layers; "if the image is a manifest list, this will be the max size of all manifests in the list". */
  private size(image: StoredImage): number {
    const { manifests, layers = [] } = documentOf(image);
    if (manifests === undefined) return layers.reduce((sum, layer) => sum + layer.size, 0);
    const sizes = manifests.map(({ digest }) => this.find(image.repository, digest));
    return Math.max(0, ...sizes.map((entry) => (entry === undefined ? 0 : this.size(entry))));
  }
}

export function isIndex({ mediaType }: StoredImage): boolean {
  return mediaType === mediaTypes.index || mediaType === mediaTypes.dockerIndex;
}

export interface ImageProblem {
  code: "MissingDigestAndTag" | "InvalidImageDigest" | "ImageNotFound" | "ImageTagDoesNotMatchDigest";
  reason: string;
}

export function isProblem(found: StoredImage | ImageProblem): found is ImageProblem {
  return "code" in found;
}

function documentOf(image: StoredImage): ManifestDocument {
  return JSON.parse(Buffer.from(image.manifest).toString("utf8"));
}
