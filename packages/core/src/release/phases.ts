import type { Emit } from "../events.ts";
import type { Phase } from "./record.ts";
import type { Time } from "./time.ts";

/** Measures the steps of a release, for its record. */
export interface Phases {
  readonly done: readonly Phase[];
  measure<T>(name: string, work: () => Promise<T>): Promise<T>;
}

export function phasesSince(startedAt: number, time: Time, emit: Emit): Phases {
  const done: Phase[] = [];
  return {
    done,
    async measure(name, work) {
      const begun = time.now();
      try {
        return await work();
      } finally {
        const durationMs = time.now() - begun;
        done.push({ name, startMs: begun - startedAt, durationMs });
        emit({ type: "release.phase", phase: name, durationMs });
      }
    },
  };
}
