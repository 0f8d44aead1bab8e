import type { App, Task } from "../config/app.ts";
import { checkTags } from "../images/tags.ts";
import { loadBalancerUrl } from "../infra/load-balancer-url.ts";
import { type Changes, changesFor, isNothing, newDefinitions } from "./changes.ts";
import { readCurrentState } from "./current.ts";
import { readBases } from "./definitions/base-definitions.ts";
import { closeInterrupted, makeRelease } from "./numbered-release.ts";
import type { ReleaseOutcome } from "./outcome.ts";
import { configurationOf, releasedNames } from "./partial.ts";
import { checkInfrastructure } from "./preflight/infrastructure.ts";
import { preflight } from "./preflight/preflight.ts";
import { phasesSince } from "./records/phases.ts";
import { underLock } from "./records/under-lock.ts";
import type { DeployRequest } from "./request.ts";
import { confirmServing } from "./rollout/confirm-serving.ts";
import { serviceAddresses } from "./routing/addresses.ts";
import { tagImages } from "./tags.ts";
import { systemTime } from "./time.ts";

/**
 * Releases an app: lock, preflight, images, and, unless nothing has changed, a numbered release: task definitions,
 * before-tasks, waves of rollouts, after-tasks, record.
 *
 * @returns how it ended, also when it was rolled back; `exitCodeOf` maps it.
 * @throws FardelError when nothing was touched (lock, preflight, images), when AWS refuses a call, and the signal's reason
 * when that is aborted.
 */
export async function deploy(request: DeployRequest): Promise<ReleaseOutcome> {
  const { app, aws, descriptor, origin, emit, only, builtFrom, imageTag, time = systemTime } = request;
  const startedAt = time.now();
  if (builtFrom === undefined) checkTags(app, origin);
  const names = releasedNames(app, only);
  checkInfrastructure(app, descriptor);
  const bases = await readBases(app, names);
  const phases = phasesSince(startedAt, time, emit);
  return underLock({ ...request, emit: phases.emit }, "deploy", async (run) => {
    phases.passed("lock");
    const current = await phases.measure("looking", async () => {
      const found = await readCurrentState(aws, descriptor, run.bucket, Object.keys(app.services));
      await closeInterrupted(run, found);
      return found;
    });
    const secrets = await phases.measure("preflight", () => preflight(run, { app, names, bases, current }));
    const published = await phases.measure("images", () =>
      request.images((current.newest?.number ?? 0) + 1, phases.emit),
    );
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
    const tags = { configuration, names, images: Object.fromEntries(images), builtFrom: builtFrom ?? origin };
    const { serving } = current;
    if (serving?.outcome === "succeeded" && isNothing(changes(serving.number), serving)) {
      await phases.measure("tags", () => tagImages(run, tags, serving.number));
      return confirmServing(run, Object.values(app.services), serving, startedAt);
    }
    return makeRelease(run, {
      origin,
      startedAt,
      phases,
      configuration,
      current,
      images: { ...serving?.images, ...tags.images },
      tags,
      ...(builtFrom && { builtFrom }),
      ...(imageTag !== undefined && { imageTag }),
      before: tasksOf(app, app.release.before, names),
      after: tasksOf(app, app.release.after, names),
      whole: only === undefined,
      changes,
    });
  });
}

/** A partial release runs only those of its tasks that it is made of. */
function tasksOf({ tasks }: App, wanted: readonly string[], names: ReadonlySet<string>): Task[] {
  return wanted.filter((name) => names.has(name)).flatMap((name) => tasks[name] ?? []);
}
