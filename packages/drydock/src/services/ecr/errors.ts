import { AwsError } from "../../errors.ts";

// The texts are those of the real service, account id included: people and tools recognise errors by them.

const inRegistry = (registryId: string) => `in the registry with id '${registryId}'`;

export const repositoryNotFoundText = (registryId: string, name: string) =>
  `The repository with name '${name}' does not exist ${inRegistry(registryId)}`;

export const repositoryNotFound = (registryId: string, name: string) =>
  new AwsError("RepositoryNotFoundException", repositoryNotFoundText(registryId, name));

export const repositoryAlreadyExists = (registryId: string, name: string) =>
  new AwsError(
    "RepositoryAlreadyExistsException",
    `The repository with name '${name}' already exists ${inRegistry(registryId)}`,
  );

export const repositoryNotEmpty = (registryId: string, name: string) =>
  new AwsError(
    "RepositoryNotEmptyException",
    `The repository with name '${name}' in registry with id '${registryId}' cannot be deleted because it still contains images`,
  );

export const imageNotFound = (registryId: string, name: string, id: { imageDigest?: string; imageTag?: string }) =>
  new AwsError(
    "ImageNotFoundException",
    `The image with imageId {imageDigest:'${id.imageDigest ?? "null"}', imageTag:'${id.imageTag ?? "null"}'} does not exist within the repository with name '${name}' ${inRegistry(registryId)}`,
  );

export const imageAlreadyExists = (registryId: string, name: string, digest: string, tag: string | undefined) =>
  new AwsError(
    "ImageAlreadyExistsException",
    `Image with digest '${digest}' and tag '${tag ?? "null"}' already exists in the repository with name '${name}' in registry with id '${registryId}'`,
  );

export const immutableTagText = (name: string, tag: string) =>
  `The image tag '${tag}' already exists in the '${name}' repository and cannot be overwritten because the tag is immutable.`;

export const imageTagAlreadyExists = (name: string, tag: string) =>
  new AwsError("ImageTagAlreadyExistsException", immutableTagText(name, tag));

export const imageDigestDoesNotMatch = (message: string) => new AwsError("ImageDigestDoesNotMatchException", message);

export const layersNotFound = (registryId: string, name: string, digests: string[]) =>
  new AwsError(
    "LayersNotFoundException",
    `Layers with digests '[${digests.join(", ")}]' required for pushing image into repository with name '${name}' ${inRegistry(registryId)} do not exist`,
  );

export const referencedImagesNotFound = (registryId: string, name: string, digests: string[]) =>
  new AwsError(
    "ReferencedImagesNotFoundException",
    `Images with digests '[${digests.join(", ")}]' required for pushing image into repository with name '${name}' ${inRegistry(registryId)} do not exist`,
  );

export const layerInaccessible = (registryId: string, name: string, digest: string) =>
  new AwsError(
    "LayersNotFoundException",
    `Layer with digest '${digest}' does not exist in the repository with name '${name}' ${inRegistry(registryId)}`,
  );

export const uploadNotFound = (registryId: string, name: string, upload: string) =>
  new AwsError(
    "UploadNotFoundException",
    `Upload id '${upload}' does not exist for repository with name '${name}' ${inRegistry(registryId)}`,
  );

export const policyNotFound = (registryId: string, kind: "Repository" | "Lifecycle", name: string) =>
  new AwsError(
    `${kind}PolicyNotFoundException`,
    `${kind} policy does not exist for the repository with name '${name}' ${inRegistry(registryId)}`,
  );

export const invalidParameter = (parameter: string, constraint: string) =>
  new AwsError(
    "InvalidParameterException",
    `Invalid parameter at '${parameter}' failed to satisfy constraint: '${constraint}'`,
  );
