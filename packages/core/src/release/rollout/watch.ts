import type { Service as EcsService, ServiceDeployment } from "@aws-sdk/client-ecs";
import { describeEcsServices } from "../current.ts";
import type { RolloutResult } from "../outcome.ts";
import type { Run } from "../run.ts";
import { sleep } from "../time.ts";
import { troubleStayingUp } from "./crash-loop.ts";
import { answerGate, type WaitingHook, waitingHook } from "./gates.ts";
import { isHopeless } from "./hopeless.ts";
import { lookAtRollout, nothingSeen, type RolloutSight } from "./rollout-progress.ts";
import { describeDeployments, sendDeploymentBack } from "./service-deployments.ts";
import { primaryOf, type StartedRollout, serviceDeployments } from "./services.ts";

/** How a rollout ended. */
export interface EndedRollout {
  rollout: StartedRollout;
  result: RolloutResult;
  /** What ECS says about it. */
  reason: string | undefined;
  /** What the load balancer last said about a target that it didn't take. */
  targetReason: string | undefined;
  /** Whether it went back only because another rollout had failed. */
  stopped: boolean;
  durationMs: number;
}

interface Watched {
  rollout: StartedRollout;
  /** ARN of the service deployment, once ECS shows it. */
  arn: string | undefined;
  sight: RolloutSight;
  /** Whether ECS has shown the service since. */
  seen: boolean;
  failing: boolean;
  stopped: boolean;
  /** The gate it waits at, or the last one. */
  hook: string | undefined;
  /** Whether it waits there for a person. */
  waits: boolean;
  /** The check of the gate it waits at, until it has been answered. */
  checking: Checking | undefined;
  /** Why it is sent back, where it isn't ECS that does. */
  refusal: string | undefined;
  ended: EndedRollout | undefined;
}

const firstDelayMs = 200;
/** The embedded region answers at once and bills nothing. */
const lastDelayMs = (local: boolean) => (local ? 250 : 2000);
/** Without a deployment there is no circuit breaker either, which would say that it won't come to anything. */
const scalingMs = 10 * 60_000;
/**
 * "The result of an API command you run … might not be immediately visible to all subsequent commands": for so long another count
 * than the one asked for is the one of before; later it is somebody else's.
 */
const staleMs = 15_000;

/**
 * Follows rollouts to their ends. Each is judged by the service deployment of its own revision alone: that the service is
 * stable says nothing, since it also is after a rollback. As soon as one fails, those still under way are told to go back.
 *
 * @param failed whether one that isn't among them has failed already.
 */
export async function watchRollouts(
  run: Run,
  rollouts: readonly StartedRollout[],
  failed = false,
): Promise<EndedRollout[]> {
  const watched = rollouts.map(
    (rollout): Watched => ({
      rollout,
      arn: undefined,
      sight: nothingSeen,
      seen: false,
      failing: false,
      stopped: false,
      hook: undefined,
      waits: false,
      checking: undefined,
      refusal: undefined,
      ended: undefined,
    }),
  );
  for (let delay = firstDelayMs; ; delay = Math.min(delay * 1.3, lastDelayMs(run.aws.target.endpoint !== undefined))) {
    await lookOnce(
      run,
      watched.filter(({ ended }) => ended === undefined),
    );
    const ends = watched.flatMap(({ ended }) => ended ?? []);
    if (ends.length === watched.length) return ends;
    const goesBack = failed || watched.some(hasFailed) || (await run.takenBack?.()) !== undefined;
    if (goesBack) await stopOthers(run, watched);
    await sleep(run.time, delay, run.signal);
  }
}

function hasFailed({ failing, ended }: Watched): boolean {
  return failing || ended?.result === "rolled back" || ended?.result === "failed";
}

async function lookOnce(run: Run, watched: readonly Watched[]): Promise<void> {
  await Promise.all(
    watched.filter(({ arn, rollout }) => arn === undefined && rollout.deploys).map((each) => find(run, each)),
  );
  const [deployments, services] = await Promise.all([
    describeDeployments(
      run,
      watched.flatMap(({ arn }) => arn ?? []),
    ),
    describeEcsServices(
      run.aws,
      run.descriptor.cluster,
      watched.map(({ rollout }) => rollout.ecsName),
    ),
  ]);
  await Promise.all(
    watched.map(async (each) => {
      const service = services.find(({ serviceName }) => serviceName === each.rollout.ecsName);
      const deployment = deployments.get(each.arn ?? "");
      await report(run, each, service, deployment);
      await judge(run, each, service, deployment);
    }),
  );
}

