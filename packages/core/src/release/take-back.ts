import { verifyAccount } from "../aws/account.ts";
import { FardelError } from "../errors.ts";
import { cameToServe, type ReleaseOutcome, type ServiceOutcome } from "./outcome.ts";
import type { LockHolder } from "./records/lock.ts";
import { phasesSince } from "./records/phases.ts";
import { latestSuccessful, type OpenRecord, openRelease, type ReleaseRecord, readRelease } from "./records/record.ts";
import { requestReturn, takenBackBy, takenBackText } from "./records/return-request.ts";
import { type StateBucket, stateBucket } from "./records/state-bucket.ts";
import { currentHolder, underLock } from "./records/under-lock.ts";
import type { ChangeRequest } from "./request.ts";
import { bringBackInterrupted, resumeWaiting } from "./resume.ts";
import { type NewestDeployment, newestDeployments, sendDeploymentBack } from "./rollout/service-deployments.ts";
import { sleep, systemTime } from "./time.ts";

/** A release that is under way, and what it takes the place of. */
interface UnderWay {
  bucket: StateBucket;
  record: ReleaseRecord;
  serving: ReleaseRecord;
  /** What of its services ECS was asked to send back. */
  sentBack: readonly string[];
}

const pollMs = 500;

/**
 * Takes back the release that is under way, from any machine: ECS is asked at once to return its services to the revisions before,
 * and whoever holds the lock of the release sees that and brings the rest of it back. Where nobody does, or that process ends
 * before its release has, this one does.
 *
 * A rollback is not taken back: of two people who see that something is wrong, the second would undo what the first has done.
 *
 * @returns undefined where no release is under way that has another one to go back to, or where it has come to serve before.
 */
export async function takeBack(request: ChangeRequest): Promise<ReleaseOutcome | undefined> {
  const { aws, descriptor, origin, emit, time = systemTime } = request;
  const bucket = stateBucket(aws, descriptor.stateBucket);
  const began = time.now();
  const [opened, holder, serving] = await Promise.all([
    openRelease(bucket, descriptor),
    currentHolder(request),
    latestSuccessful(bucket, descriptor),
    verifyAccount(aws),
  ]);
  if (opened === undefined || serving === undefined || !mayBeTakenBack(opened, holder)) return undefined;
  const { record } = opened;
  const { number } = record;
  emit({ type: "release.notice", message: `Taking back release ${number}${whose(holder)}.` });
  // First what is under way, then the request: what begins after it leads back.
  const underWay = await newestDeployments(request, Object.keys(record.configuration.services), [
    "PENDING",
    "IN_PROGRESS",
  ]);
  const { actor, host } = origin;
  const at = new Date(time.now()).toISOString();
  const first = await requestReturn(bucket, descriptor, number, { by: { actor, host }, at });
  const sentBack = first ? await sendBack(request, underWay) : [];
  if (sentBack.length > 0) emit({ type: "release.notice", message: `ECS returns ${sentBack.join(", ")}.` });
  const ended = await untilEnded(request, { bucket, record, serving, sentBack });
  return ended && { ...ended, durationMs: time.now() - began, takenBack: true };
}

function mayBeTakenBack({ record }: OpenRecord, holder: LockHolder | undefined): boolean {
  return record.rollbackTo === undefined && (holder === undefined || holder.release === record.number);
}

function whose(holder: LockHolder | undefined): string {
  return holder === undefined ? ", which nobody watches" : ` of ${holder.actor} on ${holder.host}, which ends there`;
}

/** The first deployment of a service has nothing to go back to: the service is removed with the rest of the release. */
async function sendBack(request: ChangeRequest, underWay: readonly NewestDeployment[]): Promise<string[]> {
  const sent = await Promise.all(
    underWay.map(async ({ service, deployment }) => {
      const { sourceServiceRevisions = [], serviceDeploymentArn } = deployment;
      if (sourceServiceRevisions.length === 0) return [];
      return (await sendDeploymentBack(request, serviceDeploymentArn)) ? [service] : [];
    }),
  );
  return sent.flat();
}

/** Waits for whoever holds the release's lock to bring it back, and does that instead as soon as nobody does. */
async function untilEnded(request: ChangeRequest, underWay: UnderWay): Promise<ReleaseOutcome | undefined> {
  const { descriptor, time = systemTime, signal } = request;
  const { bucket, record } = underWay;
  for (;;) {
    const found = await readRelease(bucket, descriptor, record.number);
    const holder = await currentHolder(request);
    const isOpen = found.outcome === "in progress";
    // After one that has come to serve a new release begins, which needs the lock.
    const isHeld = cameToServe(found.outcome) && holder?.release === record.number;
    if (!isOpen && !isHeld) return outcomeOf(found, underWay);
    if (isOpen && holder === undefined) {
      const brought = await bringBack(request, underWay);
      if (brought !== "locked") return brought;
    }
    await sleep(time, pollMs, signal);
  }
}

/** As its record tells it; one that was faster, and serves, is none that was taken back. */
function outcomeOf(record: ReleaseRecord, { serving, sentBack }: UnderWay): ReleaseOutcome | undefined {
  const { number, outcome, failure } = record;
  if (outcome === "in progress" || cameToServe(outcome)) return undefined;
  // Of one that couldn't be brought back, or that was overtaken, its record doesn't say what each service runs.
  const returned = outcome === "rolled back" ? sentBack : [];
  const services = returned.map((service): [string, ServiceOutcome] => {
    const { taskDefinition } = serving.services[service] ?? {};
    return [
      service,
      { change: "updated", result: "rolled back", ...(taskDefinition !== undefined && { taskDefinition }) },
    ];
  });
  return {
    release: number,
    outcome,
    serving: serving.number,
    services: Object.fromEntries(services),
    ...(failure !== undefined && { failure }),
    diagnoses: [],
    durationMs: 0,
  };
}

async function bringBack(request: ChangeRequest, underWay: UnderWay): Promise<ReleaseOutcome | undefined | "locked"> {
  const { descriptor, emit, origin, time = systemTime } = request;
  const { bucket, record, serving } = underWay;
  const phases = phasesSince(Date.parse(record.started), time, emit);
  const by = (await takenBackBy(bucket, descriptor, record.number)) ?? takenBackText(origin);
  try {
    return await underLock({ ...request, waitForLock: false, emit: phases.emit }, "rollback", async (run) => {
      await run.lock.name(record.number);
      const opened = await openRelease(bucket, descriptor);
      if (opened?.record.number !== record.number) {
        return outcomeOf(await readRelease(bucket, descriptor, record.number), underWay);
      }
      if (opened.record.waiting === undefined) return bringBackInterrupted(run, opened, phases, serving, by);
      return resumeWaiting(run, opened, phases, { to: "before", takenBack: by });
    });
  } catch (error) {
    if (error instanceof FardelError && error.code === "RELEASE_LOCKED") return "locked";
    throw error;
  }
}
