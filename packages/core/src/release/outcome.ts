import type { ExitCode } from "../errors.ts";
import type { Diagnosis } from "./diagnosis/diagnosis.ts";

/**
 * What became of a release that was begun. `superseded`: somebody else's newer deployment took its place. `unfinished`: it
 * serves, but its scaling, schedules or after-tasks didn't come to a good end.
 */
export type ReleaseResult = "succeeded" | "failed" | "rolled back" | "superseded" | "unfinished";

/** Whether a release came to serve. */
export function cameToServe(outcome: ReleaseResult | "in progress" | "waiting"): boolean {
  return outcome === "succeeded" || outcome === "unfinished";
}

/**
 * What became of one service's rollout. `failed`: it serves neither the new revision nor an earlier one. `waiting`: it waits for its
 * approval, and nobody watches it meanwhile.
 */
export type RolloutResult = "serving" | "rolled back" | "failed" | "superseded" | "waiting";

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
  /**
   * `degraded`: nothing had to change, but what serves lacks tasks that stay up. `waiting`: it waits for its approval, which
   * `fardel approve` gives and then brings it to its end.
   */
  outcome: ReleaseResult | "unchanged" | "degraded" | "waiting";
  /** The release that serves now; undefined when none does. */
  serving: number | undefined;
  services: Record<string, ServiceOutcome>;
  /** True where the release was under way and this command has taken it back: then `rolled back` is what was asked for. */
  takenBack?: true;
  /** One sentence; set unless the release succeeded or there was nothing to do. */
  failure?: string;
  diagnoses: Diagnosis[];
  durationMs: number;
}

/** 0 done, 1 failed, 3 rolled back, 4 waiting for approval. */
export function exitCodeOf({ outcome, takenBack }: Pick<ReleaseOutcome, "outcome" | "takenBack">): 0 | ExitCode {
  if (outcome === "succeeded" || outcome === "unchanged" || (takenBack && outcome === "rolled back")) return 0;
  if (outcome === "waiting") return 4;
  return outcome === "rolled back" ? 3 : 1;
}
