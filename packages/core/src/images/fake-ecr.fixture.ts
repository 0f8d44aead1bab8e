import type { BatchDeleteImageRequest, BatchGetImageRequest, PutImageRequest } from "@aws-sdk/client-ecr";
import type { Aws } from "../aws/clients.ts";
import { FardelError } from "../errors.ts";

export interface FakeImage {
  digest: string;
  tags: Set<string>;
  pushedAt: Date;
}

/** One repository of ECR, in memory: as much of it as tags need. */
export function fakeEcr({ immutable = false } = {}) {
  const repository = {
    images: [] as FakeImage[],
    puts: 0,
    push(digest: string, at: number) {
      if (!repository.images.some((image) => image.digest === digest))
        repository.images.push({ digest, tags: new Set(), pushedAt: new Date(at) });
    },
    tagsOf: (digest: string) =>
      [...(repository.images.find((image) => image.digest === digest)?.tags ?? [])].toSorted(),
    ecr: {} as Aws["ecr"],
  };
  const holderOf = (tag: string | undefined) =>
    repository.images.find(({ tags }) => tag !== undefined && tags.has(tag));
  const operations = {
    async batchGetImage({ imageIds = [] }: BatchGetImageRequest) {
      const images = imageIds.flatMap(({ imageDigest, imageTag }) => {
        const found = repository.images.find(({ digest }) => digest === imageDigest) ?? holderOf(imageTag);
        return found === undefined
          ? []
          : [{ imageId: { imageDigest: found.digest, ...(imageTag && { imageTag }) }, imageManifest: found.digest }];
      });
      return { images };
    },
    async putImage({ imageManifest, imageTag = "" }: PutImageRequest) {
      const holder = holderOf(imageTag);
      if (immutable && holder !== undefined) throw awsError("ImageTagAlreadyExistsException");
      repository.puts += 1;
      holder?.tags.delete(imageTag);
      repository.images.find(({ digest }) => digest === imageManifest)?.tags.add(imageTag);
      return {};
    },
    async batchDeleteImage({ imageIds = [] }: BatchDeleteImageRequest) {
      for (const { imageTag = "" } of imageIds) {
        const holder = holderOf(imageTag);
        holder?.tags.delete(imageTag);
        if (holder?.tags.size === 0) repository.images.splice(repository.images.indexOf(holder), 1);
      }
      return {};
    },
    async *paginateListImages() {
      yield { imageIds: repository.images.flatMap(({ tags }) => [...tags].map((imageTag) => ({ imageTag }))) };
    },
  };
  repository.ecr = operations as unknown as Aws["ecr"];
  return repository;
}

function awsError(name: string): FardelError {
  return new FardelError(`AWS_${name}`, name);
}
