import type {
  ScalableTarget,
  TargetTrackingScalingPolicyConfiguration,
} from "@aws-sdk/client-application-auto-scaling";
import type { Aws } from "../../aws/clients.ts";
import { isAwsError } from "../../aws/errors.ts";
import type { Scale, Service } from "../../config/app.ts";
import type { EnvironmentDescriptor } from "../../infra/descriptor.ts";
import { type Comparable, type Difference, differences } from "../definitions/difference.ts";
import { ecsServiceName } from "../names.ts";
import type { Run } from "../run.ts";
import { isOurPolicy, type Policies, scalingPolicies } from "./scaling-policies.ts";

/** What Application Auto Scaling does to a service by now. */
export interface CurrentScaling {
  min: number;
  max: number;
  /** By name; somebody else's too. */
  policies: Policies;
}

/** What a release makes of a service's scaling. */
export interface ScalingChange {
  service: string;
  action: "create" | "update" | "delete";
  /** Undefined leaves them as they are. */
  bounds: { min: number; max: number } | undefined;
  /** To be put, by name. */
  policies: Policies;
  /** Names of those to be deleted. */
  unwanted: string[];
  differences: Difference[];
}

/** What is to be compared of a service: as it is wanted, and as the release before had it. */
export interface ScaledService {
  service: Service;
  before: Scale | undefined;
  current: CurrentScaling | undefined;
  /** The target group that its tasks are in, where it is known already. */
  targetGroup: string | undefined;
}

type ResourceId = ReturnType<typeof targetOf>["ResourceId"];

/** The scalable targets of services, by the manifest's names; those that don't scale are left out. */
export async function readScaling(
  aws: Aws,
  descriptor: EnvironmentDescriptor,
  services: readonly string[],
): Promise<Map<string, CurrentScaling>> {
  const byId = new Map<string, string>(services.map((name) => [targetOf(descriptor, name).ResourceId, name]));
  const targets: ScalableTarget[] = [];
  const ids = [...byId.keys()];
  for (let at = 0; at < ids.length; at += 50) {
    const found = await aws.applicationAutoScaling.describeScalableTargets({
      ServiceNamespace: "ecs",
      ScalableDimension: "ecs:service:DesiredCount",
      ResourceIds: ids.slice(at, at + 50),
    });
    targets.push(...(found.ScalableTargets ?? []));
  }
  const scaling = await Promise.all(
    targets.map(async ({ ResourceId = "", MinCapacity = 0, MaxCapacity = 0 }): Promise<[string, CurrentScaling]> => {
      const name = byId.get(ResourceId) ?? "";
      const policies = await readPolicies(aws, targetOf(descriptor, name).ResourceId);
      return [name, { min: MinCapacity, max: MaxCapacity, policies }];
    }),
  );
  return new Map(scaling);
}

async function readPolicies(aws: Aws, ResourceId: ResourceId): Promise<Policies> {
  const policies: Policies = {};
  const { applicationAutoScaling } = aws;
  for await (const { ScalingPolicies = [] } of applicationAutoScaling.paginateDescribeScalingPolicies({
    ServiceNamespace: "ecs",
    ResourceId,
  })) {
    for (const { PolicyName = "", TargetTrackingScalingPolicyConfiguration: tracking } of ScalingPolicies)
      policies[PolicyName] = tracking ?? ({} as TargetTrackingScalingPolicyConfiguration);
  }
  return policies;
}

/**
 * What has to change for a service to scale as the manifest says. Bounds that somebody has set by hand stay, as a count does,
 * until the manifest says others; so does scaling that isn't fardel's of a service with a fixed count.
 */
export function scalingChange(scaled: ScaledService, descriptor: EnvironmentDescriptor): ScalingChange[] {
  const { service, before, current } = scaled;
  const { min, max } = service.scale;
  if (min === max) {
    const ours = current !== undefined && Object.keys(current.policies).some(isOurPolicy);
    return ours ? [deletion(service.name, current)] : [];
  }
  const policies = scalingPolicies(service, descriptor, scaled.targetGroup);
  const asBefore = before?.min === min && before.max === max;
  const bounds = current !== undefined && asBefore ? undefined : { min, max };
  const own = Object.entries(current?.policies ?? {}).filter(([name]) => isOurPolicy(name));
  const found = differences(
    comparable(bounds === undefined ? {} : { min: current?.min, max: current?.max }, Object.fromEntries(own)),
    comparable(bounds ?? {}, policies),
    "scaling",
  );
  if (found.length === 0) return [];
  return [
    {
      service: service.name,
      action: current === undefined ? "create" : "update",
      bounds,
      policies,
      unwanted: own.flatMap(([name]) => (Object.hasOwn(policies, name) ? [] : [name])),
      differences: found,
    },
  ];
}

/** Of a service that goes, or that no longer scales. */
export function deletion(service: string, { min, max, policies }: CurrentScaling): ScalingChange {
  const found = differences(comparable({ min, max }, policies), {}, "scaling");
  return { service, action: "delete", bounds: undefined, policies: {}, unwanted: [], differences: found };
}

/** Carries a change out. The service has to be there. */
export async function changeScaling(run: Run, change: ScalingChange): Promise<void> {
  const { aws, descriptor, emit } = run;
  const { service, action, bounds, policies, unwanted } = change;
  const target = targetOf(descriptor, service);
  run.check();
  if (action === "delete") {
    await endScaling(run, service);
  } else {
    if (bounds) await setBounds(run, service, bounds);
    for (const [PolicyName, configuration] of Object.entries(policies)) {
      run.check();
      await aws.applicationAutoScaling.putScalingPolicy({
        ...target,
        PolicyName,
        PolicyType: "TargetTrackingScaling",
        TargetTrackingScalingPolicyConfiguration: configuration,
      });
    }
    for (const PolicyName of unwanted)
      await ifFound(aws.applicationAutoScaling.deleteScalingPolicy({ ...target, PolicyName }));
  }
  emit({ type: "scaling.changed", service, action, ...bounds });
}

/** A service outside the bounds is scaled into them by Application Auto Scaling. */
export async function setBounds(
  { aws, descriptor, check }: Run,
  service: string,
  { min, max }: { min: number; max: number },
): Promise<void> {
  check();
  await aws.applicationAutoScaling.registerScalableTarget({
    ...targetOf(descriptor, service),
    MinCapacity: min,
    MaxCapacity: max,
  });
}

/** "Deregistering a scalable target deletes the scaling policies that are associated with it." */
export async function endScaling({ aws, descriptor, check }: Run, service: string): Promise<void> {
  check();
  await ifFound(aws.applicationAutoScaling.deregisterScalableTarget(targetOf(descriptor, service)));
}

async function ifFound(call: Promise<unknown>): Promise<void> {
  try {
    await call;
  } catch (error) {
    if (!isAwsError(error, "ObjectNotFoundException")) throw error;
  }
}

function targetOf({ app, cluster }: EnvironmentDescriptor, service: string) {
  return {
    ServiceNamespace: "ecs",
    ResourceId: `service/${cluster}/${ecsServiceName(app, service)}`,
    ScalableDimension: "ecs:service:DesiredCount",
  } as const;
}

function comparable(bounds: { min?: number | undefined; max?: number | undefined }, policies: Policies): Comparable {
  return JSON.parse(JSON.stringify({ ...bounds, ...policies })) as Comparable;
}
