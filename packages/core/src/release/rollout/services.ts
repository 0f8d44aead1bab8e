import { randomUUID } from "node:crypto";
import type {
  CreateServiceRequest,
  Deployment,
  Service as EcsService,
  ServiceDeploymentBrief,
  UpdateServiceRequest,
} from "@aws-sdk/client-ecs";
import { isAwsError } from "../../aws/errors.ts";
import type { ServiceChange } from "../changes.ts";
import { describeEcsServices } from "../current.ts";
import { ecsServiceName, ecsTags } from "../names.ts";
import { withNewRole } from "../new-role.ts";
import type { Run } from "../run.ts";
import { sleep } from "../time.ts";
import type { Gate } from "./gates.ts";
import { capacityText, type ServiceSettings } from "./service-settings.ts";

/** A deployment that ECS has been asked for, and what tells it from those before. */
export interface StartedRollout {
  service: string;
  ecsName: string;
  /** ARN of the service. */
  arn: string;
  /** Whether the service is new, so that there is nothing to go back to. */
  created: boolean;
  /** Whether it brings back what a failed release had replaced. */
  returns: boolean;
  /** ARN of the task definition it brings. */
  taskDefinition: string;
  /** Id of ECS's deployment: `ecs-svc/…`; also what its tasks were started by. Empty for one that ECS has refused. */
  deployment: string;
  /** Service deployments that were there before. */
  known: ReadonlySet<string>;
  /** False when only the number of tasks changes, which is no deployment. */
  deploys: boolean;
  /** How many tasks were asked for; undefined where their number is somebody else's. */
  desiredCount?: number;
  targetGroup: string | undefined;
  /** The other one, of a service whose traffic ECS shifts. */
  alternateTargetGroup?: string;
  /** Where it waits before production traffic. */
  gate?: Gate;
  startedAt: number;
}

/** Creates or updates the ECS service, and tells how to follow what ECS then does. */
export async function startRollout(
  run: Run,
  change: Pick<ServiceChange, "name" | "action" | "settings" | "desiredCount" | "current" | "force">,
  taskDefinition: string,
  release: number,
): Promise<StartedRollout> {
  const { descriptor, time } = run;
  const { name, action, settings, current } = change;
  const ecsName = ecsServiceName(descriptor.app, name);
  const known = await knownDeployments(run, ecsName);
  const startedAt = time.now();
  run.check();
  const before = primaryOf(current?.ecs);
  const { capacityProviderStrategy, ...rest } = settings;
  const moves = capacityText(capacityProviderStrategy) !== capacityText(current?.ecs.capacityProviderStrategy);
  const ecs =
    action === "create"
      ? await create(run, ecsName, {
          ...rest,
          ...(capacityProviderStrategy.length > 0 ? { capacityProviderStrategy } : { launchType: "FARGATE" }),
          taskDefinition,
          desiredCount: change.desiredCount,
          tags: tagsOf(run, name, release),
        })
      : await update(run, ecsName, {
          ...rest,
          // "Update the … Fargate capacity provider back to the launch type. Pass an empty list".
          ...(moves && { capacityProviderStrategy }),
          taskDefinition,
          desiredCount: change.desiredCount,
          // A deployment that ECS has given up starts anew only when it is told to, and another capacity "doesn't trigger a new
          // service deployment".
          forceNewDeployment:
            change.force === true ||
            moves ||
            (before?.rolloutState === "FAILED" && before.taskDefinition === taskDefinition),
        });
  return followed(run, ecs, settings, {
    service: name,
    created: action === "create",
    taskDefinition,
    known,
    startedAt,
    before,
    ...(change.desiredCount !== undefined && { desiredCount: change.desiredCount }),
  });
}

/**
 * Rolls out anew what a service runs, with other load balancers and settings of the deployment; nothing else of it changes.
 *
 * @param taskDefinition the one that it runs.
 */
export async function startPreparation(
  run: Run,
  { name, current }: Pick<ServiceChange, "name" | "current">,
  taskDefinition: string,
  settings: Pick<ServiceSettings, "deploymentConfiguration" | "loadBalancers">,
): Promise<StartedRollout> {
  const ecsName = ecsServiceName(run.descriptor.app, name);
  const known = await knownDeployments(run, ecsName);
  const startedAt = run.time.now();
  run.check();
  const ecs = await update(run, ecsName, { ...settings, taskDefinition, forceNewDeployment: true });
  const before = primaryOf(current?.ecs);
  return followed(run, ecs, settings, { service: name, created: false, taskDefinition, known, startedAt, before });
}

