import { takeCensus, worth } from "./census.ts";
import { primaryOf } from "./deployments.ts";
import { stopReasons } from "./messages.ts";
import { leastUseful } from "./ranking.ts";
import { retire, retireFailing } from "./retirement.ts";
import { isOngoing } from "./rollout.ts";
import type { Look } from "./schedule.ts";
import { startTasks } from "./start-tasks.ts";
import type { Deployment, ServiceState, ServiceTask } from "./state.ts";
import { healthyOf, isApplied, sourceOf } from "./traffic.ts";

/**
 * Revisions stand side by side, each with a set of tasks of its own, and requests, not tasks, move from one to the other: BLUE_GREEN,
 * LINEAR and CANARY all the way, also where they failed half-way, and ROLLING while a hook holds it before its first task.
 */
export function standsSideBySide(service: ServiceState): boolean {
  const { rollout, draining } = service;
  const { lifecycle, plan } = rollout;
  if (!lifecycle || draining) return false;
  if (plan.strategy === "ROLLING") return lifecycle.stage === "PRE_SCALE_UP" && rollout.status === "IN_PROGRESS";
  return isOngoing(rollout) || primaryOf(service).rolloutState === "FAILED";
}

/**
 * Keeps each revision at its own number of tasks, without regard to maximumPercent: twice the desired count while two of them
 * stand side by side. A task that served and fails its checks goes when its own revision has enough healthy ones without it.
 */
export function keepRevisions(look: Look): void {
  const { service } = look;
  const census = takeCensus(look);
  const orders = service.deployments.map((deployment) => {
    const own = census.alive.filter((task) => task.deployment === deployment.id);
    const wanted = wantedTasks(look, deployment, own);
    const failing = own.filter((task) => census.failing.has(task));
    const good = own.filter((task) => !census.failing.has(task));
    const surplus = leastUseful(good, good.length - wanted, worth(look, census));
    const reason = stopReasons.scaling(primaryOf(service).id);
    for (const task of wanted === 0 ? own : surplus) retire(task, reason);
    const enough = own.filter((task) => census.healthy.has(task)).length >= wanted;
    if (wanted > 0 && enough) for (const task of failing) retireFailing(look, task);
    if (deployment !== primaryOf(service)) deployment.desiredCount = wanted;
    return { deployment, wanted };
  });
  const lasting = orders.filter(({ deployment }) => !isOvertaken(service, deployment));
  startTasks(look, lasting, Number.POSITIVE_INFINITY);
}

function wantedTasks({ service, now }: Look, deployment: Deployment, own: ServiceTask[]): number {
  const { rollout, desiredCount, traffic } = service;
  const { stage } = rollout.lifecycle ?? {};
  if (deployment === primaryOf(service)) {
    const waits = !rollout.rollback && (stage === "RECONCILE_SERVICE" || stage === "PRE_SCALE_UP");
    return waits ? 0 : desiredCount;
  }
  if (rollout.plan.strategy === "ROLLING") return deployment.desiredCount;
  if (!isOvertaken(service, deployment)) return stage === "CLEAN_UP" ? 0 : desiredCount;
  const source = sourceOf(service);
  const serves = (traffic?.production.weights[deployment.id] ?? 0) > 0 || !isApplied(service);
  const relieved = !source || healthyOf(service, source.id, now) >= desiredCount;
  return serves || !relieved ? Math.min(own.length, desiredCount) : 0;
}

/** What such a deployment, or one that turns back, has left goes once nothing depends on it, and nothing is added to it. */
function isOvertaken(service: ServiceState, deployment: Deployment): boolean {
  const lasts = deployment === primaryOf(service) || deployment === sourceOf(service);
  return service.rollout.plan.strategy !== "ROLLING" && !lasts;
}
