import { FardelError } from "../errors.ts";
import { type CurrentService, describeEcsServices, describeServices } from "./current.ts";
import { ecsServiceName } from "./names.ts";
import { underLock } from "./records/under-lock.ts";
import type { ChangeRequest } from "./request.ts";
import { primaryOf } from "./rollout/services.ts";
import { watchRollouts } from "./rollout/watch.ts";
import type { Run } from "./run.ts";
import { type CurrentScaling, readScaling, setBounds } from "./scaling/scaling.ts";
import { sleep } from "./time.ts";

export interface ScaleRequest extends ChangeRequest {
  service: string;
  /** A number of tasks, or the bounds between which autoscaling decides, of which one may stay. */
  to: { count: number } | { min?: number; max?: number };
}

export interface ScaleOutcome {
  service: string;
  /** Tasks asked for before. */
  before: number;
  /** Tasks asked for now. */
  desired: number;
  /** Of a service that scales by itself. */
  bounds?: { min: number; max: number };
  /** Whether as many run as are asked for. */
  reached: boolean;
}

/** Application Auto Scaling takes a while to bring a service into new bounds. */
const boundsMs = 5 * 60_000;

/**
 * Changes how many tasks a service keeps, and waits until they run. Releases leave the number as it is until the manifest says
 * another.
 *
 * @throws FardelError `SCALE_UNKNOWN`, `SCALE_OUTSIDE` for a number that autoscaling would take back, `SCALE_FIXED` for bounds
 * of a service that doesn't scale by itself.
 */
export async function scale(request: ScaleRequest): Promise<ScaleOutcome> {
  const { aws, descriptor, service, to } = request;
  return underLock(request, "scale", async (run) => {
    const [services, scaling] = await Promise.all([
      describeServices(aws, descriptor, [service]),
      readScaling(aws, descriptor, [service]),
    ]);
    const current = services.get(service);
    if (current?.ecs.status !== "ACTIVE" || !current.ours) throw unknownService(request);
    const bounds = scaling.get(service);
    const before = current.ecs.desiredCount ?? 0;
    const desired =
      "count" in to
        ? await setCount(run, service, to.count, bounds)
        : await moveBounds(run, service, boundsOf(request, to, bounds), before);
    const reached = await untilRunning(run, service, current);
    const now = "count" in to ? bounds : boundsOf(request, to, bounds);
    return { service, before, desired, reached, ...(now && { bounds: { min: now.min, max: now.max } }) };
  });
}

async function setCount(
  { aws, descriptor, check }: Run,
  service: string,
  desiredCount: number,
  bounds: CurrentScaling | undefined,
): Promise<number> {
  if (bounds !== undefined && (desiredCount < bounds.min || desiredCount > bounds.max)) {
    throw new FardelError(
      "SCALE_OUTSIDE",
      `${service} scales by itself between ${bounds.min} and ${bounds.max} tasks.`,
      {
        why: `Autoscaling would take ${desiredCount} back.`,
        fix: "Move the bounds: `fardel scale` with --min or --max.",
        exitCode: 2,
      },
    );
  }
  check();
  await aws.ecs.updateService({
    cluster: descriptor.cluster,
    service: ecsServiceName(descriptor.app, service),
    desiredCount,
  });
  return desiredCount;
}

function boundsOf(
  { service, descriptor }: ScaleRequest,
  to: { min?: number; max?: number },
  current: CurrentScaling | undefined,
): { min: number; max: number } {
  if (current === undefined) {
    throw new FardelError("SCALE_FIXED", `${service} doesn't scale by itself in ${descriptor.environment}.`, {
      why: "Between two bounds something has to decide, and nothing does.",
      fix: `Say in the manifest what services.${service}.scale goes by, or give one number of tasks.`,
      exitCode: 2,
    });
  }
  const { min = current.min, max = current.max } = to;
  if (min <= max) return { min, max };
  throw new FardelError("SCALE_BOUNDS", `At least ${min} and at most ${max} tasks can't both be.`, {
    where: `${service} in ${descriptor.environment}`,
    fix: "Give both --min and --max.",
    exitCode: 2,
  });
}

/** Sets them, and waits until the service is between them. */
async function moveBounds(
  run: Run,
  service: string,
  bounds: { min: number; max: number },
  before: number,
): Promise<number> {
  const { aws, descriptor, time, signal, emit } = run;
  await setBounds(run, service, bounds);
  emit({ type: "scaling.changed", service, action: "update", ...bounds });
  const end = time.now() + boundsMs;
  for (let delay = 200; ; delay = Math.min(delay * 1.3, 2000)) {
    const [found] = await describeEcsServices(aws, descriptor.cluster, [ecsServiceName(descriptor.app, service)]);
    const desired = found?.desiredCount ?? before;
    if ((desired >= bounds.min && desired <= bounds.max) || time.now() > end) return desired;
    await sleep(time, delay, signal);
  }
}

/** Followed as any change of a number of tasks is in a release. */
async function untilRunning(run: Run, service: string, { ecs, definition }: CurrentService): Promise<boolean> {
  const [ended] = await watchRollouts(run, [
    {
      service,
      ecsName: ecs.serviceName ?? "",
      arn: ecs.serviceArn ?? "",
      created: false,
      returns: false,
      taskDefinition: definition?.taskDefinitionArn ?? "",
      deployment: primaryOf(ecs)?.id ?? "",
      known: new Set(),
      deploys: false,
      targetGroup: ecs.loadBalancers?.[0]?.targetGroupArn,
      startedAt: run.time.now(),
    },
  ]);
  return ended?.result === "serving";
}

function unknownService({ service, descriptor }: ScaleRequest): FardelError {
  const { app, environment } = descriptor;
  return new FardelError("SCALE_UNKNOWN", `There is no service ${service} of ${app} in ${environment}.`, {
    fix: `\`fardel status ${environment}\` lists them.`,
  });
}
