import type { Constraints } from "../../protocols/constraints.ts";

/** https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_Operations.html */
export const constraints: Constraints = {
  registryId: { pattern: "[0-9]{12}" },
  repositoryNames: { minimum: 1, maximum: 100 },
  imageTagMutability: { values: ["MUTABLE", "IMMUTABLE", "IMMUTABLE_WITH_EXCLUSION", "MUTABLE_WITH_EXCLUSION"] },
  imageTagMutabilityExclusionFilters: { minimum: 1, maximum: 5 },
  imageManifest: { minimum: 1, maximum: 4_194_304 },
  imageTag: { minimum: 1, maximum: 300 },
  imageIds: { minimum: 1, maximum: 100 },
  layerDigests: { minimum: 1, maximum: 100 },
  layerPartBlob: { maximum: 20_971_520 },
  lifecyclePolicyText: { minimum: 100, maximum: 30_720 },
  policyText: { maximum: 10_240 },
  tags: { maximum: 200 },
  tagKeys: { maximum: 200 },
  maxResults: { minimum: 1, maximum: 1000 },
};
