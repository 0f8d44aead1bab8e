import { totalOf } from "../aws/calls.ts";
import type { Task } from "../config/app.ts";
import { FardelError } from "../errors.ts";
import type { BuiltFrom } from "../images/tags.ts";
import { type AtGate, type Carried, carryOut } from "./carry-out.ts";
import type { Changes } from "./changes.ts";
import type { CurrentState } from "./current.ts";
import { cameToServe, type ReleaseOutcome } from "./outcome.ts";
import type { Origin } from "./records/origin.ts";
import type { Phases } from "./records/phases.ts";
import {
  closeAbandoned,
  closeRecord,
  isHalfMade,
  keepRecord,
  type OpenRecord,
  openRecord,
  type ReleasedConfiguration,
  type ReleasedWorkload,
  type ReleaseRecord,
} from "./records/record.ts";
import type { LockedRun } from "./records/under-lock.ts";
import { serviceOutcomes } from "./rollout/service-outcomes.ts";
import { holdImages, type TaggedRelease, tagImages } from "./tags.ts";
import { awaitLeftoverTasks } from "./tasks/release-tasks.ts";

export interface PreparedRelease {
  origin: Origin;
  /** Milliseconds since 1970. */
  startedAt: number;
  phases: Phases;
  configuration: ReleasedConfiguration;
  current: CurrentState;
  /** Reference by digest, by image. */
  images: Record<string, string>;
  /** What is tagged once it serves. */
  tags: TaggedRelease;
  builtFrom?: BuiltFrom;
  imageTag?: string;
  rollbackTo?: number;
  redeploys?: number;
  /** Tasks to run before any service changes. */
  before: readonly Task[];
  /** Tasks to run when every old task has stopped. */
  after: readonly Task[];
  /** False where only a part of the app is released. */
  whole?: boolean;
  /** What is to be done; task definitions may say the number. */
  changes(number: number): Changes;
}

/** Gives a release its number and record, carries it out, and closes the record however it ends. */
export async function makeRelease(run: LockedRun, release: PreparedRelease): Promise<ReleaseOutcome> {
  const { current, phases, configuration, before, after } = release;
  // Images may have taken longer than the lease of a lock that couldn't be renewed.
  run.check();
  const opened = await openRecord(run.bucket, contentsOf(run, release), current.newest?.number ?? 0);
  const { number } = opened.record;
  await run.lock.name(number);
  const { environment } = run.descriptor;
  const { rollbackTo, redeploys } = release;
  run.emit({
    type: "release.started",
    release: number,
    environment,
    ...(rollbackTo !== undefined && { rollbackTo }),
    ...(redeploys !== undefined && { redeploys }),
  });
  const changes = release.changes(number);
  return conclude(run, opened, release, changes, async (atGate) => {
    await phases.measure("holding images", () => holdImages(run, opened.record.images, number));
    return carryOut(run, { number, configuration, changes, current, before, after, phases }, atGate);
  });
}

/** Does what is left to do of an open release, and closes its record however that ends, unless it waits for its approval. */
export async function conclude(
  run: LockedRun,
  opened: OpenRecord,
  release: PreparedRelease,
  changes: Changes,
  work: (atGate: AtGate) => Promise<Carried>,
): Promise<ReleaseOutcome> {
  const { current, startedAt, phases } = release;
  const { waiting: _, ...contents } = opened.record;
  const { number, phases: before } = contents;
  const reached = (definitions: ReadonlyMap<string, ReleasedWorkload>) => ({
    ...contents,
    ...workloadsOf(current, release.configuration, definitions),
    phases: [...before, ...phases.done],
  });
  const waitingFor = (services: string[]) => {
    const since = new Date(run.time.now()).toISOString();
    return { services, whole: release.whole ?? true, since };
  };
  let open = opened;
  const atGates = new Set<string>();
  let keeping: Promise<void> = Promise.resolve();
  const atGate: AtGate = (service, waits, definitions) => {
    if (waits) atGates.add(service);
    else atGates.delete(service);
    const waiting = atGates.size > 0 && { waiting: waitingFor([...atGates]) };
    // One write after the other: each must know the tag of the one before.
    keeping = keeping.then(async () => {
      run.check();
      open = await keepRecord(run.bucket, open, { ...reached(definitions), ...waiting });
    });
    return keeping;
  };
  let carried: Carried;
  try {
    carried = await work(atGate);
  } catch (error) {
    await closeBroken(run, open, release, error);
    throw error;
  }
  const { result, failure, diagnoses } = carried;
  if (cameToServe(result)) await phases.measure("tags", () => tagImages(run, release.tags, number));
  const outcome: ReleaseOutcome = {
    release: number,
    outcome: result,
    serving: cameToServe(result) ? number : current.serving?.number,
    services: serviceOutcomes(changes, carried),
    ...(failure !== undefined && { failure }),
    diagnoses,
    durationMs: run.time.now() - startedAt,
  };
  const record = { ...reached(carried.definitions), ...(failure !== undefined && { failure }) };
  if (result === "waiting") {
    const services = carried.rollouts.ended.flatMap((each) => (each.result === "waiting" ? each.rollout.service : []));
    await keepRecord(run.bucket, open, { ...record, waiting: waitingFor(services) });
    return outcome;
  }
  await close(run, open, { ...record, outcome: result });
  run.emit({ type: "release.finished", release: number, outcome: result, durationMs: outcome.durationMs });
  return outcome;
}

