import type { Repository } from "@aws-sdk/client-ecr";
import { regionalArn } from "../../arn.ts";
import type { Region } from "../../region.ts";
import type { Collection } from "../../store/store.ts";
import { invalidParameter, repositoryNotFound } from "./errors.ts";
import type { Expiry } from "./lifecycle.ts";

/** What is kept of a repository. */
export interface StoredRepository {
  name: string;
  createdAt: Date;
  mutability: NonNullable<Repository["imageTagMutability"]>;
  /** Tag patterns with `*` that the mutability does not apply to. */
  exclusions: string[];
  scanOnPush: boolean;
  encryption: Repository["encryptionConfiguration"];
  tags: Record<string, string>;
  policy: string | undefined;
  lifecyclePolicy: string | undefined;
  /** When the lifecycle policy last took images away. */
  lifecycleEvaluatedAt: Date | undefined;
  /** What was last asked for; the real service works on it for a while, here it is there at once. */
  lifecyclePreview: { policy: string; results: Expiry[] } | undefined;
}

const namePattern = "(?:[a-z0-9]+(?:[._-][a-z0-9]+)*/)*[a-z0-9]+(?:[._-][a-z0-9]+)*";
const validName = new RegExp(`^${namePattern}$`);

/** The repositories of the region's one registry, whose id is the account's. */
export class Repositories {
  private readonly region: Region;
  private readonly records: Collection<StoredRepository>;

  constructor(region: Region) {
    this.region = region;
    this.records = region.store.collection("ecr.repositories");
  }

  find(name: string): StoredRepository | undefined {
    return this.records.get(name);
  }

  /** Throws RepositoryNotFoundException, also for another account's registry. */
  require({
    repositoryName,
    registryId,
  }: {
    repositoryName: string;
    registryId?: string | undefined;
  }): StoredRepository {
    checkRepositoryName(repositoryName);
    const registry = registryId ?? this.region.accountId;
    const repository = registry === this.region.accountId ? this.find(repositoryName) : undefined;
    if (repository === undefined) throw repositoryNotFound(registry, repositoryName);
    return repository;
  }

  requireArn(arn: string): StoredRepository {
    const prefix = this.arn("");
    if (!arn.startsWith(prefix))
      throw invalidParameter("resourceArn", `must be the ARN of a repository of this region: ${prefix}<name>`);
    return this.require({ repositoryName: arn.slice(prefix.length) });
  }

  put(repository: StoredRepository): void {
    this.records.put(repository.name, repository);
  }

  delete(name: string): void {
    this.records.delete(name);
  }

  list(): StoredRepository[] {
    return this.records.list();
  }

  arn(name: string): string {
    return regionalArn(this.region, "ecr", `repository/${name}`);
  }

  /** As the API shows it. The URI is drydock's own address, the one that clients can reach. */
  describe(repository: StoredRepository): Repository {
    const { name, exclusions } = repository;
    return {
      repositoryArn: this.arn(name),
      registryId: this.region.accountId,
      repositoryName: name,
      repositoryUri: `${this.region.endpoint.host}/${name}`,
      createdAt: repository.createdAt,
      imageTagMutability: repository.mutability,
      ...(exclusions.length > 0 && { imageTagMutabilityExclusionFilters: exclusions.map(wildcardFilter) }),
      imageScanningConfiguration: { scanOnPush: repository.scanOnPush },
      encryptionConfiguration: repository.encryption,
    };
  }
}

/** Throws InvalidParameterException for a name ECR would not take: 2 to 256 characters, lower-case. */
export function checkRepositoryName(name: string): void {
  if (!validName.test(name))
    throw invalidParameter("repositoryName", `must satisfy regular expression '${namePattern}'`);
  if (name.length < 2) throw invalidParameter("repositoryName", "Member must have length greater than or equal to 2");
  if (name.length > 256) throw invalidParameter("repositoryName", "Member must have length less than or equal to 256");
}

/** Whether a tag, once it names an image, may be given to another one. */
export function isImmutable({ mutability, exclusions }: StoredRepository, tag: string): boolean {
  const excluded = exclusions.some((pattern) => matchesWildcard(tag, pattern));
  if (mutability === "IMMUTABLE") return true;
  if (mutability === "IMMUTABLE_WITH_EXCLUSION") return !excluded;
  return mutability === "MUTABLE_WITH_EXCLUSION" && excluded;
}

/** `*` stands for any number of characters; everything else for itself. */
export function matchesWildcard(text: string, pattern: string): boolean {
  const literal = (part: string) => part.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
  return new RegExp(`^${pattern.split("*").map(literal).join(".*")}$`).test(text);
}

function wildcardFilter(filter: string) {
  return { filterType: "WILDCARD" as const, filter };
}
