import { refuseUnsupported } from "../config/unsupported.ts";
import { loadBalancerUrl } from "../infra/load-balancer-url.ts";
import { serviceAddresses } from "./addresses.ts";
import { readBases } from "./base-definitions.ts";
import { type Changes, changesFor, isNothing, newDefinitions } from "./changes.ts";
import { confirmServing } from "./confirm-serving.ts";
import { readCurrentState } from "./current.ts";
import { closeInterrupted, makeRelease } from "./numbered-release.ts";
import type { ReleaseOutcome } from "./outcome.ts";
import { configurationOf, releasedNames } from "./partial.ts";
import { phasesSince } from "./phases.ts";
import { preflight } from "./preflight.ts";
import type { DeployRequest } from "./request.ts";
import { systemTime } from "./time.ts";
import { underLock } from "./under-lock.ts";

/**
 * Releases an app: lock, preflight, images, and, unless nothing has changed, a numbered release: task definitions,
 * before-tasks, waves of rollouts, record.
 *
 * @returns how it ended, also when it was rolled back; `exitCodeOf` maps it.
 * @throws FardelError when nothing was touched (lock, preflight, images), when AWS refuses a call, and the signal's reason
 * when that is aborted.
 */
export async function deploy(request: DeployRequest): Promise<ReleaseOutcome> {
  const { app, aws, descriptor, origin, emit, only, time = systemTime } = request;
  const startedAt = time.now();
  refuseUnsupported(app);
  const names = releasedNames(app, only);
  const bases = await readBases(app, names);
  const phases = phasesSince(startedAt, time, emit);
  return underLock(request, "deploy", async (run) => {
    const current = await phases.measure("looking", () =>
      readCurrentState(aws, descriptor, run.bucket, Object.keys(app.services)),
    );
    await closeInterrupted(run, current);
    const secrets = await phases.measure("preflight", () => preflight(run, app, names, current));
    const published = await phases.measure("images", request.images);
    const images = new Map([...published].map(([key, { reference }]) => [key, reference]));
    const addresses = serviceAddresses(app.services, await loadBalancerUrl(aws, descriptor));
    const configuration = configurationOf(app, names, current.serving);
    const changes = (release: number): Changes => {
      const { arns: secretArns, keys: secretKeys } = secrets;
      const commit = origin.commit ?? "";
      const context = { descriptor, images, secretArns, secretKeys, bases, addresses, release, commit };
      const definitions = newDefinitions(app, names, context);
      return changesFor({ configuration, names, definitions, whole: only === undefined }, current, descriptor);
    };
    const { serving } = current;
    if (serving && isNothing(changes(serving.number), serving))
      return confirmServing(run, Object.values(app.services), serving, startedAt);
    return makeRelease(run, {
      origin,
      startedAt,
      phases,
      configuration,
      current,
      images: { ...serving?.images, ...Object.fromEntries(images) },
      before: app.release.before.filter((name) => names.has(name)).flatMap((name) => app.tasks[name] ?? []),
      changes,
    });
  });
}
