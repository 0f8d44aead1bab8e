import { isOngoing } from "../../runtime/scheduler/rollout.ts";
import type { Ecs } from "./ecs.ts";
import { deploymentDigits } from "./names.ts";
import { serviceKey, taskKey } from "./records.ts";

const interval = 30 * 60_000;

/** "Stopped tasks appear in the returned results for at least one hour" (DescribeTasks). */
const stoppedTaskRetention = 3_600_000;

/** Service deployments are kept for 90 days (ECS developer guide, view service history), and so are their revisions. */
const historyRetention = 90 * 24 * 3_600_000;

/** Forgets, now and then, what ECS doesn't show any more. The answer ends it. */
export function keepHouse(ecs: Ecs): () => void {
  let cancel = () => {};
  const tidy = () => {
    ecs.region.store.transaction(() => {
      forgetStoppedTasks(ecs);
      forgetHistory(ecs);
    });
    cancel = ecs.region.clock.after(interval, tidy);
  };
  tidy();
  return () => cancel();
}

function forgetStoppedTasks({ records, region }: Ecs): void {
  const oldest = region.clock.now() - stoppedTaskRetention;
  for (const task of records.tasks.list()) {
    if ((task.state.stoppedAt?.getTime() ?? Number.POSITIVE_INFINITY) > oldest) continue;
    records.tasks.delete(taskKey(task));
    records.tags.delete(task.arn);
  }
}

/** What a service runs, or would return to, stays however old it is; of a deleted service nothing does. */
function forgetHistory({ records, region }: Ecs): void {
  const oldest = region.clock.now() - historyRetention;
  const used = new Set<string>();
  for (const service of records.services.list()) {
    const key = serviceKey(service);
    if (service.status === "INACTIVE" && (service.inactiveAt?.getTime() ?? 0) <= oldest) {
      records.services.delete(key);
      records.serviceEvents.delete(key);
      continue;
    }
    const { deployments, lastCompleted, rollout } = service.state;
    for (const id of [...deployments.map((each) => each.id), lastCompleted, rollout.deployment]) {
      if (id !== undefined) used.add(`${key}/${deploymentDigits(id)}`);
    }
    used.add(`${key}/${service.serviceDeployment}`);
  }
  for (const [key, { rollout }] of records.rollouts.entries()) {
    if (rollout.createdAt <= oldest && !isOngoing(rollout) && !used.has(key)) records.rollouts.delete(key);
  }
  for (const [key, { revision }] of records.revisions.entries()) {
    if ((revision.createdAt?.getTime() ?? 0) <= oldest && !used.has(key)) records.revisions.delete(key);
  }
}
