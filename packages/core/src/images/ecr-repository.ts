import { parseRepository } from "@fardel/oci";

/**
 * A repository as ECR's operations take it. "registryId: If you do not specify a registry, the default registry is
 * assumed", which is the caller's account, and a repository's address says which it is.
 *
 * @param uri such as `123456789012.dkr.ecr.eu-west-1.amazonaws.com/shop/web`.
 */
export function ecrRepository(uri: string): { repositoryName: string; registryId?: string } {
  const { registry, repository } = parseRepository(uri);
  const [, registryId] = /^(\d{12})\.dkr\.ecr/.exec(registry) ?? [];
  return { repositoryName: repository, ...(registryId !== undefined && { registryId }) };
}
