import { paginate } from "../../../pagination.ts";
import type { Region } from "../../../region.ts";
import type { InputOf, Operations } from "../../../service.ts";
import { invalidParameter, repositoryAlreadyExists, repositoryNotEmpty } from "../errors.ts";
import type { EcrRegistry } from "../registry.ts";
import { checkRepositoryName, type StoredRepository } from "../repositories.ts";
import { tagsFrom } from "../tags.ts";

type Client = typeof import("@aws-sdk/client-ecr");

export function repositoryOperations(
  region: Region,
  { repositories, images, blobs }: EcrRegistry,
): Pick<
  Operations<Client>,
  | "CreateRepository"
  | "DescribeRepositories"
  | "DeleteRepository"
  | "PutImageTagMutability"
  | "PutImageScanningConfiguration"
> {
  return {
    CreateRepository: (input) => {
      checkRepositoryName(input.repositoryName);
      if (input.registryId !== undefined && input.registryId !== region.accountId)
        throw invalidParameter("registryId", `drydock has only the registry of its own account, ${region.accountId}`);
      const repository: StoredRepository = {
        name: input.repositoryName,
        createdAt: new Date(region.clock.now()),
        ...mutabilityFrom(input),
        scanOnPush: input.imageScanningConfiguration?.scanOnPush ?? false,
        encryption: input.encryptionConfiguration ?? { encryptionType: "AES256" },
        tags: tagsFrom(input.tags ?? []),
        policy: undefined,
        lifecyclePolicy: undefined,
        lifecycleEvaluatedAt: undefined,
        lifecyclePreview: undefined,
      };
      region.store.transaction(() => {
        if (repositories.find(repository.name) !== undefined)
          throw repositoryAlreadyExists(region.accountId, repository.name);
        repositories.put(repository);
      });
      return { repository: repositories.describe(repository) };
    },

    DescribeRepositories: (input) => {
      const { registryId, repositoryNames, nextToken, maxResults } = input;
      if (repositoryNames !== undefined && repositoryNames.length > 0) {
        const named = repositoryNames.map((repositoryName) => repositories.require({ repositoryName, registryId }));
        return { repositories: named.map((repository) => repositories.describe(repository)) };
      }
      // "Between 1 and 1000 … returns up to 100 results" when left out.
      const page = paginate(repositories.list(), ({ name }) => name, {
        token: nextToken,
        limit: maxResults ?? 100,
        invalidTokenCode: "InvalidParameterException",
      });
      return {
        repositories: page.items.map((repository) => repositories.describe(repository)),
        nextToken: page.nextToken,
      };
    },

    DeleteRepository: async (input) => {
      const repository = repositories.require(input);
      region.store.transaction(() => {
        if (images.list(repository.name).length > 0 && !input.force)
          throw repositoryNotEmpty(region.accountId, repository.name);
        images.removeAll(repository.name);
        repositories.delete(repository.name);
      });
      await blobs.deleteRepository(repository.name);
      return { repository: repositories.describe(repository) };
    },

    PutImageTagMutability: (input) => {
      const repository = { ...repositories.require(input), ...mutabilityFrom(input) };
      repositories.put(repository);
      const { imageTagMutability, imageTagMutabilityExclusionFilters } = repositories.describe(repository);
      return {
        registryId: region.accountId,
        repositoryName: repository.name,
        imageTagMutability,
        imageTagMutabilityExclusionFilters,
      };
    },

    PutImageScanningConfiguration: (input) => {
      const scanOnPush = input.imageScanningConfiguration.scanOnPush ?? false;
      const repository = { ...repositories.require(input), scanOnPush };
      repositories.put(repository);
      return {
        registryId: region.accountId,
        repositoryName: repository.name,
        imageScanningConfiguration: { scanOnPush },
      };
    },
  };
}

function mutabilityFrom(
  input: Pick<InputOf<Client, "CreateRepository">, "imageTagMutability" | "imageTagMutabilityExclusionFilters">,
): Pick<StoredRepository, "mutability" | "exclusions"> {
  const mutability = input.imageTagMutability ?? "MUTABLE";
  const exclusions = (input.imageTagMutabilityExclusionFilters ?? []).map(({ filter }) => filter ?? "");
  const excludes = mutability.endsWith("_WITH_EXCLUSION");
  if (excludes !== exclusions.length > 0)
    throw invalidParameter(
      "imageTagMutabilityExclusionFilters",
      excludes ? `${mutability} needs at least one filter` : `${mutability} takes no filters`,
    );
  return { mutability, exclusions };
}
