import type { Service as EcsService } from "@aws-sdk/client-ecs";
import type { Aws } from "../aws/clients.ts";

/** A rollout under way, as ECS tells it. */
export interface RolloutStage {
  /** ARN of the service deployment. */
  deployment: string;
  /** Such as `IN_PROGRESS` or `ROLLBACK_IN_PROGRESS`. */
  status: string;
  /** Of strategies that have stages, such as `BAKE_TIME`. */
  stage: string | undefined;
  started: Date | undefined;
  /** Where it waits for somebody to say that it may go on. */
  gates: Gate[];
}

export interface Gate {
  hookId: string;
  /** When ECS decides by itself, and what. */
  expires: Date | undefined;
  onExpiry: "CONTINUE" | "ROLLBACK" | undefined;
}

/** Undefined for a service whose deployments have all come to their ends. */
export async function rolloutStage(aws: Aws, service: EcsService): Promise<RolloutStage | undefined> {
  // A description of the service may leave this out: only one whose deployment isn't completed is worth the question.
  const settled = (service.deployments ?? []).every(({ rolloutState = "COMPLETED" }) => rolloutState === "COMPLETED");
  const deployment = service.currentServiceDeployment ?? (settled ? undefined : await newest(aws, service));
  if (deployment === undefined) return undefined;
  const { serviceDeployments: [found] = [] } = await aws.ecs.describeServiceDeployments({
    serviceDeploymentArns: [deployment],
  });
  if (found === undefined || found.finishedAt !== undefined) return undefined;
  const { status = "IN_PROGRESS", lifecycleStage: stage, startedAt: started, lifecycleHookDetails = [] } = found;
  const waiting = lifecycleHookDetails.filter((hook) => hook.status === "AWAITING_ACTION");
  const gates = waiting.map(({ hookId = "", expiresAt: expires, timeoutAction: onExpiry }) => ({
    hookId,
    expires,
    onExpiry,
  }));
  return { deployment, status, stage, started, gates };
}

async function newest(aws: Aws, { clusterArn, serviceArn = "" }: EcsService): Promise<string | undefined> {
  const { serviceDeployments: [brief] = [] } = await aws.ecs.listServiceDeployments({
    ...(clusterArn !== undefined && { cluster: clusterArn }),
    service: serviceArn,
  });
  return brief?.serviceDeploymentArn;
}
