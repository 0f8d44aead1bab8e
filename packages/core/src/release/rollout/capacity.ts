import type { CapacityProviderStrategyItem } from "@aws-sdk/client-ecs";
import type { Workload } from "../../config/app.ts";

/** Where tasks run: the launch type, or shares of Fargate and Fargate Spot. The names are those of CreateService and RunTask. */
export interface Capacity {
  launchType?: "FARGATE";
  capacityProviderStrategy?: CapacityProviderStrategyItem[];
}

/** Without Spot the launch type: it needs nothing of the cluster, where the providers have to be associated with it. */
export function capacityOf({ spotPercent }: Pick<Workload, "spotPercent">): Capacity {
  const strategy = spotStrategy(spotPercent);
  return strategy.length === 0 ? { launchType: "FARGATE" } : { capacityProviderStrategy: strategy };
}

/** Empty where nothing runs on Spot. Weights are per cent: "the relative percentage of the total number of tasks launched". */
export function spotStrategy(spotPercent: number): CapacityProviderStrategyItem[] {
  if (spotPercent === 0) return [];
  const spot = { capacityProvider: "FARGATE_SPOT", weight: spotPercent };
  return spotPercent === 100 ? [spot] : [{ capacityProvider: "FARGATE", weight: 100 - spotPercent }, spot];
}