/** Finds the service deployment whose target is the revision with our task definition, and that wasn't there before. */
async function find(run: Run, watched: Watched): Promise<void> {
  const { known, ecsName, taskDefinition } = watched.rollout;
  const listed = await serviceDeployments(run, ecsName);
  const fresh = listed.filter(({ serviceDeploymentArn = "" }) => !known.has(serviceDeploymentArn));
  const serviceRevisionArns = fresh.flatMap(({ targetServiceRevisionArn }) => targetServiceRevisionArn ?? []);
  if (serviceRevisionArns.length === 0) return;
  const { serviceRevisions = [] } = await run.aws.ecs.describeServiceRevisions({ serviceRevisionArns });
  const ours = serviceRevisions.filter((revision) => revision.taskDefinition === taskDefinition);
  watched.arn = fresh.find(({ targetServiceRevisionArn }) =>
    ours.some(({ serviceRevisionArn }) => serviceRevisionArn === targetServiceRevisionArn),
  )?.serviceDeploymentArn;
}

async function report(
  run: Run,
  watched: Watched,
  service: EcsService | undefined,
  deployment: ServiceDeployment | undefined,
): Promise<void> {
  if (!service) return;
  const before = JSON.stringify(watched.sight.progress);
  watched.sight = await lookAtRollout(run, watched.rollout, service, watched.sight, deployment);
  const { progress } = watched.sight;
  if (progress && JSON.stringify(progress) !== before) run.emit({ type: "rollout.progress", ...progress });
}

async function judge(
  run: Run,
  watched: Watched,
  service: EcsService | undefined,
  deployment: ServiceDeployment | undefined,
): Promise<void> {
  const end = (result: RolloutResult, reason = watched.refusal ?? reasonOf(deployment)) =>
    endRollout(run, watched, result, reason);
  watched.seen ||= service !== undefined;
  if (!watched.rollout.deploys) return judgeScaling(run, watched.rollout, service, end);
  switch (deployment?.status) {
    case "SUCCESSFUL": {
      const trouble = service && (await troubleStayingUp(run, watched.rollout, service, deployment));
      return trouble === undefined ? end("serving") : end("failed", trouble);
    }
    case "ROLLBACK_SUCCESSFUL":
      return end("rolled back");
    case "ROLLBACK_FAILED":
      return end("failed");
    case "STOPPED":
      return end((await isSuperseded(run, watched)) ? "superseded" : "failed");
    case "STOP_REQUESTED":
    case "ROLLBACK_REQUESTED":
    case "ROLLBACK_IN_PROGRESS":
      watched.failing = true;
      return;
    default: {
      const primary = primaryOf(service);
      const gaveUp = primary?.id === watched.rollout.deployment && primary.rolloutState === "FAILED";
      // With nothing to go back to, ECS stops starting tasks and leaves it at that.
      if (gaveUp) end("failed", primary.rolloutStateReason);
      // One that has just been made may not show yet.
      else if (!service && watched.seen) end("failed", "The service was deleted while it was rolled out.");
      else if (deployment !== undefined) await guard(run, watched, deployment);
    }
  }
}

/** What ECS leaves to others while a deployment is under way: its gate, and tasks that never come up. */
async function guard(run: Run, watched: Watched, deployment: ServiceDeployment): Promise<void> {
  const hook = waitingHook(deployment);
  if (hook === undefined && watched.waits) {
    watched.waits = false;
    await run.atGate?.(watched.rollout.service, false);
  }
  if (hook !== undefined) await atGate(run, watched, hook);
  else if (isHopeless(watched.sight.progress, deployment)) {
    watched.refusal = "Its tasks failed too often before they were healthy.";
    await sendBack(run, watched);
  }
}

