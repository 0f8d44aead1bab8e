import type { App } from "../config/app.ts";
import { FardelError } from "../errors.ts";
import type { ServiceChange } from "./changes.ts";
import { lastPart } from "./names.ts";
import type { RolloutResult } from "./outcome.ts";
import type { ReleasedWorkload } from "./record.ts";
import type { Routing } from "./routing.ts";
import type { Run } from "./run.ts";
import { removeService, type StartedRollout, startRollout } from "./services.ts";
import { type EndedRollout, watchRollouts } from "./watch.ts";

/** What rolling out has come to so far. */
export interface Rollouts {
  /** Of the services that changed, in the order of the waves. */
  ended: EndedRollout[];
  /** Whether all of them serve. */
  serving: boolean;
}

/** Rolls out wave after wave, each at once, up to the first in which one doesn't come to serve. */
export async function rollOut(
  run: Run,
  changes: readonly ServiceChange[],
  waves: App["release"]["waves"],
  definitions: ReadonlyMap<string, ReleasedWorkload>,
  routing: Routing,
  release: number,
): Promise<Rollouts> {
  const ended: EndedRollout[] = [];
  for (const wave of waves) {
    const members = changes.filter(({ name }) => wave.includes(name));
    for (const { name, action } of members)
      if (action === "none") run.emit({ type: "service.unchanged", service: name });
    await routing.attach(new Set(wave));
    const changed = members.filter(({ action }) => action !== "none");
    const results = await rollOutWave(run, changed, definitions, release);
    ended.push(...results);
    if (results.some(({ result }) => result !== "serving")) return { ended, serving: false };
    await routing.route(new Set(wave));
  }
  return { ended, serving: true };
}

async function rollOutWave(
  run: Run,
  changes: readonly ServiceChange[],
  definitions: ReadonlyMap<string, ReleasedWorkload>,
  release: number,
): Promise<EndedRollout[]> {
  const started = await Promise.all(
    changes.map((change) => begin(run, change, definitions.get(change.name)?.taskDefinition ?? "", release)),
  );
  const refused = started.filter((each): each is EndedRollout => "result" in each);
  const rollouts = started.filter((each): each is StartedRollout => !("result" in each));
  const watched = await watchRollouts(run, rollouts, refused.length > 0);
  const ended = [...refused, ...watched];
  for (const { rollout, result, durationMs } of ended) {
    run.emit({ type: "rollout.finished", service: rollout.service, outcome: result, durationMs });
  }
  return ended;
}

/** One that ECS refuses must not leave the others of its wave unwatched: it counts as a failed rollout. */
async function begin(
  run: Run,
  change: ServiceChange,
  taskDefinition: string,
  release: number,
): Promise<StartedRollout | EndedRollout> {
  const { name, action, current } = change;
  const revision = lastPart(taskDefinition);
  run.emit({ type: "rollout.started", service: name, revision, action: actionOf(change, taskDefinition) });
  const startedAt = run.time.now();
  try {
    return await startRollout(run, change, taskDefinition, release);
  } catch (error) {
    if (!(error instanceof FardelError) || run.signal.aborted) throw error;
    const rollout: StartedRollout = {
      service: name,
      ecsName: "",
      arn: current?.ecs.serviceArn ?? "",
      created: action === "create",
      taskDefinition,
      deployment: "",
      known: new Set(),
      deploys: false,
      targetGroup: undefined,
      startedAt,
    };
    const reason = `${error.message}${error.why === undefined ? "" : `: ${error.why}`}`;
    const durationMs = run.time.now() - startedAt;
    return { rollout, result: "failed", reason, targetReason: undefined, stopped: false, durationMs };
  }
}

function actionOf({ action, current }: ServiceChange, taskDefinition: string): "create" | "update" | "scale" {
  if (action === "create") return "create";
  return current?.definition?.taskDefinitionArn === taskDefinition ? "scale" : "update";
}

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
  const [ended] = await watchRollouts(run, [await startRollout(run, back, arn, release)]);
  if (!ended) return false;
  const outcome = ended.result === "serving" ? "rolled back" : ended.result;
  run.emit({ type: "rollout.finished", service: name, outcome, durationMs: ended.durationMs });
  return ended.result === "serving";
}
