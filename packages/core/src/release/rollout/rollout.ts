import type { App, Task } from "../../config/app.ts";
import type { ServiceChange } from "../changes.ts";
import { lastPart } from "../names.ts";
import type { ReleasedWorkload } from "../records/record.ts";
import type { Routing } from "../routing/routing.ts";
import type { Run } from "../run.ts";
import { gateOf } from "./gates.ts";
import { untilOldTasksAreGone } from "./old-tasks.ts";
import { proofOf } from "./proof.ts";
import { refusalIn, refusedRollout } from "./refused-rollout.ts";
import type { CheckTasks } from "./revision-check.ts";
import { type StartedRollout, startRollout } from "./services.ts";
import { readyForStrategies } from "./strategy-change.ts";
import { type EndedRollout, watchRollouts } from "./watch.ts";

/** What rolling out has come to so far. */
export interface Rollouts {
  /** Of the services that changed, in the order of the waves. */
  ended: EndedRollout[];
  /** Whether all of them serve, and requests go where the release wants them. */
  serving: boolean;
  /** What AWS refused besides the rollouts themselves, or who has taken the release back. */
  refusal?: string;
}

/**
 * Rolls out wave after wave, the services of one all at once, up to the first wave in which one doesn't come to serve. A wave
 * begins when the services of the one before serve and their old tasks are gone.
 */
export async function rollOut(
  run: Run,
  changes: readonly ServiceChange[],
  waves: App["release"]["waves"],
  definitions: ReadonlyMap<string, ReleasedWorkload>,
  routing: Routing,
  release: number,
  tasks: Readonly<Record<string, Task>> = {},
): Promise<Rollouts> {
  const arns = new Map([...definitions].map(([name, { taskDefinition }]) => [name, taskDefinition]));
  let ended: EndedRollout[] = [];
  let last: readonly EndedRollout[] = [];
  for (const wave of waves) {
    const members = changes.filter(({ name }) => wave.includes(name));
    for (const { name, action } of members)
      if (action === "none") run.emit({ type: "service.unchanged", service: name });
    try {
      const overtaken = await untilReplaced(run, last, members);
      ended = ended.map((each) =>
        overtaken.includes(each.rollout.service) ? { ...each, result: "superseded" } : each,
      );
      if (overtaken.length > 0) return { ended, serving: false };
      const refused = await run.takenBack?.();
      if (refused !== undefined) return { ended, serving: false, refusal: refused };
      await routing.attach(new Set(wave));
      const changed = members.filter(({ action }) => action !== "none");
      const completed = changed.map((change) => ({ ...change, settings: routing.complete(change) }));
      const proof = await proofOf(
        run,
        changed.map(({ service }) => service),
        { tasks, definitions: arns },
      );
      const earlier = ended;
      const results = await rollOutWave(run, completed, { tasks, definitions: arns }, release);
      ended = [...earlier, ...results];
      const takenBack = await run.takenBack?.();
      // Where one was left waiting, whoever takes it back does the rest.
      const left = !results.every(serves) && results.every((each) => serves(each) || each.result === "waiting");
      if (takenBack !== undefined && !left) return { ended: ended.map(asStopped), serving: false, refusal: takenBack };
      if (!results.every(serves)) return { ended, serving: false };
      await routing.route(new Set(wave));
      const proven = await proof(results);
      ended = [...earlier, ...proven];
      const takenBackSince = await run.takenBack?.();
      if (takenBackSince !== undefined) return { ended, serving: false, refusal: takenBackSince };
      if (!proven.every(serves)) return { ended, serving: false };
      if (proven.length > 0) last = proven;
    } catch (error) {
      return { ended, serving: false, refusal: refusalIn(error, run) };
    }
  }
  return { ended, serving: true };
}

function serves({ result }: EndedRollout): boolean {
  return result === "serving";
}

/** What has gone back because a person wanted it so has nothing to tell of why. */
export function asStopped(ended: EndedRollout): EndedRollout {
  return ended.result === "rolled back" ? { ...ended, stopped: true } : ended;
}

/** The services of the wave before that somebody else has deployed since; a wave in which nothing changes waits for nothing. */
async function untilReplaced(
  run: Run,
  before: readonly EndedRollout[],
  members: readonly ServiceChange[],
): Promise<string[]> {
  if (before.length === 0 || members.every(({ action }) => action === "none")) return [];
  return untilOldTasksAreGone(
    run,
    before.map(({ rollout }) => rollout),
  );
}

async function rollOutWave(
  run: Run,
  changes: readonly ServiceChange[],
  tasks: CheckTasks,
  release: number,
): Promise<EndedRollout[]> {
  const ready = await readyForStrategies(run, changes);
  if (ready.failed.length > 0) return ready.failed;
  const started = await Promise.all(
    ready.changes.map(async (change) => {
      const gate = await gateOf(run, change.service, tasks);
      const begun = await begin(run, change, tasks.definitions.get(change.name) ?? "", release);
      return "result" in begun || gate === undefined ? begun : { ...begun, gate };
    }),
  );
  const refused = started.filter((each): each is EndedRollout => "result" in each);
  const rollouts = started.filter((each): each is StartedRollout => !("result" in each));
  return [...refused, ...(await watchRollouts(run, rollouts, refused.length > 0))];
}

/** One that ECS refuses must not leave the others of its wave unwatched: it counts as a failed rollout. */
async function begin(
  run: Run,
  change: ServiceChange,
  taskDefinition: string,
  release: number,
): Promise<StartedRollout | EndedRollout> {
  const { name } = change;
  const revision = lastPart(taskDefinition);
  run.emit({ type: "rollout.started", service: name, revision, action: actionOf(change, taskDefinition) });
  const startedAt = run.time.now();
  try {
    return await startRollout(run, change, taskDefinition, release);
  } catch (error) {
    return refusedRollout(run, change, taskDefinition, error, startedAt);
  }
}

function actionOf(
  { action, current, desiredCount }: ServiceChange,
  taskDefinition: string,
): "create" | "update" | "scale" {
  if (action === "create") return "create";
  // Without another number of tasks it is a rollout that an interrupted release has begun.
  const scales = current?.definition?.taskDefinitionArn === taskDefinition && desiredCount !== undefined;
  return scales ? "scale" : "update";
}
