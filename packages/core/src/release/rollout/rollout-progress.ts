import type { Deployment, Service as EcsService, ServiceDeployment } from "@aws-sdk/client-ecs";
import type { ReleaseEvent } from "../events.ts";
import type { Run } from "../run.ts";
import { privateAddresses, tasksStartedBy } from "../tasks/tasks.ts";
import type { StartedRollout } from "./services.ts";

export type RolloutProgress = Omit<Extract<ReleaseEvent, { type: "rollout.progress" }>, "type">;

/** What a look at a rollout keeps for the next one, and for the diagnosis. */
export interface RolloutSight {
  /** Private addresses of the new tasks. */
  addresses: ReadonlySet<string>;
  /** The counts the addresses are of. */
  seen: string;
  /** Why the load balancer doesn't take a new task, as it last said. */
  targetReason: string | undefined;
  progress: RolloutProgress | undefined;
  /** When the bake time was first seen to run, in milliseconds since 1970. */
  bakingSince: number | undefined;
}

export const nothingSeen: RolloutSight = {
  addresses: new Set(),
  seen: "",
  targetReason: undefined,
  progress: undefined,
  bakingSince: undefined,
};

/** Counts the tasks of a rollout, and the healthy ones among the new. */
export async function lookAtRollout(
  run: Run,
  rollout: StartedRollout,
  service: EcsService,
  before: RolloutSight,
  serviceDeployment?: ServiceDeployment,
): Promise<RolloutSight> {
  const deployments = service.deployments ?? [];
  const ours = deployments.find(({ id }) => id === rollout.deployment);
  const seen = JSON.stringify([ours?.runningCount, ours?.pendingCount, ours?.failedTasks]);
  const fresh = seen !== before.seen && rollout.targetGroup !== undefined;
  const addresses = fresh ? await addressesOf(run, rollout) : before.addresses;
  const groups = [rollout.targetGroup, rollout.alternateTargetGroup];
  const { healthy, reason } = await targetsAt(
    run,
    groups.filter((each) => each !== undefined),
    addresses,
  );
  const bakes = serviceDeployment?.lifecycleStage === "BAKE_TIME";
  const bakingSince = bakes ? (before.bakingSince ?? run.time.now()) : undefined;
  return {
    addresses,
    seen,
    targetReason: reason ?? before.targetReason,
    progress: {
      ...progressOf(rollout, service, ours, healthy),
      ...stageOf(serviceDeployment, bakingSince),
    },
    bakingSince,
  };
}

function progressOf(
  { service: name, targetGroup, startedAt }: StartedRollout,
  service: EcsService,
  ours: Deployment | undefined,
  healthy: number,
): RolloutProgress {
  const others = (service.deployments ?? []).filter((each) => each !== ours);
  const message = troubleSince(service, startedAt);
  const running = ours?.runningCount ?? 0;
  return {
    service: name,
    desired: service.desiredCount ?? 0,
    running,
    ...(targetGroup !== undefined && { healthy: Math.min(healthy, running) }),
    pending: ours?.pendingCount ?? 0,
    failed: ours?.failedTasks ?? 0,
    oldRunning: others.reduce((sum, { runningCount = 0 }) => sum + runningCount, 0),
    ...(message !== undefined && { message }),
  };
}

/** The newest thing that ECS has to complain about. */
function troubleSince({ events = [], serviceName }: EcsService, since: number): string | undefined {
  const trouble = events.find(
    ({ createdAt, message = "" }) => (createdAt?.getTime() ?? 0) >= since && tellsTrouble(message),
  );
  return trouble?.message?.replace(`(service ${serviceName}) `, "");
}

/** Whether an event of a service complains. */
export function tellsTrouble(message: string): boolean {
  return /\bunhealthy\b|\bunable\b|\bfailed\b|rolling back/.test(message);
}

async function addressesOf(run: Run, { deployment }: StartedRollout): Promise<Set<string>> {
  return new Set((await tasksStartedBy(run, deployment)).flatMap(privateAddresses));
}

/** How far a rollout is that goes through stages. */
function stageOf(
  deployment: ServiceDeployment | undefined,
  bakingSince: number | undefined,
): Pick<RolloutProgress, "stage" | "productionPercent" | "bakesUntil"> {
  const { lifecycleStage: stage, targetServiceRevision, deploymentConfiguration } = deployment ?? {};
  if (stage === undefined) return {};
  const productionPercent = targetServiceRevision?.requestedProductionTrafficWeight;
  const bake = (deploymentConfiguration?.bakeTimeInMinutes ?? 0) * 60_000;
  return {
    stage,
    ...(productionPercent !== undefined && { productionPercent }),
    ...(bakingSince !== undefined && bake > 0 && { bakesUntil: new Date(bakingSince + bake).toISOString() }),
  };
}

/** In either target group: which of the two a revision gets is for ECS to say. `reason`: why one of them isn't healthy. */
export async function targetsAt(
  { aws }: Run,
  groups: readonly string[],
  addresses: ReadonlySet<string>,
): Promise<{ healthy: number; reason: string | undefined }> {
  if (groups.length === 0 || addresses.size === 0) return { healthy: 0, reason: undefined };
  const answers = await Promise.all(groups.map((TargetGroupArn) => aws.elbv2.describeTargetHealth({ TargetGroupArn })));
  const ours = answers
    .flatMap(({ TargetHealthDescriptions = [] }) => TargetHealthDescriptions)
    .filter(({ Target }) => addresses.has(Target?.Id ?? ""));
  const states = ours.map(({ TargetHealth }) => TargetHealth);
  const unhealthy = states.find((health) => health?.State === "unhealthy");
  return {
    healthy: states.filter((health) => health?.State === "healthy").length,
    reason: unhealthy?.Description ?? unhealthy?.Reason,
  };
}
