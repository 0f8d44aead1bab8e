import { FardelError } from "../errors.ts";
import { carryBack, carryOut, type OpenRelease } from "./carry-out.ts";
import { changesFor } from "./changes.ts";
import { readCurrentState } from "./current.ts";
import { answerGate, waitingHook } from "./gates.ts";
import { type LockHolder, lockHolder } from "./lock.ts";
import { ecsServiceName } from "./names.ts";
import { conclude } from "./numbered-release.ts";
import type { ReleaseOutcome } from "./outcome.ts";
import { phasesSince } from "./phases.ts";
import { type OpenRecord, openRelease, type ReleaseRecord } from "./record.ts";
import type { ChangeRequest, Surroundings } from "./request.ts";
import { builtFrom, definitionsOf } from "./rollback.ts";
import { type StartedRollout, serviceDeployments } from "./services.ts";
import { stateBucket } from "./state-bucket.ts";
import { systemTime } from "./time.ts";
import { type LockedRun, underLock } from "./under-lock.ts";

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
  const { aws, descriptor, action, service, time = systemTime } = request;
  const bucket = stateBucket(aws, descriptor.stateBucket);
  const opened = await openRelease(bucket, descriptor);
  const all =
    opened === undefined ? [] : await waitingRollouts(request, Object.keys(opened.record.configuration.services));
  const waiting = all.filter((each) => service === undefined || each.service === service);
  const left = opened?.record.waiting?.services ?? [];
  if (opened === undefined || (waiting.length === 0 && left.length === 0)) throw nothingWaits(request);
  const answer = action === "approve" ? "CONTINUE" : "ROLLBACK";
  for (const each of waiting) await answerGate(request, each.deployment, each.hook, answer);
  const services = waiting.map((each) => each.service);
  const { number } = opened.record;
  const followedBy = await lockHolder(bucket, descriptor, time);
  // One whose process has died in the middle of it is for the next release to close: its record doesn't say how to go on.
  if (followedBy !== undefined || opened.record.waiting === undefined) {
    return { release: number, services, followedBy, outcome: undefined };
  }
  return { release: number, services, followedBy, outcome: await resume(request, opened) };
}

/** The rollouts of these services that wait at a gate. */
export async function waitingRollouts(
  { aws, descriptor }: Surroundings,
  services: readonly string[],
): Promise<WaitingRollout[]> {
  const found = await Promise.all(
    services.map(async (service) => {
      const [newest] = await serviceDeployments({ aws, descriptor }, ecsServiceName(descriptor.app, service));
      if (newest?.serviceDeploymentArn === undefined || newest.status !== "IN_PROGRESS") return [];
      const deployment = newest.serviceDeploymentArn;
      const { serviceDeployments: described = [] } = await aws.ecs.describeServiceDeployments({
        serviceDeploymentArns: [deployment],
      });
      const hook = described[0] && waitingHook(described[0]);
      return hook === undefined ? [] : [{ service, deployment, hook: hook.id }];
    }),
  );
  return found.flat();
}

/** Goes on with a release that was left waiting, from what its record and ECS say. */
function resume(request: AnswerRequest, opened: OpenRecord): Promise<ReleaseOutcome> {
  const { aws, descriptor, action, emit, time = systemTime } = request;
  const { record } = opened;
  const { number, configuration } = record;
  const startedAt = Date.parse(record.started);
  const phases = phasesSince(startedAt, time, emit);
  return underLock({ ...request, emit: phases.emit }, action, async (run) => {
    await run.lock.name(number);
    const paused = Date.parse(record.waiting?.since ?? record.started);
    const wait = { name: "waiting for approval", startMs: paused - startedAt, durationMs: time.now() - paused };
    const reopened = { ...opened, record: { ...record, phases: [...record.phases, wait] } };
    const current = await readCurrentState(aws, descriptor, run.bucket, Object.keys(configuration.services));
    const target = {
      configuration,
      names: new Set([...Object.keys(record.services), ...Object.keys(record.tasks)]),
      definitions: definitionsOf(record),
      whole: record.waiting?.whole ?? true,
    };
    const changes = changesFor(target, current, descriptor);
    const after = configuration.release.after.flatMap((name) => configuration.tasks[name] ?? []);
    const open: OpenRelease = { number, configuration, changes, current, before: [], after, phases };
    const { images, actor, host } = record;
    const { names } = target;
    const prepared = {
      ...open,
      origin: { actor, host },
      startedAt,
      images,
      tags: { configuration, names, images, builtFrom: builtFrom(record) },
      whole: target.whole,
      changes: () => changes,
    };
    const work = () => (action === "approve" ? carryOut(run, open) : takeBack(run, open, record));
    return conclude(run, reopened, prepared, changes, work);
  });
}

async function takeBack(run: LockedRun, open: OpenRelease, record: ReleaseRecord) {
  const definitions = new Map([...Object.entries(record.services), ...Object.entries(record.tasks)]);
  const rejected = (record.waiting?.services ?? []).flatMap((service): StartedRollout[] => {
    const ecs = open.current.services.get(service)?.ecs;
    const taskDefinition = definitions.get(service)?.taskDefinition ?? "";
    return [
      {
        service,
        ecsName: ecsServiceName(run.descriptor.app, service),
        arn: ecs?.serviceArn ?? "",
        created: open.current.serving?.services[service] === undefined,
        returns: false,
        taskDefinition,
        deployment: ecs?.deployments?.find((each) => each.taskDefinition === taskDefinition)?.id ?? "",
        known: new Set(),
        deploys: true,
        targetGroup: undefined,
        startedAt: run.time.now(),
      },
    ];
  });
  return carryBack(run, open, definitions, rejected);
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
