import { type AtGate, carryBack, carryOut, type OpenRelease } from "./carry-out.ts";
import { changesFor, type DefinitionChoice } from "./changes.ts";
import { type CurrentState, readCurrentState } from "./current.ts";
import { builtFrom, changesTo, definitionsOf, namesOf } from "./earlier-release.ts";
import { ecsServiceName } from "./names.ts";
import { conclude } from "./numbered-release.ts";
import type { ReleaseOutcome } from "./outcome.ts";
import type { Phases } from "./records/phases.ts";
import type { OpenRecord, ReleaseRecord } from "./records/record.ts";
import type { LockedRun } from "./records/under-lock.ts";
import { type NewestDeployment, newestDeployments, sendDeploymentBack } from "./rollout/service-deployments.ts";
import type { StartedRollout } from "./rollout/services.ts";
import { awaitLeftoverTasks } from "./tasks/release-tasks.ts";

/** Where an open release that nobody watches is to go. */
export type Direction =
  | { to: "end" }
  /** `takenBack` says who wanted it so, unless its rollouts themselves tell why. */
  | { to: "before"; takenBack?: string };

/** Brings a release that was left waiting to its end, from what its record and ECS say. */
export async function resumeWaiting(
  run: LockedRun,
  opened: OpenRecord,
  phases: Phases,
  direction: Direction,
): Promise<ReleaseOutcome> {
  const { record } = opened;
  const { services, since, whole } = record.waiting ?? { services: [], since: record.started, whole: true };
  // What was approved before, by somebody who hasn't come to its end, is no longer at its gate; others of its wave never were.
  const sentBack = direction.to === "before" ? await sendBackAll(run, Object.keys(record.configuration.services)) : [];
  const current = await lookAt(run, record);
  const left = { names: namesOf(record), definitions: definitionsOf(record), whole };
  const gap = { name: "waiting for approval", since };
  const definitions = new Map([...Object.entries(record.services), ...Object.entries(record.tasks)]);
  return takeUp(run, opened, phases, { current, left, gap }, (open, atGate) => {
    if (direction.to === "end") return carryOut(run, open, atGate);
    const goBack = new Set([...services, ...sentBack.map(({ service }) => service)]);
    const rollouts = [...goBack].map((service) =>
      sentBackRollout(run, current, service, definitions.get(service)?.taskDefinition),
    );
    // A new service has nothing to go back to, and nothing to watch: it is removed.
    const watched = direction.takenBack === undefined ? rollouts : rollouts.filter(({ created }) => !created);
    return carryBack(run, open, definitions, watched, direction.takenBack);
  });
}

/**
 * Brings back a release whose process has ended in the middle of it. Of what it was to run no record says anything; its services
 * get what the release before says.
 *
 * @returns undefined where more has changed than services that are being rolled out: then it takes a release to go back.
 */
export async function bringBackInterrupted(
  run: LockedRun,
  opened: OpenRecord,
  phases: Phases,
  serving: ReleaseRecord,
  takenBack: string,
): Promise<ReleaseOutcome | undefined> {
  const { record } = opened;
  const sentBack = await sendBackAll(run, Object.keys(record.configuration.services));
  await awaitLeftoverTasks(run, record);
  const current = await lookAt(run, record);
  const { services, scaling, schedules } = changesTo(serving, current, run.descriptor);
  if (services.some(({ action }) => action === "create") || scaling.length > 0 || schedules.length > 0)
    return undefined;
  const there = [...current.services].filter(([name]) => name in record.configuration.services);
  const definitions = new Map(
    there.map(([name, { definition }]): [string, DefinitionChoice] => [
      name,
      { kind: "registered", arn: definition?.taskDefinitionArn ?? "", image: "" },
    ]),
  );
  const left = { names: new Set(definitions.keys()), definitions, whole: false };
  const gap = { name: "unwatched", since: record.started };
  return takeUp(run, opened, phases, { current, left, gap }, async (open) => {
    const rollouts = await Promise.all(sentBack.map((each) => rolloutOf(run, current, each)));
    return carryBack(run, open, new Map(), rollouts, takenBack);
  });
}