/** Closes the newest release if its process ended before it did, and waits for what that has left running. */
export async function closeInterrupted(run: LockedRun, { newest }: CurrentState): Promise<void> {
  if (newest === undefined || !isHalfMade(newest)) return;
  await awaitLeftoverTasks(run, newest);
  if (newest.outcome !== "in progress") return;
  run.check();
  await closeAbandoned(run.bucket, run.descriptor, newest.number, new Date(run.time.now()));
  const message = newest.waiting
    ? `Release ${newest.number} was still waiting for its approval; this release takes its place.`
    : `Release ${newest.number} was interrupted; what it began is brought to its end now.`;
  run.emit({ type: "release.notice", message });
}

function contentsOf(run: LockedRun, release: PreparedRelease): Parameters<typeof openRecord>[1] {
  const { app, environment } = run.descriptor;
  const { origin, images, configuration, startedAt, rollbackTo, redeploys, builtFrom, imageTag } = release;
  return {
    app,
    environment,
    ...(rollbackTo !== undefined && { rollbackTo }),
    ...(redeploys !== undefined && { redeploys }),
    ...(builtFrom && { builtFrom }),
    ...(imageTag !== undefined && { imageTag }),
    ...origin,
    images,
    services: {},
    tasks: {},
    configuration,
    started: new Date(startedAt).toISOString(),
  };
}

/** What a partial release leaves alone, goes on as the release before has it. */
function workloadsOf(
  { serving }: CurrentState,
  configuration: ReleasedConfiguration,
  definitions: ReadonlyMap<string, ReleasedWorkload>,
): Pick<ReleaseRecord, "services" | "tasks"> {
  const pick = (names: string[], before: Record<string, ReleasedWorkload> = {}) =>
    Object.fromEntries(
      names.flatMap((name) => {
        const workload = definitions.get(name) ?? before[name];
        return workload === undefined ? [] : [[name, workload]];
      }),
    );
  return {
    services: pick(Object.keys(configuration.services), serving?.services),
    tasks: pick(Object.keys(configuration.tasks), serving?.tasks),
  };
}

/** An exception is no outcome of ECS: the record says what happened here, and what ECS has begun goes on by itself. */
async function closeBroken(
  run: LockedRun,
  opened: OpenRecord,
  release: PreparedRelease,
  error: unknown,
): Promise<void> {
  const { current, configuration, phases } = release;
  const failure = error instanceof FardelError ? error.message : `It was interrupted: ${String(error)}`;
  await close(run, opened, {
    ...opened.record,
    ...workloadsOf(current, configuration, new Map()),
    outcome: "failed",
    phases: [...opened.record.phases, ...phases.done],
    failure,
  }).catch(() => {
    // The first failure is the one to tell; the next release closes the record.
  });
  const durationMs = run.time.now() - release.startedAt;
  run.emit({ type: "release.finished", release: opened.record.number, outcome: "failed", durationMs });
}

async function close(run: LockedRun, opened: OpenRecord, ended: ReleaseRecord): Promise<void> {
  const calls = run.aws.calls.counts();
  run.emit({ type: "release.calls", total: totalOf(calls), calls });
  const record = { ...ended, calls };
  // Whoever has the lock now closes it as interrupted.
  if (run.lock.signal.aborted) return;
  await closeRecord(run.bucket, opened, record, new Date(run.time.now()));
}
