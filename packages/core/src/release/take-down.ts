import { FardelError } from "../errors.ts";
import type { ChangeRequest } from "./request.ts";

/**
 * Takes all of an app out of an environment that releases have put there: services, tasks, listener rules, task
 * definitions. Ends when the last task is gone, so that the stacks can go. Release records stay.
 */
export async function takeDown(request: ChangeRequest): Promise<void> {
  throw new FardelError("UNFINISHED", `down of ${request.descriptor.app} is not built yet`);
}
