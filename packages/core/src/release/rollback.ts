import { FardelError } from "../errors.ts";
import type { ReleaseOutcome } from "./outcome.ts";
import type { RollbackRequest } from "./request.ts";

/**
 * Makes a new release of an earlier one's task definitions, without its before-tasks.
 *
 * @throws FardelError `RELEASE_UNKNOWN`, `ROLLBACK_NOWHERE` when there is no earlier successful release, and as `deploy`.
 */
export async function rollback(request: RollbackRequest): Promise<ReleaseOutcome> {
  throw new FardelError("UNFINISHED", `rollback of ${request.descriptor.app} is not built yet`);
}
