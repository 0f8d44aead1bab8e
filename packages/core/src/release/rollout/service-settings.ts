import type {
  CapacityProviderStrategyItem,
  CreateServiceRequest,
  Service as EcsService,
  LoadBalancer,
} from "@aws-sdk/client-ecs";
import type { Scale, Service } from "../../config/app.ts";
import type { EnvironmentDescriptor } from "../../infra/descriptor.ts";
import { type Difference, differences } from "../definitions/difference.ts";
import { spotStrategy } from "./capacity.ts";
import { comparableConfiguration, deploymentConfiguration } from "./deployment-settings.ts";

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

/** What there is already of a service whose traffic ECS shifts. */
export interface Shifting {
  /** The ECS service; undefined for a new one. */
  ecs: EcsService | undefined;
  /** ARN of its rule on the production listener; undefined until it is made. */
  rule: string | undefined;
}

const nothingThere: Shifting = { ecs: undefined, rule: undefined };

export function serviceSettings(
  service: Service,
  descriptor: EnvironmentDescriptor,
  there: Shifting = nothingThere,
): ServiceSettings {
  const { subnets, securityGroups, assignPublicIp } = descriptor.network;
  return {
    networkConfiguration: {
      awsvpcConfiguration: { subnets, securityGroups, assignPublicIp: assignPublicIp ? "ENABLED" : "DISABLED" },
    },
    deploymentConfiguration: deploymentConfiguration(service.rollout),
    loadBalancers: loadBalancersOf(service, descriptor, there),
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

function loadBalancersOf(service: Service, descriptor: EnvironmentDescriptor, there: Shifting): LoadBalancer[] {
  const { name, route } = service;
  const targetGroupArn = descriptor.targetGroups[name];
  if (!route || targetGroupArn === undefined) return [];
  const alternateTargetGroupArn = alternateOf(service, descriptor, there.ecs);
  return [
    {
      targetGroupArn,
      containerName: name,
      containerPort: route.port,
      ...(alternateTargetGroupArn !== undefined && {
        advancedConfiguration: {
          alternateTargetGroupArn,
          productionListenerRule: there.rule,
          testListenerRule: there.ecs?.loadBalancers?.[0]?.advancedConfiguration?.testListenerRule,
          roleArn: descriptor.roles.infrastructure,
        },
      }),
    },
  ];
}

/**
 * The second target group of a service whose traffic ECS shifts. Back to rolling it keeps it, since its tasks may be in either: ECS
 * then puts the new ones where the old ones are.
 */
export function alternateOf(
  { name, route, rollout }: Service,
  descriptor: EnvironmentDescriptor,
  ecs: EcsService | undefined,
): string | undefined {
  const shifts = rollout.strategy !== "rolling" || ecs?.loadBalancers?.[0]?.advancedConfiguration !== undefined;
  return route && shifts ? descriptor.alternateTargetGroups[name] : undefined;
}

/**
 * A service's load balancers as they were, with the second target group that it has been given since: its tasks may be in either,
 * and where its rule sends nothing to the first, going back to that one alone would leave it without traffic.
 *
 * @param now as the service has them by now.
 */
export function withSecondTargetGroup(former: readonly LoadBalancer[], now: readonly LoadBalancer[]): LoadBalancer[] {
  return former.map((balancer) => {
    const since = now.find(({ targetGroupArn }) => targetGroupArn === balancer.targetGroupArn);
    const advancedConfiguration = balancer.advancedConfiguration ?? since?.advancedConfiguration;
    return { ...balancer, ...(advancedConfiguration && { advancedConfiguration }) };
  });
}

/** The same settings with the rules that have been made since. */
export function withRules(settings: ServiceSettings, production: string, test: string | undefined): ServiceSettings {
  return {
    ...settings,
    loadBalancers: settings.loadBalancers.map(({ advancedConfiguration, ...rest }) => ({
      ...rest,
      ...(advancedConfiguration && {
        advancedConfiguration: {
          ...advancedConfiguration,
          productionListenerRule: production,
          testListenerRule: test,
        },
      }),
    })),
  };
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
  const { enable = false, rollback = false } = service.deploymentConfiguration?.deploymentCircuitBreaker ?? {};
  const balanced = service.loadBalancers ?? [];
  return {
    subnets: [...(network?.subnets ?? [])].sort(),
    securityGroups: [...(network?.securityGroups ?? [])].sort(),
    assignPublicIp: network?.assignPublicIp ?? "DISABLED",
    deployment: comparableConfiguration(service.deploymentConfiguration),
    circuitBreaker: { enable, rollback },
    loadBalancers: balanced.map((each) => `${each.targetGroupArn} ${each.containerName}:${each.containerPort}`),
    // The test rule is made when it is needed; it has no part in what serves.
    shifting: balanced.flatMap(({ advancedConfiguration: shift }) =>
      shift ? `${shift.alternateTargetGroupArn} ${shift.productionListenerRule} ${shift.roleArn}` : [],
    ),
    ...(balanced.length > 0 && { healthCheckGracePeriodSeconds: service.healthCheckGracePeriodSeconds ?? 0 }),
    capacity: capacityText(service.capacityProviderStrategy),
    propagateTags: service.propagateTags ?? "NONE",
    enableECSManagedTags: service.enableECSManagedTags ?? false,
    enableExecuteCommand: service.enableExecuteCommand ?? false,
  };
}
