import type { Task } from "../config/app.ts";
import { FardelError } from "../errors.ts";
import type { Changes } from "./changes.ts";
import type { CurrentState } from "./current.ts";
import { registerDefinitions } from "./definitions/register.ts";
import { diagnoseRollout } from "./diagnosis/diagnose.ts";
import type { Diagnosis } from "./diagnosis/diagnosis.ts";
import { isHalfDone } from "./earlier-release.ts";
import type { ReleaseResult } from "./outcome.ts";
import type { Phases } from "./records/phases.ts";
import type { ReleasedConfiguration, ReleasedWorkload } from "./records/record.ts";
import { takenBackBy, tellReturn } from "./records/return-request.ts";
import type { LockedRun } from "./records/under-lock.ts";
import { type Returned, returnToBefore } from "./return.ts";
import { asStopped, type Rollouts, rollOut } from "./rollout/rollout.ts";
import { removeService, type StartedRollout, tagServices } from "./rollout/services.ts";
import { type EndedRollout, watchRollouts } from "./rollout/watch.ts";
import { type Routing, routingOf } from "./routing/routing.ts";
import { settle } from "./settle.ts";
import { finish, notFinished, type Unfinished } from "./tasks/after-tasks.ts";
import { type FailedReleaseTask, runReleaseTasks } from "./tasks/release-tasks.ts";

/** A release that has its number, and all that it is to do. */
export interface OpenRelease {
  number: number;
  configuration: ReleasedConfiguration;
  changes: Changes;
  current: CurrentState;
  /** Tasks to run before any service changes. */
  before: readonly Task[];
  /** Tasks to run when every old task has stopped. */
  after: readonly Task[];
  phases: Phases;
}

export interface Carried {
  result: ReleaseResult | "waiting";
  definitions: ReadonlyMap<string, ReleasedWorkload>;
  rollouts: Rollouts;
  /** Whether the services that had come to serve were brought back. */
  wentBack: boolean;
  failure: string | undefined;
  diagnoses: Diagnosis[];
}

/** Told when a service begins to wait for a person, and when that is over; also of the release's task definitions. */
export type AtGate = (
  service: string,
  waits: boolean,
  definitions: ReadonlyMap<string, ReleasedWorkload>,
) => Promise<void>;

const nothingRolledOut: Rollouts = { ended: [], serving: true };

/** Task definitions, before-tasks, waves of rollouts, cleaning up, after-tasks; or the way back. */
export async function carryOut(run: LockedRun, release: OpenRelease, atGate: AtGate): Promise<Carried> {
  const { number, configuration, changes, current, before, phases } = release;
  const definitions = await phases.measure("task definitions", () => registerDefinitions(run, changes, number));
  const arns = new Map([...definitions].map(([name, { taskDefinition }]) => [name, taskDefinition]));
  const failed =
    before.length > 0
      ? await phases.measure("before-tasks", () => runReleaseTasks(run, before, arns, number))
      : undefined;
  const routing = routingOf(run, current.rules, changes.rules, configuration);
  if (failed) return { definitions, ...(await endBeforeRollouts(run, release, failed, routing)) };
  const { waves } = configuration.release;
  const takenBack = () => takenBackBy(run.bucket, run.descriptor, number);
  const rollouts = await phases.measure("rollouts", () =>
    rollOut(
      { ...run, takenBack, atGate: (service, waits) => atGate(service, waits, definitions) },
      changes.services,
      waves,
      definitions,
      routing,
      number,
      configuration.tasks,
    ),
  );
  if (isWaiting(rollouts)) {
    return { result: "waiting", definitions, rollouts, wentBack: false, failure: undefined, diagnoses: [] };
  }
  if (!rollouts.serving) return { definitions, ...(await goBack(run, release, rollouts, routing)) };
  const leftOver = await phases.measure("cleaning up", () => cleanUp(run, release, rollouts, routing));
  const unsettled = await setScalingAndSchedules(run, release, definitions);
  const unfinished = await runAfterTasks(run, release, arns, leftOver);
  const failures = [unsettled, unfinished?.failure].flatMap((each) => each ?? []);
  const failure = failures.length > 0 ? failures.join(" ") : undefined;
  const diagnoses = unfinished?.diagnoses ?? [];
  for (const diagnosis of diagnoses) run.emit({ type: "release.diagnosis", diagnosis });
  return {
    result: failure === undefined ? "succeeded" : "unfinished",
    definitions,
    rollouts,
    wentBack: false,
    failure,
    diagnoses,
  };
}

/** What an interrupted release has left half-done can't stay, though this one has touched nothing yet. */
async function endBeforeRollouts(
  run: LockedRun,
  release: OpenRelease,
  { what, diagnosis }: FailedReleaseTask,
  routing: Routing,
): Promise<Omit<Carried, "definitions">> {
  run.emit({ type: "release.diagnosis", diagnosis });
  const rollouts = nothingRolledOut;
  const diagnoses = [diagnosis];
  if (isHalfDone(release.current, run.descriptor)) {
    return { ...(await goBack(run, release, { ...rollouts, serving: false, refusal: what }, routing)), diagnoses };
  }
  return { result: "failed", rollouts, wentBack: false, failure: `${what}; no service was touched.`, diagnoses };
}

async function setScalingAndSchedules(
  run: LockedRun,
  { changes, phases }: OpenRelease,
  definitions: ReadonlyMap<string, ReleasedWorkload>,
): Promise<string | undefined> {
  if (changes.scaling.length === 0 && changes.schedules.length === 0) return undefined;
  return phases.measure("scaling and schedules", () => settle(run, changes, definitions));
}

/** Whether all that keeps it from going on is that somebody has to approve it. */
function isWaiting({ ended, refusal }: Rollouts): boolean {
  const results = ended.map(({ result }) => result);
  return (
    refusal === undefined && results.includes("waiting") && results.every((each) => /^(waiting|serving)$/.test(each))
  );
}

