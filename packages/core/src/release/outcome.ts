import type { ExitCode } from "../errors.ts";
import type { Diagnosis } from "./diagnosis.ts";

/**
 * What became of a release that was begun. `superseded`: somebody else's newer deployment took its place. `unfinished`: it
 * serves, but its after-tasks didn't come to a good end.
 */
export type ReleaseResult = "succeeded" | "failed" | "rolled back" | "superseded" | "unfinished";

/** Whether a release came to serve. */
export function cameToServe(outcome: ReleaseResult | "in progress"): boolean {
  return outcome === "succeeded" || outcome === "unfinished";
}

/** What became of one service's rollout. `failed`: it serves neither the new revision nor an earlier one. */
export type RolloutResult = "serving" | "rolled back" | "failed" | "superseded";

export interface ServiceOutcome {
  change: "created" | "updated" | "unchanged" | "removed";
  /** For a changed service; undefined when its turn never came. */
  result?: RolloutResult;
  /** ARN of the task definition that the service is left with; undefined when it is gone, or somebody else's. */
  taskDefinition?: string;
  durationMs?: number;
}

export interface ReleaseOutcome {
  /** The number of the release that was made; where nothing had to change, of the one that goes on serving. */
  release: number;
  /** `degraded`: nothing had to change, but what serves lacks tasks that stay up. */
  outcome: ReleaseResult | "unchanged" | "degraded";
  /** The release that serves now; undefined when none does. */
  serving: number | undefined;
  services: Record<string, ServiceOutcome>;
  /** One sentence; set unless the release succeeded or there was nothing to do. */
  failure?: string;
  diagnoses: Diagnosis[];
  durationMs: number;
}

/** 0 done, 1 failed, 3 rolled back. */
export function exitCodeOf({ outcome }: Pick<ReleaseOutcome, "outcome">): 0 | ExitCode {
  if (outcome === "succeeded" || outcome === "unchanged") return 0;
  return outcome === "rolled back" ? 3 : 1;
}
