import { FardelError } from "../errors.ts";
import type { ReleaseOutcome } from "./outcome.ts";
import type { DeployRequest } from "./request.ts";

/**
 * Releases an app: lock, preflight, images, record, task definitions, before-tasks, rollouts, record closed, lock released.
 *
 * @returns how it ended, also when it was rolled back; `exitCodeOf` maps it.
 * @throws FardelError when nothing was touched (preflight, lock), when AWS refuses a call, or when the signal aborts it.
 */
export async function deploy(request: DeployRequest): Promise<ReleaseOutcome> {
  throw new FardelError("UNFINISHED", `deploy of ${request.app.name} is not built yet`);
}
