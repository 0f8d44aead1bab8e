import { AwsError } from "../../../errors.ts";
import { paginate } from "../../../pagination.ts";
import type { Region } from "../../../region.ts";
import type { Operations } from "../../../service.ts";
import { invalidParameter, policyNotFound } from "../errors.ts";
import { expiries, type LifecycleImage, parseLifecyclePolicy } from "../lifecycle.ts";
import type { EcrRegistry } from "../registry.ts";
import type { StoredRepository } from "../repositories.ts";
import { lifecycleImages } from "../upkeep.ts";

type Client = typeof import("@aws-sdk/client-ecr");

export function policyOperations(
  region: Region,
  registry: EcrRegistry,
): Pick<
  Operations<Client>,
  | "SetRepositoryPolicy"
  | "GetRepositoryPolicy"
  | "DeleteRepositoryPolicy"
  | "PutLifecyclePolicy"
  | "GetLifecyclePolicy"
  | "DeleteLifecyclePolicy"
  | "StartLifecyclePolicyPreview"
  | "GetLifecyclePolicyPreview"
> {
  const { repositories, images } = registry;
  const idOf = ({ name }: StoredRepository) => ({ registryId: region.accountId, repositoryName: name });

  function policyOf(repository: StoredRepository): string {
    if (repository.policy === undefined) throw policyNotFound(region.accountId, "Repository", repository.name);
    return repository.policy;
  }

  function lifecyclePolicyOf(repository: StoredRepository): string {
    if (repository.lifecyclePolicy === undefined) throw policyNotFound(region.accountId, "Lifecycle", repository.name);
    return repository.lifecyclePolicy;
  }

  return {
    SetRepositoryPolicy: (input) => {
      const repository = repositories.require(input);
      checkPolicyDocument(input.policyText);
      repositories.put({ ...repository, policy: input.policyText });
      return { ...idOf(repository), policyText: input.policyText };
    },

    GetRepositoryPolicy: (input) => {
      const repository = repositories.require(input);
      return { ...idOf(repository), policyText: policyOf(repository) };
    },

    DeleteRepositoryPolicy: (input) => {
      const repository = repositories.require(input);
      const policyText = policyOf(repository);
      repositories.put({ ...repository, policy: undefined });
      return { ...idOf(repository), policyText };
    },

    PutLifecyclePolicy: (input) => {
      const repository = repositories.require(input);
      const { lifecyclePolicyText } = input;
      parseLifecyclePolicy(lifecyclePolicyText);
      repositories.put({ ...repository, lifecyclePolicy: lifecyclePolicyText });
      return { ...idOf(repository), lifecyclePolicyText };
    },

    GetLifecyclePolicy: (input) => {
      const repository = repositories.require(input);
      return {
        ...idOf(repository),
        lifecyclePolicyText: lifecyclePolicyOf(repository),
        lastEvaluatedAt: repository.lifecycleEvaluatedAt,
      };
    },

    DeleteLifecyclePolicy: (input) => {
      const repository = repositories.require(input);
      const lifecyclePolicyText = lifecyclePolicyOf(repository);
      repositories.put({ ...repository, lifecyclePolicy: undefined, lifecycleEvaluatedAt: undefined });
      return { ...idOf(repository), lifecyclePolicyText, lastEvaluatedAt: repository.lifecycleEvaluatedAt };
    },

    StartLifecyclePolicyPreview: (input) => {
      const repository = repositories.require(input);
      const policy = input.lifecyclePolicyText ?? lifecyclePolicyOf(repository);
      const rules = parseLifecyclePolicy(policy);
      const results = expiries(rules, lifecycleImages(images, repository.name), region.clock.now());
      repositories.put({ ...repository, lifecyclePreview: { policy, results } });
      return { ...idOf(repository), lifecyclePolicyText: policy, status: "IN_PROGRESS" };
    },

    GetLifecyclePolicyPreview: (input) => {
      const repository = repositories.require(input);
      const preview = repository.lifecyclePreview;
      if (preview === undefined)
        throw new AwsError(
          "LifecyclePolicyPreviewNotFoundException",
          `There is no lifecycle policy preview for the repository with name '${repository.name}' in the registry with id '${region.accountId}'`,
        );
      const wanted = (image: LifecycleImage) => {
        const byId = input.imageIds?.some(
          ({ imageDigest, imageTag }) => imageDigest === image.digest || image.tags.includes(imageTag ?? ""),
        );
        const status = input.filter?.tagStatus ?? "ANY";
        return (byId ?? true) && (status === "ANY" || image.tags.length > 0 === (status === "TAGGED"));
      };
      const results = preview.results.filter(({ image }) => wanted(image));
      const page = paginate(results, ({ image }) => image.digest, {
        token: input.nextToken,
        limit: input.maxResults ?? 100,
        invalidTokenCode: "InvalidParameterException",
      });
      return {
        ...idOf(repository),
        lifecyclePolicyText: preview.policy,
        status: "COMPLETE",
        nextToken: page.nextToken,
        previewResults: page.items.map(({ image, rulePriority }) => ({
          imageDigest: image.digest,
          imageTags: image.tags,
          imagePushedAt: image.pushedAt,
          action: { type: "EXPIRE" },
          appliedRulePriority: rulePriority,
        })),
        summary: { expiringImageTotalCount: results.length },
      };
    },
  };
}

function checkPolicyDocument(text: string): void {
  try {
    const document: unknown = JSON.parse(text);
    if (typeof document === "object" && document !== null && "Statement" in document) return;
  } catch {
    // Falls through: no JSON, no policy.
  }
  throw invalidParameter("PolicyText", "Invalid repository policy provided");
}
