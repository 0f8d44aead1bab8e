import type { Aws } from "../aws/clients.ts";
import { FardelError } from "../errors.ts";
import type { EnvironmentDescriptor } from "../infra/descriptor.ts";
import { atOnce, restoreGates } from "./at-once.ts";
import { isNothing, type ServiceChange } from "./changes.ts";
import { type CurrentState, readCurrentState } from "./current.ts";
import { builtFrom, changesTo, commitOf, namesOf } from "./earlier-release.ts";
import { lastPart } from "./names.ts";
import { closeInterrupted, makeRelease } from "./numbered-release.ts";
import { cameToServe, type ReleaseOutcome } from "./outcome.ts";
import { phasesSince } from "./records/phases.ts";
import {
  isHalfMade,
  latestSuccessful,
  listReleases,
  type ReleaseRecord,
  readRelease,
  sourceOf,
} from "./records/record.ts";
import type { StateBucket } from "./records/state-bucket.ts";
import { type LockedRun, underLock } from "./records/under-lock.ts";
import type { RollbackRequest } from "./request.ts";
import { confirmServing } from "./rollout/confirm-serving.ts";
import { takeBack } from "./take-back.ts";
import { systemTime } from "./time.ts";

/**
 * Returns to an earlier release. Unless told which, a release that is under way is taken back (`takeBack`), so that what it was to
 * replace serves on; else a new release is made of an earlier one's task definitions and configuration.
 *
 * @returns as `deploy`; `unchanged` when that release is the one that serves.
 * @throws FardelError `RELEASE_UNKNOWN`, `ROLLBACK_FAILED_RELEASE` when that release never served, `ROLLBACK_NOWHERE` when
 * there is no earlier successful one, and as `deploy`.
 */
export async function rollback(request: RollbackRequest): Promise<ReleaseOutcome> {
  if (request.to !== undefined) return releaseAgain(request).catch(tellHowToTakeBack);
  const taken = await takeBack(request);
  return taken ?? releaseAgain(request);
}

/**
 * The same way as any other release, but without before- and after-tasks, since what they have done to a database stays, and at
 * once, since somebody wants it who has just seen something go wrong.
 */
async function releaseAgain(request: RollbackRequest): Promise<ReleaseOutcome> {
  const { aws, descriptor, origin, emit, time = systemTime } = request;
  const startedAt = time.now();
  const phases = phasesSince(startedAt, time, emit);
  return underLock({ ...request, emit: phases.emit }, "rollback", async (run) => {
    phases.passed("lock");
    const { to, current } = await phases.measure("looking", async () => {
      const found = await lookBack(run, request.to);
      await closeInterrupted(run, found.current);
      return found;
    });
    checkTargetGroups(to, descriptor);
    await checkDefinitions(aws, to);
    const changes = changesTo(to, current, descriptor);
    if (current.serving?.number === to.number && isNothing(changes, to))
      return confirmServing(run, Object.values(to.configuration.services), to, startedAt);
    const outcome = await makeRelease(run, {
      // The commit is that of what is brought back, the rest says who brought it back, and where.
      origin: { ...commitOf(to), actor: origin.actor, host: origin.host },
      startedAt,
      phases,
      configuration: to.configuration,
      current,
      images: to.images,
      tags: { configuration: to.configuration, names: namesOf(to), images: to.images, builtFrom: builtFrom(to) },
      ...(to.builtFrom && { builtFrom: to.builtFrom }),
      rollbackTo: to.number,
      before: [],
      after: [],
      changes: () => atOnce(changes),
    });
    if (outcome.serving === outcome.release) await restoreGates(run, changes);
    return outcome;
  });
}

/** A release under way is taken back at once, but not to just any release. */
function tellHowToTakeBack(error: unknown): never {
  if (!(error instanceof FardelError) || error.code !== "RELEASE_LOCKED") throw error;
  const { code, message, where, exitCode } = error;
  throw new FardelError(code, message, {
    ...(where !== undefined && { where }),
    why: "--to makes a new release, which can't begin before that one has ended.",
    fix: "Run `fardel rollback` without --to, which takes it back at once, or give --wait-for-lock.",
    exitCode,
  });
}

