import { FardelError } from "../errors.ts";
import type { ReleaseOutcome } from "./outcome.ts";
import type { LockHolder } from "./records/lock.ts";
import { phasesSince } from "./records/phases.ts";
import { type OpenRecord, openRelease } from "./records/record.ts";
import { stateBucket } from "./records/state-bucket.ts";
import { currentHolder, underLock } from "./records/under-lock.ts";
import type { ChangeRequest, Surroundings } from "./request.ts";
import { resumeWaiting } from "./resume.ts";
import { answerGate, waitingHook } from "./rollout/gates.ts";
import { newestDeployments } from "./rollout/service-deployments.ts";
import { systemTime } from "./time.ts";

export interface AnswerRequest extends ChangeRequest {
  action: "approve" | "reject";
  /** The service whose gate is answered; unless given, every one that waits. */
  service?: string;
}

/** What an answer has come to. */
export interface Answer {
  /** The release, and which of its services were answered. */
  release: number;
  services: string[];
  /** Who brings the release to its end; undefined where this command has done that, or nobody does. */
  followedBy: LockHolder | undefined;
  /** How it ended; undefined where somebody else follows it. */
  outcome: ReleaseOutcome | undefined;
}

/** A rollout that waits at its gate. */
export interface WaitingRollout {
  service: string;
  /** ARN of the service deployment. */
  deployment: string;
  hook: string;
}

/**
 * Approves or rejects what waits of the newest release, from any machine. Whoever holds its lock sees the answer and goes on; where
 * nobody does, since the release was left waiting, this brings it to its end.
 *
 * @throws FardelError `NOTHING_WAITS`, and as `deploy`.
 */
export async function answerRelease(request: AnswerRequest): Promise<Answer> {
  const { aws, descriptor, action, service } = request;
  const bucket = stateBucket(aws, descriptor.stateBucket);
  const opened = await openRelease(bucket, descriptor);
  const all =
    opened === undefined ? [] : await waitingRollouts(request, Object.keys(opened.record.configuration.services));
  const waiting = all.filter((each) => service === undefined || each.service === service);
  const left = opened?.record.waiting?.services ?? [];
  if (opened === undefined || (waiting.length === 0 && left.length === 0)) throw nothingWaits(request);
  const answer = action === "approve" ? "CONTINUE" : "ROLLBACK";
  const services: string[] = [];
  for (const each of waiting) {
    if (await answerGate(request, each.deployment, each.hook, answer)) services.push(each.service);
  }
  const { number } = opened.record;
  const followedBy = await currentHolder(request);
  // Somebody else has answered, maybe otherwise.
  if (services.length === 0 && (waiting.length > 0 || followedBy !== undefined)) throw nothingWaits(request);
  // One whose process has died in the middle of it is for the next release to close: its record doesn't say how to go on.
  if (followedBy !== undefined || opened.record.waiting === undefined) {
    return { release: number, services, followedBy, outcome: undefined };
  }
  return { release: number, services, followedBy, outcome: await bringToEnd(request, opened) };
}

/** The rollouts of these services that wait at a gate. */
export async function waitingRollouts(
  surroundings: Surroundings,
  services: readonly string[],
): Promise<WaitingRollout[]> {
  const newest = await newestDeployments(surroundings, services, ["IN_PROGRESS"]);
  return newest.flatMap(({ service, deployment }) => {
    const hook = waitingHook(deployment);
    return hook === undefined ? [] : [{ service, deployment: deployment.serviceDeploymentArn ?? "", hook: hook.id }];
  });
}

/** Brings a release that was left waiting to its end, unless somebody else has just done that. */
function bringToEnd(request: AnswerRequest, { record }: OpenRecord): Promise<ReleaseOutcome> {
  const { descriptor, action, emit, time = systemTime } = request;
  const phases = phasesSince(Date.parse(record.started), time, emit);
  return underLock({ ...request, emit: phases.emit }, action, async (run) => {
    await run.lock.name(record.number);
    const opened = await openRelease(run.bucket, descriptor);
    if (opened?.record.waiting === undefined || opened.record.number !== record.number) throw nothingWaits(request);
    return resumeWaiting(run, opened, phases, { to: action === "approve" ? "end" : "before" });
  });
}

function nothingWaits({ descriptor, action, service }: AnswerRequest): FardelError {
  const { app, environment } = descriptor;
  const what = service === undefined ? `Nothing of ${app}` : `No rollout of ${service}`;
  return new FardelError(
    "NOTHING_WAITS",
    `${what} waits in ${environment} to be ${action === "approve" ? "approved" : "rejected"}.`,
    {
      fix: `\`fardel status ${environment}\` shows what is under way.`,
    },
  );
}