interface Asked
  extends Pick<StartedRollout, "service" | "created" | "taskDefinition" | "known" | "startedAt" | "desiredCount"> {
  /** What was PRIMARY before. */
  before: Deployment | undefined;
}

function followed(
  { descriptor }: Run,
  ecs: EcsService,
  { loadBalancers: [balancer] }: Pick<ServiceSettings, "loadBalancers">,
  { before, ...asked }: Asked,
): StartedRollout {
  const primary = primaryOf(ecs);
  const continues = primary?.id === before?.id;
  const alternateTargetGroup = balancer?.advancedConfiguration?.alternateTargetGroupArn;
  return {
    ...asked,
    ecsName: ecsServiceName(descriptor.app, asked.service),
    arn: ecs.serviceArn ?? "",
    returns: false,
    deployment: primary?.id ?? "",
    known: continues ? new Set() : asked.known,
    deploys: !continues || primary?.rolloutState === "IN_PROGRESS",
    targetGroup: balancer?.targetGroupArn,
    ...(alternateTargetGroup !== undefined && { alternateTargetGroup }),
  };
}

async function knownDeployments(run: Run, ecsName: string): Promise<Set<string>> {
  const listed = await serviceDeployments(run, ecsName);
  return new Set(listed.map(({ serviceDeploymentArn = "" }) => serviceDeploymentArn));
}

/** Says on the services which release they serve, once they do. */
export async function tagServices(
  run: Run,
  services: readonly { name: string; arn: string }[],
  release: number,
): Promise<void> {
  run.check();
  await Promise.all(
    services.map(({ name, arn }) => run.aws.ecs.tagResource({ resourceArn: arn, tags: tagsOf(run, name, release) })),
  );
}

function tagsOf({ descriptor }: Run, workload: string, release: number) {
  return ecsTags({ app: descriptor.app, environment: descriptor.environment, workload, release });
}

/** Newest first; none for a service that never was. */
export async function serviceDeployments(
  { aws, descriptor }: Pick<Run, "aws" | "descriptor">,
  service: string,
): Promise<ServiceDeploymentBrief[]> {
  try {
    const { serviceDeployments = [] } = await aws.ecs.listServiceDeployments({ cluster: descriptor.cluster, service });
    return serviceDeployments;
  } catch (error) {
    if (isAwsError(error, "ServiceNotFoundException")) return [];
    throw error;
  }
}

/** Deletes a service and its tasks, and waits until they are gone. */
export async function removeService(run: Run, name: string): Promise<void> {
  const { aws, descriptor } = run;
  const service = ecsServiceName(descriptor.app, name);
  run.check();
  try {
    await aws.ecs.deleteService({ cluster: descriptor.cluster, service, force: true });
  } catch (error) {
    // Gone, or on its way.
    const gone = ["ServiceNotFoundException", "ServiceNotActiveException"].some((each) => isAwsError(error, each));
    if (!gone) throw error;
  }
  await untilGone(run, service);
  run.emit({ type: "service.removed", service: name });
}

async function create(
  run: Run,
  serviceName: string,
  request: Omit<CreateServiceRequest, "serviceName">,
): Promise<EcsService> {
  const { cluster } = run.descriptor;
  // "Unable to Start a service that is still Draining."
  await untilGone(run, serviceName, ["DRAINING"]);
  // Sent again because its answer was lost, it is the same creation for ECS; RunTask has its token from the SDK.
  const clientToken = randomUUID();
  const { service } = await withNewRole(run, () =>
    run.aws.ecs.createService({ cluster, serviceName, clientToken, ...request }),
  );
  return service ?? {};
}

async function update(run: Run, service: string, request: Omit<UpdateServiceRequest, "service">): Promise<EcsService> {
  const { cluster } = run.descriptor;
  const answer = await withNewRole(run, () => run.aws.ecs.updateService({ cluster, service, ...request }));
  return answer.service ?? {};
}

const pollMs = { first: 200, last: 2000 };

async function untilGone(
  { aws, descriptor, time, signal }: Run,
  name: string,
  statuses: readonly string[] = ["ACTIVE", "DRAINING"],
): Promise<void> {
  for (let delay = pollMs.first; ; delay = Math.min(delay * 1.3, pollMs.last)) {
    const [service] = await describeEcsServices(aws, descriptor.cluster, [name]);
    if (!statuses.includes(service?.status ?? "INACTIVE")) return;
    await sleep(time, delay, signal);
  }
}

export function primaryOf(service: EcsService | undefined): Deployment | undefined {
  return service?.deployments?.find(({ status }) => status === "PRIMARY");
}