function lookAt(run: LockedRun, { configuration }: ReleaseRecord): Promise<CurrentState> {
  return readCurrentState(run.aws, run.descriptor, run.bucket, Object.keys(configuration.services));
}

interface LeftOpen {
  current: CurrentState;
  /** What the release is of. */
  left: Omit<Parameters<typeof changesFor>[0], "configuration">;
  /** The time in which nobody worked on it, and since when that was: ISO 8601. */
  gap: { name: string; since: string };
}

async function takeUp(
  run: LockedRun,
  opened: OpenRecord,
  phases: Phases,
  { current, left, gap }: LeftOpen,
  work: (open: OpenRelease, atGate: AtGate) => ReturnType<typeof carryOut>,
): Promise<ReleaseOutcome> {
  const { record } = opened;
  const { number, configuration, images, actor, host } = record;
  const startedAt = Date.parse(record.started);
  const paused = Date.parse(gap.since);
  const wait = { name: gap.name, startMs: paused - startedAt, durationMs: run.time.now() - paused };
  const reopened = { ...opened, record: { ...record, phases: [...record.phases, wait] } };
  const changes = changesFor({ ...left, configuration }, current, run.descriptor);
  const after = configuration.release.after.flatMap((name) => configuration.tasks[name] ?? []);
  const open: OpenRelease = { number, configuration, changes, current, before: [], after, phases };
  const prepared = {
    ...open,
    origin: { actor, host },
    startedAt,
    images,
    tags: { configuration, names: left.names, images, builtFrom: builtFrom(record) },
    whole: left.whole,
    changes: () => changes,
  };
  return conclude(run, reopened, prepared, changes, (atGate) => work(open, atGate));
}

/** Sends back every deployment that is under way and has something to go back to; those on their way already are among them. */
async function sendBackAll(run: LockedRun, services: readonly string[]): Promise<NewestDeployment[]> {
  const underWay = await newestDeployments(run, services, [
    "PENDING",
    "IN_PROGRESS",
    "ROLLBACK_REQUESTED",
    "ROLLBACK_IN_PROGRESS",
  ]);
  const returning = underWay.filter(({ deployment }) => (deployment.sourceServiceRevisions ?? []).length > 0);
  run.check();
  await Promise.all(
    returning
      .filter(({ deployment: { status } }) => status === "PENDING" || status === "IN_PROGRESS")
      .map(({ deployment }) => sendDeploymentBack(run, deployment.serviceDeploymentArn)),
  );
  return returning;
}

async function rolloutOf(
  run: LockedRun,
  current: CurrentState,
  { service, deployment }: NewestDeployment,
): Promise<StartedRollout> {
  const target = deployment.targetServiceRevision?.arn ?? "";
  const { serviceRevisions = [] } = await run.aws.ecs.describeServiceRevisions({ serviceRevisionArns: [target] });
  return sentBackRollout(run, current, service, serviceRevisions[0]?.taskDefinition);
}

/** A rollout that another process has begun, as far as it takes to watch it go back. */
function sentBackRollout(run: LockedRun, current: CurrentState, service: string, taskDefinition = ""): StartedRollout {
  const ecs = current.services.get(service)?.ecs;
  return {
    service,
    ecsName: ecsServiceName(run.descriptor.app, service),
    arn: ecs?.serviceArn ?? "",
    created: current.serving?.services[service] === undefined,
    returns: false,
    taskDefinition,
    deployment: ecs?.deployments?.find((each) => each.taskDefinition === taskDefinition)?.id ?? "",
    known: new Set(),
    deploys: true,
    targetGroup: undefined,
    startedAt: run.time.now(),
  };
}
