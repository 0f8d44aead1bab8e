import { fargateProviders } from "../capacity.ts";
import type { Ecs } from "../ecs.ts";
import { lastSegment } from "../names.ts";
import type { EcsOperations } from "../operations.ts";

export function capacityProviderOperations({ names }: Ecs) {
  return {
    DescribeCapacityProviders: ({ capacityProviders }) => {
      const wanted = (capacityProviders ?? fargateProviders).map(lastSegment);
      return {
        capacityProviders: wanted
          .filter((name) => fargateProviders.includes(name))
          .map((name) => ({
            capacityProviderArn: names.capacityProvider(name),
            name,
            status: "ACTIVE",
            type: name === "FARGATE" ? "FARGATE" : "FARGATE_SPOT",
            tags: [],
          })),
        failures: wanted
          .filter((name) => !fargateProviders.includes(name))
          .map((name) => ({ arn: names.capacityProvider(name), reason: "MISSING" })),
      };
    },
  } satisfies EcsOperations;
}
