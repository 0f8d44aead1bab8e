import type { Task } from "../config/app.ts";
import { FardelError } from "../errors.ts";
import { runBeforeTasks } from "./before-tasks.ts";
import type { Changes } from "./changes.ts";
import type { CurrentState } from "./current.ts";
import { diagnoseRollout } from "./diagnose.ts";
import type { Diagnosis } from "./diagnosis.ts";
import type { ReleaseResult } from "./outcome.ts";
import type { Phases } from "./phases.ts";
import type { ReleasedConfiguration, ReleasedWorkload } from "./record.ts";
import { registerDefinitions } from "./register.ts";
import { returnToBefore } from "./return.ts";
import { type Rollouts, rollOut } from "./rollout.ts";
import { type Routing, routingOf } from "./routing.ts";
import { removeService, tagServices } from "./services.ts";
import type { LockedRun } from "./under-lock.ts";
import type { EndedRollout } from "./watch.ts";

/** A release that has its number, and all that it is to do. */
export interface OpenRelease {
  number: number;
  configuration: ReleasedConfiguration;
  changes: Changes;
  current: CurrentState;
  /** Tasks to run before any service changes. */
  before: readonly Task[];
  phases: Phases;
}

export interface Carried {
  result: ReleaseResult;
  definitions: ReadonlyMap<string, ReleasedWorkload>;
  rollouts: Rollouts;
  failure: string | undefined;
  diagnoses: Diagnosis[];
}

const nothingRolledOut: Rollouts = { ended: [], serving: true };

/** Task definitions, before-tasks, waves of rollouts, cleaning up; or the way back. */
export async function carryOut(run: LockedRun, release: OpenRelease): Promise<Carried> {
  const { number, configuration, changes, current, before, phases } = release;
  const definitions = await phases.measure("task definitions", () => registerDefinitions(run, changes, number));
  const arns = new Map([...definitions].map(([name, { taskDefinition }]) => [name, taskDefinition]));
  const failed =
    before.length > 0
      ? await phases.measure("before-tasks", () => runBeforeTasks(run, before, arns, number))
      : undefined;
  if (failed) {
    const { failure, diagnosis } = failed;
    run.emit({ type: "release.diagnosis", diagnosis });
    return { result: "failed", definitions, rollouts: nothingRolledOut, failure, diagnoses: [diagnosis] };
  }
  const routing = routingOf(run, current.rules, changes.rules, configuration);
  const { waves } = configuration.release;
  const rollouts = await phases.measure("rollouts", () =>
    rollOut(run, changes.services, waves, definitions, routing, number),
  );
  if (!rollouts.serving) return { definitions, rollouts, ...(await goBack(run, release, rollouts, routing)) };
  await phases.measure("cleaning up", () => cleanUp(run, release, rollouts, routing));
  return { result: "succeeded", definitions, rollouts, failure: undefined, diagnoses: [] };
}

/** The release serves whatever comes of this; what is left over, the next one finds. */
async function cleanUp(
  run: LockedRun,
  { changes, number }: OpenRelease,
  { ended }: Rollouts,
  routing: Routing,
): Promise<void> {
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
  } catch (error) {
    if (!(error instanceof FardelError) || run.signal.aborted) throw error;
    run.emit({ type: "release.notice", message: `Not everything could be cleaned up: ${error.message}.` });
  }
}

/** Finds out what failed while it can still be seen, then brings every service back. */
async function goBack(
  run: LockedRun,
  { changes, configuration, current, phases }: OpenRelease,
  rollouts: Rollouts,
  routing: Routing,
): Promise<Pick<Carried, "result" | "failure" | "diagnoses">> {
  const { ended, refusal } = rollouts;
  const failed = ended.filter(({ result }) => result === "rolled back" || result === "failed");
  if (failed.length === 0 && refusal === undefined) {
    const names = ended.filter(({ result }) => result === "superseded").map(({ rollout }) => rollout.service);
    const failure = `Somebody else has deployed ${names.join(", ")} in the meantime; their deployment goes on.`;
    return { result: "superseded", failure, diagnoses: [] };
  }
  // What only went back because another failed has nothing to tell.
  const causes = failed.filter(({ stopped }) => !stopped);
  const diagnoses = await phases.measure("diagnosis", () => diagnose(run, configuration, causes));
  for (const diagnosis of diagnoses) run.emit({ type: "release.diagnosis", diagnosis });
  const before = current.serving?.number;
  const { waves } = configuration.release;
  const returned = await phases.measure("return", () =>
    returnToBefore(run, { changes: changes.services, waves, rollouts, routing, state: current }),
  );
  const what = refusal ?? `The rollout of ${causes.map(({ rollout }) => rollout.service).join(", ")} failed`;
  const now = !returned
    ? "not every service could be brought back"
    : before === undefined
      ? "there is no earlier release to return to"
      : `release ${before} serves again`;
  return {
    result: returned && before !== undefined ? "rolled back" : "failed",
    failure: `${what}; ${now}.`,
    diagnoses,
  };
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
