import type { DeploymentStrategy } from "@aws-sdk/client-ecs";
import type { DeploymentPlan, Lifecycle, Rollout, Stage } from "./state.ts";

const shifting: readonly Stage[] = [
  "RECONCILE_SERVICE",
  "PRE_SCALE_UP",
  "SCALE_UP",
  "POST_SCALE_UP",
  "TEST_TRAFFIC_SHIFT",
  "POST_TEST_TRAFFIC_SHIFT",
  "PRE_PRODUCTION_TRAFFIC_SHIFT",
  "PRODUCTION_TRAFFIC_SHIFT",
  "POST_PRODUCTION_TRAFFIC_SHIFT",
  "BAKE_TIME",
  "CLEAN_UP",
];

/** A rolling update does all of its work in SCALE_UP. */
const rolling: readonly Stage[] = ["PRE_SCALE_UP", "SCALE_UP", "POST_SCALE_UP", "CLEAN_UP"];

/** The stages of a deployment in their order. */
function stagesOf(strategy: DeploymentStrategy): readonly Stage[] {
  return strategy === "ROLLING" ? rolling : shifting;
}

/** The first stage of a deployment that takes the place of `sources`; undefined for one that goes without stages. */
export function beginLifecycle(plan: DeploymentPlan, sources: string[], now: number): Lifecycle | undefined {
  if (plan.strategy === "ROLLING" && plan.hooks.length === 0) return undefined;
  // "Only happens when you start a new service deployment with more than 1 service revision in an ACTIVE state."
  const reconciles = plan.strategy !== "ROLLING" && sources.length > 1;
  return { stage: reconciles ? "RECONCILE_SERVICE" : "PRE_SCALE_UP", since: now, step: 0, hooks: [] };
}

/** "For linear and canary deployments, this stage is invoked before every traffic shift step" (PRE_PRODUCTION_TRAFFIC_SHIFT). */
export function nextStage(plan: DeploymentPlan, { stage, step }: Lifecycle): Pick<Lifecycle, "stage" | "step"> {
  if (stage === "PRODUCTION_TRAFFIC_SHIFT" && step + 1 < plan.steps.length) {
    return { stage: "PRE_PRODUCTION_TRAFFIC_SHIFT", step: step + 1 };
  }
  const stages = stagesOf(plan.strategy);
  return { stage: stages[stages.indexOf(stage) + 1] ?? "CLEAN_UP", step };
}

/** A deployment that ends, or turns back, waits for nobody any more. */
export function closeHooks(rollout: Rollout): Rollout {
  const { lifecycle } = rollout;
  if (!lifecycle) return rollout;
  const hooks = lifecycle.hooks.map((hook) =>
    hook.status === "AWAITING_ACTION" ? { ...hook, status: "FAILED" as const } : hook,
  );
  return { ...rollout, lifecycle: { ...lifecycle, hooks } };
}
