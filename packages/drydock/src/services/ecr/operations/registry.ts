import type { Region } from "../../../region.ts";
import type { Operations } from "../../../service.ts";
import { issueToken } from "../authorization-token.ts";
import type { EcrRegistry } from "../registry.ts";
import { tagsFrom } from "../tags.ts";

type Client = typeof import("@aws-sdk/client-ecr");

export function registryOperations(
  region: Region,
  { repositories }: EcrRegistry,
): Pick<
  Operations<Client>,
  "GetAuthorizationToken" | "DescribeRegistry" | "TagResource" | "UntagResource" | "ListTagsForResource"
> {
  return {
    GetAuthorizationToken: () => {
      const { password, expiresAt } = issueToken(region);
      const authorizationToken = Buffer.from(`AWS:${password}`).toString("base64");
      return { authorizationData: [{ authorizationToken, expiresAt, proxyEndpoint: region.endpoint.origin }] };
    },

    DescribeRegistry: () => ({ registryId: region.accountId, replicationConfiguration: { rules: [] } }),

    TagResource: (input) => {
      const repository = repositories.requireArn(input.resourceArn);
      repositories.put({ ...repository, tags: tagsFrom(input.tags, repository.tags) });
      return {};
    },

    UntagResource: (input) => {
      const repository = repositories.requireArn(input.resourceArn);
      const kept = Object.entries(repository.tags).filter(([key]) => !input.tagKeys.includes(key));
      repositories.put({ ...repository, tags: Object.fromEntries(kept) });
      return {};
    },

    ListTagsForResource: (input) => ({
      tags: Object.entries(repositories.requireArn(input.resourceArn).tags).map(([Key, Value]) => ({ Key, Value })),
    }),
  };
}
