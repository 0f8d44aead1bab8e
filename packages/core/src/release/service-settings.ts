import type {
  CapacityProviderStrategyItem,
  CreateServiceRequest,
  DeploymentConfiguration,
  Service as EcsService,
  LoadBalancer,
} from "@aws-sdk/client-ecs";
import type { Scale, Service } from "../config/app.ts";
import type { EnvironmentDescriptor } from "../infra/descriptor.ts";
import { spotStrategy } from "./capacity.ts";
import { type Difference, differences } from "./difference.ts";

/** What fardel says of an ECS service besides its task definition and how many tasks it keeps. */
export interface ServiceSettings
  extends Required<
    Pick<
      CreateServiceRequest,
      "networkConfiguration" | "deploymentConfiguration" | "loadBalancers" | "capacityProviderStrategy"
    >
  > {
  /** ECS refuses it for a service without a load balancer. */
  healthCheckGracePeriodSeconds?: number;
  propagateTags: "TASK_DEFINITION";
  enableECSManagedTags: boolean;
  enableExecuteCommand: boolean;
}

/**
 * No old task stops before a new one is healthy, and what doesn't become healthy is rolled back by ECS itself, also when
 * nobody watches.
 */
const rolling: DeploymentConfiguration = {
  strategy: "ROLLING",
  minimumHealthyPercent: 100,
  maximumPercent: 200,
  deploymentCircuitBreaker: { enable: true, rollback: true },
};

export function serviceSettings(service: Service, descriptor: EnvironmentDescriptor): ServiceSettings {
  const { subnets, securityGroups, assignPublicIp } = descriptor.network;
  return {
    networkConfiguration: {
      awsvpcConfiguration: { subnets, securityGroups, assignPublicIp: assignPublicIp ? "ENABLED" : "DISABLED" },
    },
    deploymentConfiguration: rolling,
    loadBalancers: loadBalancersOf(service, descriptor),
    capacityProviderStrategy: spotStrategy(service.spotPercent),
    ...(service.route && { healthCheckGracePeriodSeconds: service.route.health.graceSeconds }),
    // Tasks then tell the release their definition was made for, which the service outlives.
    propagateTags: "TASK_DEFINITION",
    enableECSManagedTags: true,
    enableExecuteCommand: false,
  };
}

/** Order and what ECS adds make no difference; a strategy of Fargate alone is the launch type by another name. */
export function capacityText(strategy: readonly CapacityProviderStrategyItem[] | undefined): string {
  const shares = (strategy ?? []).filter(({ weight = 0, base = 0 }) => weight > 0 || base > 0);
  if (shares.every(({ capacityProvider }) => capacityProvider === "FARGATE")) return "FARGATE";
  return shares
    .map(({ capacityProvider, weight = 0 }) => `${capacityProvider} ${weight}`)
    .sort()
    .join(", ");
}

function loadBalancersOf({ name, route }: Service, descriptor: EnvironmentDescriptor): LoadBalancer[] {
  const targetGroupArn = descriptor.targetGroups[name];
  if (!route || targetGroupArn === undefined) return [];
  return [{ targetGroupArn, containerName: name, containerPort: route.port }];
}

/** How many tasks to ask for at first. */
export function initialCount({ min }: Scale): number {
  return min;
}

/**
 * How many tasks to ask for in an update: only for a fixed count that is another than in the release before. What somebody
 * has set by hand since, or autoscaling, otherwise stays: "desiredCount set on an autoscaled service resets it".
 */
export function changedCount(scale: Scale, before: Scale | undefined, current: number): number | undefined {
  if (scale.min !== scale.max || scale.min === current) return undefined;
  return before !== undefined && before.min === scale.min && before.max === scale.max ? undefined : scale.min;
}

/** What differs from a service as DescribeServices shows it. What fardel doesn't set is not fardel's to compare. */
export function settingsDifferences(current: EcsService, settings: ServiceSettings): Difference[] {
  return differences(comparable(current), comparable(settings), "service");
}

function comparable(service: Pick<EcsService, keyof ServiceSettings>) {
  const network = service.networkConfiguration?.awsvpcConfiguration;
  const { strategy = "ROLLING", minimumHealthyPercent, maximumPercent } = service.deploymentConfiguration ?? {};
  const { enable = false, rollback = false } = service.deploymentConfiguration?.deploymentCircuitBreaker ?? {};
  const balanced = service.loadBalancers ?? [];
  return {
    subnets: [...(network?.subnets ?? [])].sort(),
    securityGroups: [...(network?.securityGroups ?? [])].sort(),
    assignPublicIp: network?.assignPublicIp ?? "DISABLED",
    deployment: {
      strategy,
      minimumHealthyPercent: minimumHealthyPercent ?? 100,
      maximumPercent: maximumPercent ?? 200,
    },
    circuitBreaker: { enable, rollback },
    loadBalancers: balanced.map((each) => `${each.targetGroupArn} ${each.containerName}:${each.containerPort}`),
    ...(balanced.length > 0 && { healthCheckGracePeriodSeconds: service.healthCheckGracePeriodSeconds ?? 0 }),
    capacity: capacityText(service.capacityProviderStrategy),
    propagateTags: service.propagateTags ?? "NONE",
    enableECSManagedTags: service.enableECSManagedTags ?? false,
    enableExecuteCommand: service.enableExecuteCommand ?? false,
  };
}
