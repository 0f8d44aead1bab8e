import type { CapacityProviderStrategyItem, Cluster, LaunchType, TaskDefinition } from "@aws-sdk/client-ecs";
import { invalidParameter, unsupported } from "./errors.ts";
import type { Capacity } from "./records.ts";

/** The capacity providers every account has. */
export const fargateProviders = ["FARGATE", "FARGATE_SPOT"];

/**
 * Where tasks run: the launch type or strategy of the request, else the cluster's default strategy. Throws
 * InvalidParameterException for both at once or a provider the cluster doesn't have, UnsupportedFeatureException for EC2.
 */
export function chooseCapacity(
  cluster: Cluster,
  request: {
    launchType?: LaunchType | undefined;
    capacityProviderStrategy?: CapacityProviderStrategyItem[] | undefined;
  },
): Capacity {
  const { launchType } = request;
  if (launchType && request.capacityProviderStrategy?.length) {
    throw invalidParameter("Specify either a launch type or a capacity provider strategy, not both.");
  }
  if (launchType === "FARGATE") return { launchType };
  const strategy = request.capacityProviderStrategy?.length
    ? request.capacityProviderStrategy
    : cluster.defaultCapacityProviderStrategy;
  if (launchType || !strategy?.length) {
    throw unsupported(
      `drydock runs tasks on Fargate only, not on ${launchType ?? "EC2"}: set launchType to FARGATE, or a ` +
        "capacityProviderStrategy of FARGATE and FARGATE_SPOT.",
    );
  }
  return { capacityProviderStrategy: checkStrategy(cluster, strategy) };
}

/** Completed with the defaults (weight 0, base 0). Throws InvalidParameterException for one that can't place a task. */
export function checkStrategy(
  cluster: Pick<Cluster, "capacityProviders">,
  strategy: CapacityProviderStrategyItem[],
): CapacityProviderStrategyItem[] {
  if (strategy.length > 20) throw invalidParameter("A capacity provider strategy can contain at most 20 providers.");
  const foreign = strategy.find(({ capacityProvider = "" }) => !cluster.capacityProviders?.includes(capacityProvider));
  if (foreign) {
    throw invalidParameter(
      "The specified capacity provider strategy contains a capacity provider that is not associated with the " +
        `cluster: ${foreign.capacityProvider}. Associate the capacity provider with the cluster and try again.`,
    );
  }
  const names = strategy.map(({ capacityProvider }) => capacityProvider);
  if (new Set(names).size < names.length) {
    throw invalidParameter("The capacity provider strategy cannot contain a duplicate capacity provider.");
  }
  if (strategy.filter(({ base = 0 }) => base > 0).length > 1) {
    throw invalidParameter("Only one capacity provider in a capacity provider strategy can have a base defined.");
  }
  if (strategy.length > 1 && strategy.every(({ weight = 0 }) => weight === 0)) {
    throw invalidParameter("At least one capacity provider in the strategy must have a weight greater than zero.");
  }
  return strategy.map(({ capacityProvider, weight = 0, base = 0 }) => ({ capacityProvider, weight, base }));
}

/**
 * The provider of one more task: the base comes first, then "the relative percentage of the total number of tasks launched"
 * that each weight stands for (CapacityProviderStrategyItem). `placed` tells how many tasks a provider has already.
 */
export function chooseProvider(strategy: CapacityProviderStrategyItem[], placed: (provider: string) => number): string {
  const providers = strategy.map(({ capacityProvider = "", base = 0, weight = 0 }) => {
    const count = placed(capacityProvider);
    return { capacityProvider, weight, isBelowBase: count < base, share: Math.max(0, count - base) };
  });
  const based = providers.find(({ isBelowBase }) => isBelowBase);
  if (based) return based.capacityProvider;
  // One provider alone needs no weight.
  const weighted = providers.filter(({ weight }) => weight > 0 || providers.length === 1);
  const [next] = weighted.toSorted(
    (a, b) => (a.share + 1) / (a.weight || 1) - (b.share + 1) / (b.weight || 1) || b.weight - a.weight,
  );
  if (!next) throw new Error("A capacity provider strategy without any weight was let through.");
  return next.capacityProvider;
}

/** Throws InvalidParameterException for a task definition that wasn't registered for Fargate. */
export function checkCompatibility({ compatibilities = [] }: TaskDefinition): void {
  if (!compatibilities.includes("FARGATE")) {
    throw invalidParameter("Task definition does not support launch_type FARGATE.");
  }
}
