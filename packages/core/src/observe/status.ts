import type { Deployment } from "@aws-sdk/client-ecs";
import type { Aws } from "../aws/clients.ts";
import { loadBalancerUrl } from "../infra/load-balancer-url.ts";
import { serviceAddresses } from "../release/addresses.ts";
import { type CurrentState, readCurrentState } from "../release/current.ts";
import { type LockHolder, lockHolder } from "../release/lock.ts";
import { lastPart } from "../release/names.ts";
import type { Surroundings } from "../release/request.ts";
import { stateBucket } from "../release/state-bucket.ts";
import { systemTime } from "../release/time.ts";

export interface EnvironmentStatus {
  app: string;
  environment: string;
  cluster: string;
  /** Where the load balancer answers. */
  url: string | undefined;
  /** The newest release that succeeded. */
  serving: { number: number; finished: string | undefined; commit: string | undefined; actor: string } | undefined;
  /** Who is releasing right now. */
  lock: LockHolder | undefined;
  services: ServiceStatus[];
}

export interface ServiceStatus {
  name: string;
  /** The release whose task definition it runs; undefined when somebody else has changed it. */
  release: number | undefined;
  /** By digest, as in the task definition. */
  image: string | undefined;
  /** `family:revision` */
  taskDefinition: string;
  status: "ACTIVE" | "DRAINING" | "MISSING";
  desired: number;
  running: number;
  pending: number;
  /** Tasks whose target is healthy; undefined for a service without a route. */
  healthy: number | undefined;
  /** Address of the service; undefined without a route. */
  url: string | undefined;
  deployments: DeploymentStatus[];
  targets: { address: string; state: string; reason: string | undefined }[];
  /** Newest first, at most ten. */
  events: { at: Date; message: string }[];
}

export interface DeploymentStatus {
  id: string;
  status: string;
  taskDefinition: string;
  desired: number;
  running: number;
  pending: number;
  failed: number;
  rolloutState: string;
  rolloutReason: string;
}

/** How an app's services in an environment are: those of the release that serves, and those that releases have begun. */
export async function environmentStatus({
  aws,
  descriptor,
  time = systemTime,
}: Surroundings): Promise<EnvironmentStatus> {
  const bucket = stateBucket(aws, descriptor.stateBucket);
  const [current, lock, url] = await Promise.all([
    readCurrentState(aws, descriptor, bucket, []),
    lockHolder(bucket, descriptor, time),
    loadBalancerUrl(aws, descriptor),
  ]);
  const { serving, newest } = current;
  const configured = newest?.configuration.services ?? serving?.configuration.services ?? {};
  const addresses = serviceAddresses(configured, url);
  const names = [...new Set([...Object.keys(serving?.services ?? {}), ...current.services.keys()])];
  return {
    app: descriptor.app,
    environment: descriptor.environment,
    cluster: descriptor.cluster,
    url,
    serving: serving && {
      number: serving.number,
      finished: serving.finished,
      commit: serving.commit,
      actor: serving.actor,
    },
    lock,
    services: await Promise.all(
      names.map((name) => serviceStatus(aws, name, current, addresses[name]?.url, descriptor.targetGroups[name])),
    ),
  };
}

async function serviceStatus(
  aws: Aws,
  name: string,
  { services, serving }: CurrentState,
  url: string | undefined,
  targetGroup: string | undefined,
): Promise<ServiceStatus> {
  const found = services.get(name);
  const released = serving?.services[name];
  if (found === undefined) return { ...missing, name, taskDefinition: lastPart(released?.taskDefinition), url };
  const { ecs, definition } = found;
  const arn = definition?.taskDefinitionArn;
  const balanced = (ecs.loadBalancers ?? []).length > 0;
  const targets = balanced && targetGroup !== undefined ? await targetStatus(aws, targetGroup) : [];
  return {
    name,
    release: released?.taskDefinition === arn ? serving?.number : undefined,
    image: definition?.containerDefinitions?.find((container) => container.name === name)?.image,
    taskDefinition: lastPart(arn),
    status: ecs.status === "DRAINING" ? "DRAINING" : "ACTIVE",
    desired: ecs.desiredCount ?? 0,
    running: ecs.runningCount ?? 0,
    pending: ecs.pendingCount ?? 0,
    healthy: balanced ? targets.filter(({ state }) => state === "healthy").length : undefined,
    url,
    deployments: (ecs.deployments ?? []).map(deploymentStatus),
    targets,
    events: (ecs.events ?? [])
      .slice(0, shownEvents)
      .map(({ createdAt = new Date(0), message = "" }) => ({ at: createdAt, message })),
  };
}

const shownEvents = 10;

/** What is left to say of a service that somebody has deleted. */
const missing: Omit<ServiceStatus, "name" | "taskDefinition" | "url"> = {
  release: undefined,
  image: undefined,
  status: "MISSING",
  desired: 0,
  running: 0,
  pending: 0,
  healthy: undefined,
  deployments: [],
  targets: [],
  events: [],
};

function deploymentStatus(deployment: Deployment): DeploymentStatus {
  const { id = "", status = "", taskDefinition, desiredCount = 0, runningCount = 0, pendingCount = 0 } = deployment;
  return {
    id,
    status,
    taskDefinition: lastPart(taskDefinition),
    desired: desiredCount,
    running: runningCount,
    pending: pendingCount,
    failed: deployment.failedTasks ?? 0,
    rolloutState: deployment.rolloutState ?? "",
    rolloutReason: deployment.rolloutStateReason ?? "",
  };
}

async function targetStatus(aws: Aws, TargetGroupArn: string): Promise<ServiceStatus["targets"]> {
  const { TargetHealthDescriptions = [] } = await aws.elbv2.describeTargetHealth({ TargetGroupArn });
  return TargetHealthDescriptions.map(({ Target, TargetHealth }) => ({
    address: `${Target?.Id}:${Target?.Port}`,
    state: TargetHealth?.State ?? "",
    reason: TargetHealth?.Description ?? TargetHealth?.Reason,
  }));
}
