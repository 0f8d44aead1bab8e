import type { ServiceDeployment } from "@aws-sdk/client-ecs";
import type { RolloutProgress } from "./rollout-progress.ts";

/** Stages in which no request depends on the new revision yet. */
const beforeTraffic = new Set(["PRE_SCALE_UP", "SCALE_UP", "POST_SCALE_UP"]);

/**
 * Whether a deployment has failed often enough to be given up, by the rule of ECS's circuit breaker: half of the tasks asked for, and
 * at least 3 and at most 200. ECS has that one for rolling updates only, and would start tasks of the other strategies
 * anew for the 24 hours that a stage may last.
 */
export function isHopeless(progress: RolloutProgress | undefined, deployment: ServiceDeployment): boolean {
  const { strategy = "ROLLING" } = deployment.deploymentConfiguration ?? {};
  if (strategy === "ROLLING" || progress === undefined || !beforeTraffic.has(deployment.lifecycleStage ?? ""))
    return false;
  return progress.failed >= Math.min(200, Math.max(3, Math.ceil(progress.desired / 2)));
}