/** The check answers for itself; for a person's answer the rollout is left alone where nobody is to wait for it. */
async function atGate(run: Run, watched: Watched, { id, expires, otherwise }: WaitingHook): Promise<void> {
  const { rollout, arn = "" } = watched;
  const { service, gate } = rollout;
  const waits = (waitsFor: "approval" | "check") =>
    run.emit({
      type: "rollout.waiting",
      environment: run.descriptor.environment,
      service,
      waitsFor,
      ...(gate?.testUrl !== undefined && { testUrl: gate.testUrl }),
      ...(expires && { until: expires.toISOString() }),
      otherwise,
    });
  const waitsForPerson = async () => {
    watched.waits = true;
    await run.atGate?.(service, true);
    waits("approval");
  };
  if (watched.hook !== id) {
    watched.hook = id;
    if (gate?.check) waits("check");
    watched.checking = gate?.check ? begun(gate.check()) : undefined;
    if (!gate?.check) await waitsForPerson();
  }
  const { checking } = watched;
  if (checking !== undefined) {
    if (!checking.ended) return;
    watched.checking = undefined;
    const failure = checking.failure();
    run.emit({ type: "rollout.checked", service, ...(failure !== undefined && { failure }) });
    if (failure !== undefined) watched.refusal = `Its check failed: ${failure}.`;
    if (failure !== undefined || !gate?.approve) {
      run.check();
      await answerGate(run, arn, id, failure === undefined ? "CONTINUE" : "ROLLBACK");
      return;
    }
    await waitsForPerson();
  }
  if (run.leave?.aborted && gate?.approve !== false) endRollout(run, watched, "waiting", undefined);
}

/** A check that runs while the rollouts are watched on. */
interface Checking {
  ended: boolean;
  /** Why the revision isn't taken. Throws what has kept the check from an answer. */
  failure(): string | undefined;
}

function begun(check: Promise<string | undefined>): Checking {
  const checking: Checking = { ended: false, failure: () => undefined };
  const end = (failure: Checking["failure"]) => Object.assign(checking, { ended: true, failure });
  check.then(
    (found) => end(() => found),
    (error: unknown) =>
      end(() => {
        throw error;
      }),
  );
  return checking;
}

/** What ECS says of a rollout's end, and which alarms it was. */
function reasonOf(deployment: ServiceDeployment | undefined): string | undefined {
  const { statusReason, rollback, alarms } = deployment ?? {};
  const raised = alarms?.triggeredAlarmNames ?? [];
  const reason = statusReason ?? rollback?.reason;
  return raised.length === 0 ? reason : [reason, `In alarm: ${raised.join(", ")}.`].filter(Boolean).join(" ");
}

function judgeScaling(
  run: Run,
  { startedAt, desiredCount }: StartedRollout,
  service: EcsService | undefined,
  end: (result: RolloutResult, reason?: string) => void,
): void {
  const passedMs = run.time.now() - startedAt;
  const isOld = desiredCount !== undefined && service?.desiredCount !== desiredCount && passedMs < staleMs;
  if (service && !isOld && service.runningCount === service.desiredCount && service.pendingCount === 0) end("serving");
  else if (passedMs > scalingMs) end("failed", "The tasks asked for don't run after ten minutes.");
}

function endRollout(run: Run, watched: Watched, result: RolloutResult, reason: string | undefined): void {
  const { rollout, stopped, sight } = watched;
  const durationMs = run.time.now() - rollout.startedAt;
  watched.ended = { rollout, result, reason, targetReason: sight.targetReason, stopped, durationMs };
  const outcome = rollout.returns && result === "serving" ? "rolled back" : result;
  run.emit({ type: "rollout.finished", service: rollout.service, outcome, durationMs });
}

/** A newer deployment stops the one under way, which hasn't failed then: somebody else's release has taken over. */
async function isSuperseded(run: Run, { arn, rollout: { ecsName, known } }: Watched): Promise<boolean> {
  const [newest] = (await serviceDeployments(run, ecsName)).flatMap(
    ({ serviceDeploymentArn }) => serviceDeploymentArn ?? [],
  );
  return newest !== undefined && newest !== arn && !known.has(newest);
}

/** Sends the rollouts that are still under way back to where they came from, by ECS's own rollback. */
async function stopOthers(run: Run, watched: readonly Watched[]): Promise<void> {
  const others = watched.filter(({ failing, ended, arn }) => !failing && !ended && arn !== undefined);
  await Promise.all(
    others.map(async (each) => {
      each.stopped = true;
      if (!(await sendBack(run, each))) each.stopped = false;
    }),
  );
}

/** False when the rollout has come to its end in between, which the next look shows. */
async function sendBack(run: Run, watched: Watched): Promise<boolean> {
  if (watched.rollout.created) {
    // ECS has nothing to go back to: the service is removed afterwards.
    if (watched.stopped) endRollout(run, watched, "rolled back", "Another service of the release failed.");
    else endRollout(run, watched, "failed", watched.refusal);
    return true;
  }
  run.check();
  if (!(await sendDeploymentBack(run, watched.arn))) return false;
  watched.failing = true;
  return true;
}
