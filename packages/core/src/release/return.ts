import type { Service as EcsService } from "@aws-sdk/client-ecs";
import type { App } from "../config/app.ts";
import { FardelError } from "../errors.ts";
import type { ServiceChange } from "./changes.ts";
import { type CurrentState, describeEcsServices, describeServices } from "./current.ts";
import { lastPart } from "./names.ts";
import { isHalfMade, type ReleaseRecord } from "./records/record.ts";
import { withoutGates } from "./rollout/deployment-settings.ts";
import type { Rollouts } from "./rollout/rollout.ts";
import {
  initialCount,
  type ServiceSettings,
  serviceSettings,
  settingsDifferences,
  withSecondTargetGroup,
} from "./rollout/service-settings.ts";
import { primaryOf, removeService, startRollout } from "./rollout/services.ts";
import { betweenDeployments } from "./rollout/strategy-change.ts";
import { type EndedRollout, watchRollouts } from "./rollout/watch.ts";
import { restoreRules } from "./routing/restore-rules.ts";
import type { Routing } from "./routing/routing.ts";
import type { Run } from "./run.ts";

/** A release that has failed, and what it had found. */
export interface FailedRelease {
  changes: readonly ServiceChange[];
  waves: App["release"]["waves"];
  rollouts: Rollouts;
  routing: Routing;
  state: CurrentState;
}

/** How the way back has ended. */
export interface Returned {
  /** False when a service, or a rule of the listener, couldn't be brought back. */
  complete: boolean;
  /** Services that somebody else has deployed since the release began; they were left alone. */
  superseded: string[];
}

/**
 * Brings every service of a failed release back to what it ran before, the newest wave first: those that ECS has rolled
 * back already get their old number of tasks, the others are rolled out the old revision, and those that were new are
 * removed, so that nothing half-made serves. What somebody else has deployed in the meantime stays. Where the release
 * before was interrupted, what was found is half-made itself: then the way back leads to the release that serves, for the rules of the
 * listener, too.
 */
export async function returnToBefore(run: Run, failed: FailedRelease): Promise<Returned> {
  const { changes, waves, rollouts, routing, state } = failed;
  const begun = new Map(rollouts.ended.map((each) => [each.rollout.service, each]));
  const release = state.serving?.number ?? 0;
  const halfMade = state.newest !== undefined && isHalfMade(state.newest);
  const superseded: string[] = [];
  let complete = await attempt(run, "The listener's rules", async () => {
    await routing.undo();
    if (halfMade) await restoreRules(run, state.serving);
    return true;
  });
  for (const wave of waves.toReversed()) {
    const members = changes.filter(({ name }) => wave.includes(name));
    const returned = await Promise.all(
      members.map((change) =>
        attempt(run, change.name, async () => {
          const ended = begun.get(change.name);
          if (await isSuperseded(run, ended)) {
            superseded.push(change.name);
            return true;
          }
          return halfMade ? returnToServing(run, change, state.serving) : returnService(run, change, ended, release);
        }),
      ),
    );
    complete &&= returned.every(Boolean);
  }
  const gone = halfMade ? goneSince(state, changes) : [];
  if (gone.length > 0)
    run.emit({ type: "release.notice", message: `${gone.join(", ")}: removed by an interrupted release.` });
  return { complete: complete && gone.length === 0, superseded };
}

/** Services of the release that serves which neither are there nor have a part in the one that failed. */
function goneSince({ serving, services }: CurrentState, changes: readonly ServiceChange[]): string[] {
  const released = new Set(changes.map(({ name }) => name));
  return Object.keys(serving?.services ?? {}).filter(
    (name) => !released.has(name) && services.get(name)?.ecs.status !== "ACTIVE",
  );
}

