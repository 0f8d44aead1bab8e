import type { Service as EcsService } from "@aws-sdk/client-ecs";
import type { Service } from "../../config/app.ts";
import { describeEcsServices } from "../current.ts";
import { diagnoseRollout } from "../diagnosis/diagnose.ts";
import { ecsServiceName } from "../names.ts";
import type { ReleaseOutcome } from "../outcome.ts";
import type { ReleaseRecord } from "../records/record.ts";
import type { Run } from "../run.ts";
import { sleep } from "../time.ts";
import { crashedTasks, startedSince } from "./crash-loop.ts";
import { primaryOf } from "./services.ts";

/** How long tasks that are just being replaced may take to be there. */
const patienceMs = 60_000;
const pollMs = 1000;
/** A service whose tasks keep ending by themselves this recently doesn't serve, however many run right now. */
const recentMs = 5 * 60_000;

/**
 * The outcome of a release in which nothing had to change. It makes no record, but exit code 0 still has to mean that the
 * services run: those that are short of tasks are waited for, and one whose tasks keep ending is told with the reason.
 */
export async function confirmServing(
  run: Run,
  services: readonly Service[],
  serving: ReleaseRecord,
  startedAt: number,
): Promise<ReleaseOutcome> {
  const troubled = await findTroubled(run, services);
  const diagnoses = await Promise.all(troubled.map(({ service, ecs }) => diagnose(run, service, ecs)));
  for (const diagnosis of diagnoses) run.emit({ type: "release.diagnosis", diagnosis });
  const told = troubled.map(({ service, trouble }) => `${service.name} ${trouble}`);
  return {
    release: serving.number,
    outcome: troubled.length > 0 ? "degraded" : "unchanged",
    serving: serving.number,
    services: Object.fromEntries(services.map(({ name }) => [name, { change: "unchanged" as const }])),
    ...(told.length > 0 && {
      failure: `Nothing has changed since release ${serving.number}, but ${told.join(", ")}.`,
    }),
    diagnoses,
    durationMs: run.time.now() - startedAt,
  };
}

interface Troubled {
  service: Service;
  ecs: EcsService;
  /** Continues "web …". */
  trouble: string;
}

async function findTroubled(run: Run, services: readonly Service[]): Promise<Troubled[]> {
  const byEcsName = new Map(services.map((service) => [ecsServiceName(run.descriptor.app, service.name), service]));
  const deadline = run.time.now() + patienceMs;
  for (;;) {
    const found = await describeEcsServices(run.aws, run.descriptor.cluster, [...byEcsName.keys()]);
    const known = found.flatMap((ecs) => {
      const service = byEcsName.get(ecs.serviceName ?? "");
      return service ? [{ service, ecs }] : [];
    });
    const crashing = await Promise.all(
      known.map(async (each) => ({ ...each, trouble: await crashLoop(run, each.ecs) })),
    );
    const troubled = crashing.flatMap(({ trouble, ...each }) => (trouble === undefined ? [] : [{ ...each, trouble }]));
    const short = known.filter(({ ecs }) => runningOf(ecs) < (ecs.desiredCount ?? 0));
    if (troubled.length > 0 || short.length === 0) return troubled;
    if (run.time.now() >= deadline)
      return short.map((each) => ({
        ...each,
        trouble: `runs ${runningOf(each.ecs)} of ${each.ecs.desiredCount} tasks`,
      }));
    await sleep(run.time, pollMs, run.signal);
  }
}

/** Asked only of a service that has started tasks lately, which a service that simply runs has not. */
async function crashLoop(run: Run, ecs: EcsService): Promise<string | undefined> {
  const since = run.time.now() - recentMs;
  if (startedSince(ecs, since) === 0) return undefined;
  const ended = await crashedTasks(run, ecs.serviceName ?? "", primaryOf(ecs)?.id ?? "", since);
  return ended.length === 0 ? undefined : `doesn't stay up: ${ended.length} of its tasks ended in the last 5 minutes`;
}

function diagnose(run: Run, service: Service, ecs: EcsService) {
  const primary = primaryOf(ecs);
  return diagnoseRollout(run, service, {
    rollout: {
      ecsName: ecs.serviceName ?? "",
      deployment: primary?.id ?? "",
      taskDefinition: primary?.taskDefinition ?? "",
      startedAt: run.time.now() - recentMs,
    },
    reason: undefined,
    targetReason: undefined,
  });
}

function runningOf(ecs: EcsService): number {
  return primaryOf(ecs)?.runningCount ?? 0;
}
