import { createHash } from "node:crypto";
import { rollBack } from "./deployments.ts";
import { statusReasons } from "./messages.ts";
import { requestRollback } from "./rollout.ts";
import type { Look } from "./schedule.ts";
import type { HookRun, Lifecycle, ServiceState } from "./state.ts";

/** Whether a stage's hooks let the deployment pass. They begin to wait when they are first asked, and do what was agreed when their time is up. */
export function passHooks(look: Look, lifecycle: Lifecycle): boolean {
  const { stage, step } = lifecycle;
  if (!lifecycle.hooks.some((hook) => hook.stage === stage && hook.step === step)) {
    lifecycle.hooks.push(...beginHooks(look, lifecycle));
  }
  const due = lifecycle.hooks.filter((hook) => hook.status === "AWAITING_ACTION" && hook.expiresAt <= look.now);
  for (const hook of due) hook.status = "TIMED_OUT";
  if (due.some(({ timeoutAction }) => timeoutAction === "ROLLBACK")) {
    look.service = rollBack(look.service, "hookTimeout", look.now);
    return false;
  }
  return lifecycle.hooks.every(({ status }) => status !== "AWAITING_ACTION");
}

/** ContinueServiceDeployment, for a hook that waits. */
export function answerHook(
  service: ServiceState,
  hookId: string,
  action: "CONTINUE" | "ROLLBACK",
  now: number,
): ServiceState {
  const { rollout } = service;
  const { lifecycle } = rollout;
  if (!lifecycle) return service;
  const status = action === "CONTINUE" ? "SUCCEEDED" : "FAILED";
  const hooks = lifecycle.hooks.map((hook): HookRun => (hook.id === hookId ? { ...hook, status } : hook));
  const answered = { ...rollout, lifecycle: { ...lifecycle, hooks }, updatedAt: now };
  return {
    ...service,
    rollout: action === "CONTINUE" ? answered : requestRollback(answered, statusReasons.hookRejected, now),
  };
}

function beginHooks({ service, now }: Look, { stage, step, hooks }: Lifecycle): HookRun[] {
  return service.rollout.plan.hooks
    .filter(({ stages }) => stages.some((candidate) => candidate === stage))
    .map(({ timeout, timeoutAction }, index) => ({
      id: hookId(service.rollout.deployment, hooks.length + index),
      stage,
      step,
      status: "AWAITING_ACTION",
      expiresAt: now + timeout,
      timeoutAction,
    }));
}

/** As ECS's look: `ecs-pause-` and 43 characters; the same for the same pause, so that a look can be repeated. */
function hookId(deployment: string, index: number): string {
  return `ecs-pause-${createHash("sha256").update(`${deployment} ${index}`).digest("base64url")}`;
}
