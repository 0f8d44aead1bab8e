import type { Deployment, Service as EcsService } from "@aws-sdk/client-ecs";
import type { ReleaseEvent } from "./events.ts";
import type { Run } from "./run.ts";
import type { StartedRollout } from "./services.ts";
import { privateAddresses, tasksStartedBy } from "./tasks.ts";

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
}

export const nothingSeen: RolloutSight = {
  addresses: new Set(),
  seen: "",
  targetReason: undefined,
  progress: undefined,
};

/** Counts the tasks of a rollout, and the healthy ones among the new. */
export async function lookAtRollout(
  run: Run,
  rollout: StartedRollout,
  service: EcsService,
  before: RolloutSight,
): Promise<RolloutSight> {
  const deployments = service.deployments ?? [];
  const ours = deployments.find(({ id }) => id === rollout.deployment);
  const seen = JSON.stringify([ours?.runningCount, ours?.pendingCount, ours?.failedTasks]);
  const fresh = seen !== before.seen && rollout.targetGroup !== undefined;
  const addresses = fresh ? await addressesOf(run, rollout) : before.addresses;
  const { healthy, reason } = await targetsAt(run, rollout.targetGroup, addresses);
  return {
    addresses,
    seen,
    targetReason: reason ?? before.targetReason,
    progress: progressOf(rollout, service, ours, healthy),
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
    healthy: targetGroup === undefined ? running : Math.min(healthy, running),
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

async function targetsAt(
  { aws }: Run,
  TargetGroupArn: string | undefined,
  addresses: ReadonlySet<string>,
): Promise<{ healthy: number; reason: string | undefined }> {
  if (TargetGroupArn === undefined || addresses.size === 0) return { healthy: 0, reason: undefined };
  const { TargetHealthDescriptions = [] } = await aws.elbv2.describeTargetHealth({ TargetGroupArn });
  const ours = TargetHealthDescriptions.filter(({ Target }) => addresses.has(Target?.Id ?? ""));
  const states = ours.map(({ TargetHealth }) => TargetHealth);
  const unhealthy = states.find((health) => health?.State === "unhealthy");
  return {
    healthy: states.filter((health) => health?.State === "healthy").length,
    reason: unhealthy?.Description ?? unhealthy?.Reason,
  };
}
