import type { Service as EcsService } from "@aws-sdk/client-ecs";
import type { App } from "../config/app.ts";
import { FardelError } from "../errors.ts";
import type { ServiceChange } from "./changes.ts";
import { lastPart } from "./names.ts";
import type { Rollouts } from "./rollout.ts";
import type { Routing } from "./routing.ts";
import type { Run } from "./run.ts";
import type { ServiceSettings } from "./service-settings.ts";
import { removeService, startRollout } from "./services.ts";
import { type EndedRollout, watchRollouts } from "./watch.ts";

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
  const begun = new Map(ended.map((each) => [each.rollout.service, each]));
  let all = await attempt(run, "The listener's rules", async () => {
    await routing.undo();
    return true;
  });
  for (const wave of waves.toReversed()) {
    const members = changes.filter(({ name }) => wave.includes(name));
    const returned = await Promise.all(
      members.map((change) =>
        attempt(run, change.name, () => returnService(run, change, begun.get(change.name), before ?? 0)),
      ),
    );
    all &&= returned.every(Boolean);
  }
  return all;
}

/** One that can't be brought back is no reason to leave the others as they are. */
async function attempt(run: Run, what: string, work: () => Promise<boolean>): Promise<boolean> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof FardelError) || run.signal.aborted) throw error;
    run.emit({ type: "release.notice", message: `${what} couldn't be brought back: ${error.message}.` });
    return false;
  }
}

async function returnService(
  run: Run,
  change: ServiceChange,
  begun: EndedRollout | undefined,
  release: number,
): Promise<boolean> {
  const { name, current, desiredCount } = change;
  if (begun === undefined || begun.result === "superseded") return true;
  if (current?.definition?.taskDefinitionArn === undefined) {
    await removeService(run, name);
    return true;
  }
  // What ECS has refused has changed nothing.
  if (begun.rollout.deployment === "") return true;
  // ECS's own rollback leaves the number of tasks as it is.
  if (begun.result === "rolled back" && desiredCount === undefined) return true;
  const arn = current.definition.taskDefinitionArn;
  run.emit({ type: "rollout.started", service: name, revision: lastPart(arn), action: "return" });
  const back = {
    name,
    action: "update" as const,
    settings: formerSettings(change.settings, current.ecs),
    desiredCount: desiredCount === undefined ? undefined : current.ecs.desiredCount,
    current,
  };
  const rollout = await startRollout(run, back, arn, release);
  const [ended] = await watchRollouts(run, [{ ...rollout, returns: true }]);
  return ended?.result === "serving";
}

function formerSettings(settings: ServiceSettings, ecs: EcsService): ServiceSettings {
  const { healthCheckGracePeriodSeconds: _, ...rest } = settings;
  const loadBalancers = ecs.loadBalancers ?? [];
  return {
    ...rest,
    networkConfiguration: ecs.networkConfiguration ?? settings.networkConfiguration,
    deploymentConfiguration: ecs.deploymentConfiguration ?? settings.deploymentConfiguration,
    loadBalancers,
    ...(loadBalancers.length > 0 && { healthCheckGracePeriodSeconds: ecs.healthCheckGracePeriodSeconds ?? 0 }),
  };
}