/** One that serves already may have been deployed by somebody else while a later wave was rolled out. */
async function isSuperseded({ aws, descriptor }: Run, ended: EndedRollout | undefined): Promise<boolean> {
  if (ended?.result !== "serving") return ended?.result === "superseded";
  const [service] = await describeEcsServices(aws, descriptor.cluster, [ended.rollout.ecsName]);
  const primary = primaryOf(service);
  return primary !== undefined && primary.id !== ended.rollout.deployment;
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
  if (begun === undefined) return true;
  if (current?.definition?.taskDefinitionArn === undefined) {
    await removeService(run, name);
    return true;
  }
  // What ECS has refused has changed nothing.
  if (begun.rollout.deployment === "") return true;
  const now = (await describeServices(run.aws, run.descriptor, [name])).get(name);
  const former = formerSettings(change.settings, current.ecs, now?.ecs);
  // ECS's own rollback is to the old revision, and leaves what isn't part of one as it is: the number of tasks, the grace
  // period, the deployment configuration.
  const rolledBack = begun.result === "rolled back";
  const settled = now !== undefined && settingsDifferences(now.ecs, former).length === 0;
  if (rolledBack && settled && desiredCount === undefined) return true;
  const settings = rolledBack ? former : ungated(former);
  const count = desiredCount === undefined ? undefined : current.ecs.desiredCount;
  const back = { name, settings, desiredCount: count, current: now };
  return rollBack(run, back, current.definition.taskDefinitionArn, release);
}

/** Whatever a service runs by now, it gets what the serving release says; one that release doesn't have is removed. */
async function returnToServing(
  run: Run,
  { name, desiredCount }: ServiceChange,
  serving: ReleaseRecord | undefined,
): Promise<boolean> {
  const { aws, descriptor } = run;
  const current = (await describeServices(aws, descriptor, [name])).get(name);
  if (current === undefined) return serving?.services[name] === undefined;
  const released = serving?.services[name];
  const service = serving?.configuration.services[name];
  if (serving === undefined || released === undefined || service === undefined) {
    await removeService(run, name);
    return true;
  }
  const count = desiredCount === undefined ? undefined : initialCount(service.scale);
  const settles = primaryOf(current.ecs)?.rolloutState === "COMPLETED" && count === undefined;
  if (settles && current.definition?.taskDefinitionArn === released.taskDefinition) return true;
  const { ecs } = current;
  const rule = ecs.loadBalancers?.[0]?.advancedConfiguration?.productionListenerRule;
  const wanted = serviceSettings(service, descriptor, { ecs, rule });
  const back = { name, settings: ungated(wanted), desiredCount: count, current };
  return rollBack(run, back, released.taskDefinition, serving.number);
}

/** Rolls out what a service ran before, and follows that to its end. */
async function rollBack(
  run: Run,
  back: Pick<ServiceChange, "name" | "settings" | "desiredCount" | "current">,
  taskDefinition: string,
  release: number,
): Promise<boolean> {
  const ready = await betweenDeployments(run, back);
  run.emit({ type: "rollout.started", service: back.name, revision: lastPart(taskDefinition), action: "return" });
  const rollout = await startRollout(run, { ...ready, action: "update" }, taskDefinition, release);
  const [ended] = await watchRollouts(run, [{ ...rollout, returns: true }]);
  return ended?.result === "serving";
}

function formerSettings(settings: ServiceSettings, ecs: EcsService, now: EcsService | undefined): ServiceSettings {
  const { healthCheckGracePeriodSeconds: _, ...rest } = settings;
  const loadBalancers = withSecondTargetGroup(ecs.loadBalancers ?? [], now?.loadBalancers ?? []);
  return {
    ...rest,
    networkConfiguration: ecs.networkConfiguration ?? settings.networkConfiguration,
    deploymentConfiguration: ecs.deploymentConfiguration ?? settings.deploymentConfiguration,
    loadBalancers,
    capacityProviderStrategy: ecs.capacityProviderStrategy ?? [],
    ...(loadBalancers.length > 0 && { healthCheckGracePeriodSeconds: ecs.healthCheckGracePeriodSeconds ?? 0 }),
  };
}

function ungated(settings: ServiceSettings): ServiceSettings {
  return { ...settings, deploymentConfiguration: withoutGates(settings.deploymentConfiguration) };
}
