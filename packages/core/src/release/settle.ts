import { FardelError } from "../errors.ts";
import type { Changes } from "./changes.ts";
import type { ReleasedWorkload } from "./records/record.ts";
import type { Run } from "./run.ts";
import { changeScaling } from "./scaling/scaling.ts";
import { changeSchedule } from "./tasks/scheduled-tasks.ts";

/**
 * Sets how services scale and when tasks run, once the release serves. One that AWS refuses keeps the others from nothing.
 *
 * @returns what couldn't be set, in one sentence; undefined when everything was.
 */
export async function settle(
  run: Run,
  { scaling, schedules }: Pick<Changes, "scaling" | "schedules">,
  definitions: ReadonlyMap<string, ReleasedWorkload>,
): Promise<string | undefined> {
  const failures = await Promise.all([
    ...scaling.map((change) => attempt(run, `The scaling of ${change.service}`, changeScaling(run, change))),
    ...schedules.map((change) => {
      const definition = definitions.get(change.task)?.taskDefinition ?? "";
      return attempt(run, `The schedule of ${change.task}`, changeSchedule(run, change, definition));
    }),
  ]);
  const told = failures.flatMap((failure) => failure ?? []);
  if (told.length === 0) return undefined;
  return `${told.join("; ")}; the services stay as they are, and the next release tries again.`;
}

async function attempt({ signal }: Run, what: string, work: Promise<void>): Promise<string | undefined> {
  try {
    await work;
    return undefined;
  } catch (error) {
    if (!(error instanceof FardelError) || signal.aborted) throw error;
    const why = [error.message, error.why].filter(Boolean).join(": ").replace(/\.$/, "");
    return `${what} couldn't be set: ${why}`;
  }
}