/**
 * The release to go back to, and what there is. Where a release has failed half-way, or somebody else has deployed since, the
 * last good one no longer serves, and is where to go; else the one before it.
 */
async function lookBack(run: LockedRun, number: number | undefined) {
  const { aws, descriptor, bucket } = run;
  const look = (to: ReleaseRecord) => readCurrentState(aws, descriptor, bucket, Object.keys(to.services));
  const [serving, [newest]] = await Promise.all([
    latestSuccessful(bucket, descriptor),
    listReleases(bucket, descriptor, 1),
  ]);
  const disturbed = newest !== undefined && (isHalfMade(newest) || newest.outcome === "superseded");
  if (serving && disturbed && number === undefined) {
    const current = await look(serving);
    if (servesOther(serving, current, descriptor)) return { to: serving, current };
  }
  const to = await releaseToReturnTo(bucket, descriptor, serving, number);
  return { to, current: await look(to) };
}

/** What ECS keeps of a release that it sends back. */
const keptOnTheWayBack = /^service\.(deployment\.|circuitBreaker\.|healthCheckGracePeriodSeconds$)/;

/** Whether something else serves than a release has left behind. How services are rolled out is no part of that. */
function servesOther(release: ReleaseRecord, current: CurrentState, descriptor: EnvironmentDescriptor): boolean {
  const changes = changesTo(release, current, descriptor);
  const services = changes.services.map((change): ServiceChange => {
    const same = change.differences.every(({ path }) => keptOnTheWayBack.test(path));
    return change.action === "update" && same ? { ...change, action: "none" } : change;
  });
  return !isNothing({ ...changes, services }, release);
}

async function releaseToReturnTo(
  bucket: StateBucket,
  descriptor: EnvironmentDescriptor,
  serving: ReleaseRecord | undefined,
  number: number | undefined,
): Promise<ReleaseRecord> {
  const { app, environment } = descriptor;
  if (number !== undefined) {
    const record = await readRelease(bucket, descriptor, number);
    if (cameToServe(record.outcome)) return record;
    throw new FardelError("ROLLBACK_FAILED_RELEASE", `Release ${number} never served: it ${told(record)}.`, {
      fix: `Choose one that served; \`fardel history ${environment}\` lists them.`,
    });
  }
  // What the serving release has brought back, or started anew, is what it serves: before that one is where to go next.
  const before = serving && (await latestSuccessful(bucket, descriptor, sourceOf(serving)));
  if (before) return before;
  throw new FardelError("ROLLBACK_NOWHERE", `There is no release of ${app} in ${environment} to return to.`, {
    why: serving ? `Release ${serving.number} is the first that served.` : "None has served yet.",
  });
}

function told({ outcome }: ReleaseRecord): string {
  return outcome === "in progress" ? "is still in progress" : `was ${outcome}`.replace("was failed", "failed");
}

function checkTargetGroups({ number, configuration }: ReleaseRecord, { targetGroups }: EnvironmentDescriptor): void {
  const missing = Object.values(configuration.services).find(
    ({ name, route }) => route !== undefined && targetGroups[name] === undefined,
  );
  if (missing === undefined) return;
  throw new FardelError("ROLLBACK_INFRASTRUCTURE", `Release ${number} can't be brought back as it was.`, {
    why: `Its service ${missing.name} needs a target group that the load balancer no longer has.`,
    fix: "Put the service back into the manifest and run `fardel up`.",
  });
}

/** `down` deregisters them, and a new deployment can't have one that is INACTIVE. */
async function checkDefinitions(aws: Aws, { number, services, tasks }: ReleaseRecord): Promise<void> {
  const arns = [...Object.values(services), ...Object.values(tasks)].map(({ taskDefinition }) => taskDefinition);
  const described = await Promise.all(arns.map((arn) => aws.ecs.describeTaskDefinition({ taskDefinition: arn })));
  const gone = described.find(({ taskDefinition }) => taskDefinition?.status !== "ACTIVE");
  if (gone === undefined) return;
  throw new FardelError("ROLLBACK_DEREGISTERED", `Release ${number} can't be brought back.`, {
    why: `Its task definition ${lastPart(gone.taskDefinition?.taskDefinitionArn)} was deregistered, as \`fardel down\` does.`,
    fix: "Check out its commit and run `fardel deploy`.",
  });
}
