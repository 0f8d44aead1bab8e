import type { Deployment, Service as EcsService, Task } from "@aws-sdk/client-ecs";
import type { CurrentService, CurrentState } from "../release/current.ts";
import { lastPart, shortTaskId } from "../release/names.ts";
import type { Surroundings } from "../release/request.ts";
import { privateAddresses, tasksOfService } from "../release/tasks/tasks.ts";
import { type RolloutStage, rolloutStage } from "./rollout-stage.ts";
import { type StaleSecret, staleSecrets, type WhenChanged } from "./stale-secrets.ts";
import { ruleWeights, type TargetStatus, targetsOf, weightOf } from "./traffic.ts";

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
  /** Where its new revision answers while the rollout waits; undefined unless it waits, and where nothing is routed there. */
  testUrl: string | undefined;
  /** Its revisions, the newest first; more than one while one takes over from another. */
  deployments: DeploymentStatus[];
  /** The rollout under way. */
  rollout: RolloutStage | undefined;
  /** Those that haven't stopped yet. */
  tasks: TaskStatus[];
  targets: TargetStatus[];
  /** Secrets that tasks hold an old value of: `fardel redeploy` or a release gives them the new one. */
  staleSecrets: StaleSecret[];
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
  /** Its share of the requests, per cent; undefined where the listener's rule doesn't divide them. */
  weight: number | undefined;
}

export interface TaskStatus {
  /** Last eight characters of its ARN. */
  id: string;
  /** `family:revision` */
  taskDefinition: string;
  zone: string;
  /** Such as `RUNNING` or `DEACTIVATING`. */
  status: string;
  started: Date | undefined;
  /** Of its container health checks; undefined where there is none. */
  health: "HEALTHY" | "UNHEALTHY" | undefined;
  /** What the load balancer says of it; undefined where it isn't a target. */
  target: string | undefined;
  spot: boolean;
}

export interface Look extends Surroundings {
  current: CurrentState;
  url: string | undefined;
  /** Where a new revision of it answers before it has production traffic. */
  testUrl: string | undefined;
  changedAt: WhenChanged;
}

/** How one service of the environment is. */
export async function serviceStatus(look: Look, name: string): Promise<ServiceStatus> {
  const { aws, current, url } = look;
  const found = current.services.get(name);
  const released = current.serving?.services[name];
  if (found === undefined) return { ...missing, name, taskDefinition: lastPart(released?.taskDefinition), url };
  const { ecs, definition } = found;
  const arn = definition?.taskDefinitionArn;
  const [tasks, targets, weights, rollout] = await Promise.all([
    tasksOfService(look, ecs.serviceName ?? ""),
    targetsOf(aws, ecs),
    ruleWeights(aws, current.rules.own.get(name)?.arn),
    rolloutStage(aws, ecs),
  ]);
  return {
    name,
    release: released?.taskDefinition === arn ? current.serving?.number : undefined,
    image: definition?.containerDefinitions?.find((container) => container.name === name)?.image,
    taskDefinition: lastPart(arn),
    status: ecs.status === "DRAINING" ? "DRAINING" : "ACTIVE",
    desired: ecs.desiredCount ?? 0,
    running: ecs.runningCount ?? 0,
    pending: ecs.pendingCount ?? 0,
    healthy: (ecs.loadBalancers ?? []).length > 0 ? healthyOf(targets) : undefined,
    url,
    testUrl: rollout !== undefined && rollout.gates.length > 0 && hasTestRule(ecs) ? look.testUrl : undefined,
    deployments: (ecs.deployments ?? []).map((each) => deploymentStatus(each, weightOf(each, weights, targets, tasks))),
    rollout,
    tasks: tasks.map((task) => taskStatus(task, targets)).sort((a, b) => (a.zone < b.zone ? -1 : 1)),
    targets,
    staleSecrets: await staleSecretsOf(found, tasks, look.changedAt),
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
  testUrl: undefined,
  deployments: [],
  rollout: undefined,
  tasks: [],
  targets: [],
  staleSecrets: [],
  events: [],
};

/** A rolling update has none, and nothing that could be tried: of the new revision no task runs yet. */
function hasTestRule({ loadBalancers = [], deploymentConfiguration }: EcsService): boolean {
  if ((deploymentConfiguration?.strategy ?? "ROLLING") === "ROLLING") return false;
  return loadBalancers.some(({ advancedConfiguration }) => advancedConfiguration?.testListenerRule !== undefined);
}

/** An address is registered with one of two target groups, or, while traffic is shifted back, with both. */
function healthyOf(targets: readonly TargetStatus[]): number {
  return new Set(targets.filter(({ state }) => state === "healthy").map(({ address }) => address)).size;
}

function deploymentStatus(deployment: Deployment, weight: number | undefined): DeploymentStatus {
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
    weight,
  };
}

function taskStatus(task: Task, targets: readonly TargetStatus[]): TaskStatus {
  const { taskArn = "", taskDefinitionArn, availabilityZone, lastStatus, startedAt, healthStatus } = task;
  const addresses = privateAddresses(task);
  return {
    id: shortTaskId(taskArn),
    taskDefinition: lastPart(taskDefinitionArn),
    zone: availabilityZone ?? "",
    status: lastStatus ?? "",
    started: startedAt,
    health: healthStatus === "HEALTHY" || healthStatus === "UNHEALTHY" ? healthStatus : undefined,
    target: targets.find(({ address }) => addresses.some((ip) => address.startsWith(`${ip}:`)))?.state,
    spot: task.capacityProviderName === "FARGATE_SPOT",
  };
}

/** Old revisions are on their way out, so only the tasks of the definition that stays are looked at. */
function staleSecretsOf({ definition }: CurrentService, tasks: readonly Task[], changedAt: WhenChanged) {
  const arn = definition?.taskDefinitionArn;
  return staleSecrets(
    definition,
    tasks.filter(({ taskDefinitionArn }) => taskDefinitionArn === arn),
    changedAt,
  );
}
