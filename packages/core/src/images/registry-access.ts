import { type Credentials, type CredentialsProvider, parseRepository } from "@fardel/oci";
import type { Aws } from "../aws/clients.ts";
import { FardelError } from "../errors.ts";
import { dockerLogin } from "./docker-logins.ts";

/**
 * Logins for every registry a release meets: ECR's through the same AWS credentials as everything else, all others as
 * `docker login` left them, or none.
 *
 * @param repositories URIs of the environment's repositories; their registry is ECR whatever its address.
 */
export function registryCredentials(
  aws: Pick<Aws, "ecr" | "target">,
  repositories: () => Promise<string[]>,
  variables: NodeJS.ProcessEnv = process.env,
): CredentialsProvider {
  const ofRegion = new RegExp(`^\\d{12}\\.dkr\\.ecr(?:-fips)?\\.${aws.target.region}\\.amazonaws\\.com(?:\\.cn)?$`);
  return async (registry) => {
    const isOwn =
      ofRegion.test(registry) || (await repositories()).some((uri) => parseRepository(uri).registry === registry);
    return isOwn ? ecrLogin(aws.ecr) : dockerLogin(registry, variables);
  };
}

/**
 * "The authorization token is valid for 12 hours" and for every registry the caller may use in the region.
 * https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_GetAuthorizationToken.html
 */
async function ecrLogin(ecr: Aws["ecr"]): Promise<Credentials> {
  const { authorizationData = [] } = await ecr.getAuthorizationToken({});
  const { authorizationToken = "", expiresAt } = authorizationData[0] ?? {};
  const [, username, password] =
    /^([^:]+):(.+)$/s.exec(Buffer.from(authorizationToken, "base64").toString("utf8")) ?? [];
  if (username && password) return { username, password, ...(expiresAt && { expiresAt }) };
  throw new FardelError("IMAGE_LOGIN", "ECR gave no usable login.", {
    why: "The answer of GetAuthorizationToken has no token of the form user:password.",
    fix: "Run the command again; if it stays so, check what answers for ECR in this region.",
  });
}