/** @param leftOver what has kept services that are to go from going: then old tasks may still run. */
async function runAfterTasks(
  run: LockedRun,
  { number, changes, after, phases }: OpenRelease,
  definitions: ReadonlyMap<string, string>,
  leftOver: string | undefined,
): Promise<Unfinished | undefined> {
  if (after.length === 0) return undefined;
  if (leftOver !== undefined && changes.removed.length > 0) return { failure: notFinished(leftOver), diagnoses: [] };
  const services = changes.services.map(({ name }) => name);
  return phases.measure("after-tasks", () => finish(run, { tasks: after, definitions, services, release: number }));
}

/** The release serves whatever comes of this; what is left over, the next one finds. Returns what it was kept from. */
async function cleanUp(
  run: LockedRun,
  { changes, number }: OpenRelease,
  { ended }: Rollouts,
  routing: Routing,
): Promise<string | undefined> {
  const changed = ended.filter(({ rollout }) => !rollout.created);
  try {
    await routing.clear();
    await Promise.all([
      tagServices(
        run,
        changed.map(({ rollout }) => ({ name: rollout.service, arn: rollout.arn })),
        number,
      ),
      ...changes.removed.map(({ name }) => removeService(run, name)),
    ]);
    return undefined;
  } catch (error) {
    if (!(error instanceof FardelError) || run.signal.aborted) throw error;
    const message = `Not everything could be cleaned up: ${error.message}.`;
    run.emit({ type: "release.notice", message });
    return message;
  }
}

/**
 * Watches rollouts that have been sent back come to their ends, then brings back whatever else the release had come to.
 *
 * @param takenBack who wanted it so, as a sentence; unless given, the rollouts themselves tell why.
 */
export async function carryBack(
  run: LockedRun,
  release: OpenRelease,
  definitions: ReadonlyMap<string, ReleasedWorkload>,
  sentBack: readonly StartedRollout[],
  takenBack?: string,
): Promise<Carried> {
  const { current, changes, configuration, phases } = release;
  const routing = routingOf(run, current.rules, changes.rules, configuration);
  const ended = await phases.measure("rollouts", () => watchRollouts(run, sentBack));
  const rollouts =
    takenBack === undefined
      ? { ended, serving: false }
      : { ended: ended.map(asStopped), serving: false, refusal: takenBack };
  return { definitions, ...(await goBack(run, release, rollouts, routing)) };
}

/** Finds out what failed while it can still be seen, then brings every service back. */
async function goBack(
  run: LockedRun,
  { number, changes, configuration, current, phases }: OpenRelease,
  rollouts: Rollouts,
  routing: Routing,
): Promise<Omit<Carried, "definitions">> {
  const { ended, refusal } = rollouts;
  const failed = ended.filter(({ result }) => result === "rolled back" || result === "failed");
  if (failed.length === 0 && refusal === undefined) {
    const names = ended.filter(({ result }) => result === "superseded").map(({ rollout }) => rollout.service);
    const failure = `Somebody else has deployed ${names.join(", ")} in the meantime; their deployment goes on.`;
    return { result: "superseded", rollouts, wentBack: false, failure, diagnoses: [] };
  }
  await tellReturn(run, number);
  // What only went back because another failed has nothing to tell.
  const causes = failed.filter(({ stopped }) => !stopped);
  const diagnoses = await phases.measure("diagnosis", () => diagnose(run, configuration, causes));
  for (const diagnosis of diagnoses) run.emit({ type: "release.diagnosis", diagnosis });
  const { waves } = configuration.release;
  const returned = await phases.measure("return", () =>
    returnToBefore(run, { changes: changes.services, waves, rollouts, routing, state: current }),
  );
  const what = refusal ?? `The rollout of ${causes.map(({ rollout }) => rollout.service).join(", ")} failed`;
  const now = whereItLeaves(returned, current.serving?.number);
  return {
    result: now.result,
    rollouts: {
      ...rollouts,
      ended: ended.map((each) =>
        returned.superseded.includes(each.rollout.service) ? { ...each, result: "superseded" } : each,
      ),
    },
    wentBack: true,
    failure: `${what}; ${now.told}.`,
    diagnoses,
  };
}

/** What has become of the environment. "Rolled back" says that the release before serves again, and nothing else. */
export function whereItLeaves(
  { complete, superseded }: Returned,
  before: number | undefined,
): { result: ReleaseResult; told: string } {
  const theirs =
    superseded.length > 0 ? [`somebody else has deployed ${superseded.join(", ")} in the meantime, which stays`] : [];
  const told = (ours: string) => [ours, ...theirs].join(", and ");
  if (!complete) return { result: "failed", told: told("not every service could be brought back") };
  if (before === undefined) return { result: "failed", told: told("there is no earlier release to return to") };
  if (superseded.length === 0) return { result: "rolled back", told: `release ${before} serves again` };
  return { result: "superseded", told: told(`the other services run release ${before} again`) };
}

/** A service that can't be looked into is no reason to leave the others broken. */
async function diagnose(
  run: LockedRun,
  { services }: ReleasedConfiguration,
  causes: readonly EndedRollout[],
): Promise<Diagnosis[]> {
  const found = await Promise.all(
    causes.map(async (ended) => {
      const service = services[ended.rollout.service];
      if (!service) return [];
      try {
        return [await diagnoseRollout(run, service, ended)];
      } catch (error) {
        if (!(error instanceof FardelError)) throw error;
        const message = `Why ${service.name} failed couldn't be found out: ${error.message}.`;
        run.emit({ type: "release.notice", message });
        return [];
      }
    }),
  );
  return found.flat();
}
