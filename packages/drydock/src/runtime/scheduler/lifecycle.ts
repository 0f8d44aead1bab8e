import { primaryOf, rollBack } from "./deployments.ts";
import { passHooks } from "./hooks.ts";
import type { Look } from "./schedule.ts";
import { nextStage } from "./stages.ts";
import type { Lifecycle, ServiceState } from "./state.ts";
import { isSteady, succeedsEarly } from "./steadiness.ts";
import { giveAllTo, isComplete, share, shift, sourceOf } from "./traffic.ts";

/** "Each lifecycle stage can last up to 24 hours" (ECS developer guide, blue/green service deployments workflow). */
const longestStage = 24 * 3_600_000;

/** Takes a deployment through every stage that has nothing left to do. */
export function advanceStages(look: Look): void {
  for (;;) {
    const lifecycle = lifecycleOf(look.service);
    if (!lifecycle || lifecycle.stage === "CLEAN_UP") return;
    if (!doStage(look, lifecycle)) {
      if (hasExpired(look, lifecycle)) look.service = rollBack(look.service, "stageTimeout", look.now);
      return;
    }
    if (!passHooks(look, lifecycle)) return;
    enterNext(look, lifecycle);
  }
}

/** The old tasks are on their way out: the deployment has succeeded, and there is nothing any more to go back to. */
export function isCleaningUp({ rollout }: ServiceState): boolean {
  return rollout.status === "IN_PROGRESS" && rollout.lifecycle?.stage === "CLEAN_UP";
}

/** When time alone takes a deployment further. */
export function nextStageMoments(service: ServiceState): number[] {
  const lifecycle = lifecycleOf(service);
  if (!lifecycle) return [];
  const { since, bakesUntil, hooks, stage } = lifecycle;
  return [
    since + (stage === "BAKE_TIME" ? service.rollout.plan.bakeTime : longestStage),
    ...(bakesUntil === undefined ? [] : [bakesUntil]),
    ...hooks.filter(({ status }) => status === "AWAITING_ACTION").map(({ expiresAt }) => expiresAt),
  ];
}

function lifecycleOf({ rollout, draining }: ServiceState): Lifecycle | undefined {
  return rollout.status === "IN_PROGRESS" && !draining ? rollout.lifecycle : undefined;
}

/** Does what is to do in a stage, as far as that goes now; answers whether all of it is done. */
function doStage(look: Look, lifecycle: Lifecycle): boolean {
  const { service, now } = look;
  const { plan } = service.rollout;
  switch (lifecycle.stage) {
    case "RECONCILE_SERVICE":
      return giveAllTo(look, sourceOf(service)?.id) && onlyServingTasks(service);
    case "PRE_SCALE_UP":
      return giveAllTo(look, sourceOf(service)?.id);
    case "SCALE_UP":
      return plan.strategy === "ROLLING" ? isSteady(look) || succeedsEarly(look) : isComplete(look);
    case "TEST_TRAFFIC_SHIFT":
      return shift(look, "test", { [primaryOf(service).id]: 100 });
    case "PRODUCTION_TRAFFIC_SHIFT":
      return takeStep(look, lifecycle);
    case "BAKE_TIME":
      return now >= lifecycle.since + plan.bakeTime;
    default:
      return true;
  }
}

/** Nothing is left of the deployments that were overtaken. */
function onlyServingTasks(service: ServiceState): boolean {
  const source = sourceOf(service)?.id;
  return service.tasks.every((task) => task.phase === "stopped" || task.deployment === source);
}

/** "This bake time is not applied after reaching 100 percent traffic" (LinearConfiguration). */
function takeStep(look: Look, lifecycle: Lifecycle): boolean {
  const { service, now } = look;
  if (lifecycle.bakesUntil === undefined) {
    const { percent, bake } = service.rollout.plan.steps[lifecycle.step] ?? { percent: 100, bake: 0 };
    if (!shift(look, "production", share(service, percent))) return false;
    lifecycle.bakesUntil = now + (percent < 100 ? bake : 0);
  }
  return now >= lifecycle.bakesUntil;
}

/** What a stage does itself may take so long and no longer; how long bakes and hooks last has been asked for. */
function hasExpired({ service, now }: Look, { stage, since, bakesUntil }: Lifecycle): boolean {
  const lasts = stage === "BAKE_TIME" || bakesUntil !== undefined || service.rollout.plan.strategy === "ROLLING";
  return !lasts && now >= since + longestStage;
}

function enterNext({ service, now }: Look, { hooks, ...lifecycle }: Lifecycle): void {
  const next = nextStage(service.rollout.plan, { ...lifecycle, hooks });
  service.rollout.lifecycle = { ...next, since: now, hooks };
  service.rollout.updatedAt = now;
  if (next.stage === "CLEAN_UP") service.lastCompleted = primaryOf(service).id;
}
