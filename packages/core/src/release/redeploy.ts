import { FardelError } from "../errors.ts";
import { type Changes, changesFor, type ServiceChange } from "./changes.ts";
import { readCurrentState } from "./current.ts";
import { builtFrom, definitionsOf, namesOf } from "./earlier-release.ts";
import { closeInterrupted, makeRelease } from "./numbered-release.ts";
import type { ReleaseOutcome } from "./outcome.ts";
import { phasesSince } from "./records/phases.ts";
import { type Place, type ReleaseRecord, sourceOf } from "./records/record.ts";
import { underLock } from "./records/under-lock.ts";
import type { ChangeRequest } from "./request.ts";
import { systemTime } from "./time.ts";

export interface RedeployRequest extends ChangeRequest {
  /** Unless given, all of the release that serves. */
  services?: readonly string[];
}

/**
 * Starts services anew as the serving release defines them, so that they read their secrets again or leave a bad host: new
 * tasks first, then the old ones stop. A release like any other, with a number, which `history` shows; without before- and
 * after-tasks.
 *
 * @returns as `deploy`.
 * @throws FardelError `REDEPLOY_NOTHING` when no release serves, `REDEPLOY_UNKNOWN` for a service that it doesn't have, and
 * as `deploy`.
 */
export async function redeploy(request: RedeployRequest): Promise<ReleaseOutcome> {
  const { aws, descriptor, origin, emit, services, time = systemTime } = request;
  const startedAt = time.now();
  const phases = phasesSince(startedAt, time, emit);
  return underLock({ ...request, emit: phases.emit }, "redeploy", async (run) => {
    phases.passed("lock");
    const current = await phases.measure("looking", async () => {
      const found = await readCurrentState(aws, descriptor, run.bucket, []);
      await closeInterrupted(run, found);
      return found;
    });
    const { serving } = current;
    const chosen = chosenServices(serving, services, descriptor);
    const { configuration, images } = chosen.serving;
    const names = new Set(chosen.names);
    const target = { configuration, names, definitions: definitionsOf(chosen.serving), whole: false };
    return makeRelease(run, {
      origin: { ...builtFrom(chosen.serving), actor: origin.actor, host: origin.host },
      startedAt,
      phases,
      configuration,
      current,
      images,
      tags: { configuration, names: namesOf(chosen.serving), images, builtFrom: builtFrom(chosen.serving) },
      redeploys: sourceOf(chosen.serving),
      before: [],
      after: [],
      changes: () => forced(changesFor(target, current, descriptor)),
    });
  });
}

function chosenServices(
  serving: ReleaseRecord | undefined,
  services: readonly string[] | undefined,
  { app, environment }: Place,
): { serving: ReleaseRecord; names: readonly string[] } {
  if (serving === undefined) {
    throw new FardelError("REDEPLOY_NOTHING", `No release of ${app} serves in ${environment}.`, {
      fix: `Run \`fardel up ${environment}\` first.`,
    });
  }
  const known = Object.keys(serving.services);
  const unknown = services?.find((name) => !known.includes(name));
  if (unknown !== undefined) {
    throw new FardelError("REDEPLOY_UNKNOWN", `Release ${serving.number} of ${app} has no service ${unknown}.`, {
      where: environment,
      fix: `There is ${known.join(", ")}.`,
    });
  }
  return { serving, names: services ?? known };
}

function forced(changes: Changes): Changes {
  return { ...changes, services: changes.services.map(forcedChange) };
}

/** A service that is gone is made again, which is new enough. */
function forcedChange(change: ServiceChange): ServiceChange {
  if (change.action === "create") return change;
  const difference = { path: "service.forceNewDeployment", before: false, after: true };
  return { ...change, action: "update", force: true, differences: [...change.differences, difference] };
}
