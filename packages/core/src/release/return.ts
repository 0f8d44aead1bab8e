import type { App } from "../config/app.ts";
import type { ServiceChange } from "./changes.ts";
import { lastPart } from "./names.ts";
import type { RolloutResult } from "./outcome.ts";
import type { Rollouts } from "./rollout.ts";
import type { Routing } from "./routing.ts";
import type { Run } from "./run.ts";
import { removeService, startRollout } from "./services.ts";
import { watchRollouts } from "./watch.ts";

/**
 * Brings every service of a failed release back to what it ran before, the newest wave first: those that ECS has rolled
 * back already get their old number of tasks, the others are rolled out the old revision, and those that were new are
 * removed, so that nothing half-made serves. What somebody else has deployed in the meantime stays.
 *
 * @param before number of the release that served.
 * @returns false when one couldn't be brought back.
 */
export async function returnToBefore(
  run: Run,
  changes: readonly ServiceChange[],
  waves: App["release"]["waves"],
  { ended }: Rollouts,
  routing: Routing,
  before: number | undefined,
): Promise<boolean> {
  await routing.undo();
  const results = new Map(ended.map(({ rollout, result }) => [rollout.service, result]));
  let all = true;
  for (const wave of waves.toReversed()) {
    const returned = await Promise.all(
      changes
        .filter(({ name }) => wave.includes(name))
        .map((change) => returnService(run, change, results.get(change.name), before ?? 0)),
    );
    all &&= returned.every(Boolean);
  }
  return all;
}

async function returnService(
  run: Run,
  change: ServiceChange,
  result: RolloutResult | undefined,
  release: number,
): Promise<boolean> {
  const { name, current, service, desiredCount } = change;
  if (result === undefined || result === "superseded") return true;
  const ecs = current?.ecs;
  const arn = current?.definition?.taskDefinitionArn;
  if (!ecs || arn === undefined) {
    await removeService(run, name);
    return true;
  }
  // ECS's own rollback leaves the number of tasks as it is.
  if (result === "rolled back" && desiredCount === undefined) return true;
  const settings = {
    ...change.settings,
    networkConfiguration: ecs.networkConfiguration ?? change.settings.networkConfiguration,
    deploymentConfiguration: ecs.deploymentConfiguration ?? change.settings.deploymentConfiguration,
    loadBalancers: ecs.loadBalancers ?? [],
    ...(service.route && { healthCheckGracePeriodSeconds: ecs.healthCheckGracePeriodSeconds ?? 0 }),
  };
  run.emit({ type: "rollout.started", service: name, revision: lastPart(arn), action: "return" });
  const back = {
    name,
    action: "update" as const,
    settings,
    desiredCount: desiredCount === undefined ? undefined : ecs.desiredCount,
    current,
  };
  const rollout = await startRollout(run, back, arn, release);
  const [ended] = await watchRollouts(run, [{ ...rollout, returns: true }]);
  return ended?.result === "serving";
}
