import type { Service as EcsService, ServiceDeployment } from "@aws-sdk/client-ecs";
import { isAwsError } from "../aws/errors.ts";
import { describeEcsServices } from "./current.ts";
import type { RolloutResult } from "./outcome.ts";
import { lookAtRollout, nothingSeen, type RolloutSight } from "./rollout-progress.ts";
import type { Run } from "./run.ts";
import { primaryOf, type StartedRollout, serviceDeployments } from "./services.ts";
import { sleep } from "./time.ts";

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
  ended: EndedRollout | undefined;
}

const firstDelayMs = 200;
/** The embedded region answers at once and bills nothing. */
const lastDelayMs = (local: boolean) => (local ? 250 : 2000);
/** Without a deployment there is no circuit breaker either, which would say that it won't come to anything. */
const scalingMs = 10 * 60_000;

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
    if (failed || watched.some(hasFailed)) await stopOthers(run, watched);
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
      await report(run, each, service);
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

async function describeDeployments(run: Run, arns: string[]): Promise<Map<string, ServiceDeployment>> {
  // "You can specify up to 20 ARNs."
  const batches = Array.from({ length: Math.ceil(arns.length / 20) }, (_, at) => arns.slice(at * 20, at * 20 + 20));
  const answers = await Promise.all(
    batches.map((serviceDeploymentArns) => run.aws.ecs.describeServiceDeployments({ serviceDeploymentArns })),
  );
  const found = answers.flatMap(({ serviceDeployments = [] }) => serviceDeployments);
  return new Map(found.map((deployment) => [deployment.serviceDeploymentArn ?? "", deployment]));
}

async function report(run: Run, watched: Watched, service: EcsService | undefined): Promise<void> {
  if (!service) return;
  const before = JSON.stringify(watched.sight.progress);
  watched.sight = await lookAtRollout(run, watched.rollout, service, watched.sight);
  const { progress } = watched.sight;
  if (progress && JSON.stringify(progress) !== before) run.emit({ type: "rollout.progress", ...progress });
}

async function judge(
  run: Run,
  watched: Watched,
  service: EcsService | undefined,
  deployment: ServiceDeployment | undefined,
): Promise<void> {
  const end = (result: RolloutResult, reason = deployment?.statusReason ?? deployment?.rollback?.reason) =>
    endRollout(run, watched, result, reason);
  watched.seen ||= service !== undefined;
  if (!watched.rollout.deploys) return judgeScaling(run, watched.rollout, service, end);
  switch (deployment?.status) {
    case "SUCCESSFUL":
      return end("serving");
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
    }
  }
}

function judgeScaling(
  run: Run,
  { startedAt }: StartedRollout,
  service: EcsService | undefined,
  end: (result: RolloutResult, reason?: string) => void,
): void {
  if (service && service.runningCount === service.desiredCount && service.pendingCount === 0) end("serving");
  else if (run.time.now() - startedAt > scalingMs) end("failed", "The tasks asked for don't run after ten minutes.");
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
      if (each.rollout.created) {
        each.stopped = true;
        // ECS has nothing to go back to: the service is removed afterwards.
        endRollout(run, each, "rolled back", "Another service of the release failed.");
        return;
      }
      run.check();
      try {
        await run.aws.ecs.stopServiceDeployment({ serviceDeploymentArn: each.arn, stopType: "ROLLBACK" });
        each.failing = true;
        each.stopped = true;
      } catch (error) {
        // It has come to its end in between, which the next look shows.
        if (!isAwsError(error, "ConflictException")) throw error;
      }
    }),
  );
}
