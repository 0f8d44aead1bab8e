import type { Emit } from "../../events.ts";
import type { Time } from "../time.ts";
import { type PhasePart, partsOf } from "./phase-parts.ts";

/** A step of a release, as its record keeps it. Those without `within` follow each other. */
export interface Phase {
  /** Of a step, such as `rollouts`; of a part, what is done there: `build`, `push`, `task`, `start`, `health`, `gate`, `shift`, `check`, `bake`, `drain`. */
  name: string;
  /** From the release's start. */
  startMs: number;
  durationMs: number;
  /** Name of the step that this is a part of; parts of a step may run at the same time. */
  within?: string;
  /** The image, task or service that a part is about. */
  of?: string;
  /** What a build has made, or a push has sent. */
  bytes?: number;
}

/** Measures the steps of a release, for its record. */
export interface Phases {
  /** In the order of their starts, each step before its parts. */
  readonly done: readonly Phase[];
  measure<T>(name: string, work: () => Promise<T>): Promise<T>;
  /** Says what the time since the last step's end, or since the release's start, was for. */
  passed(name: string): void;
  /** Hands events on, and measures the parts of the steps by them. */
  readonly emit: Emit;
}

export function phasesSince(startedAt: number, time: Time, emit: Emit): Phases {
  const steps: Phase[] = [];
  const parts = partsOf();
  let current: string | undefined;
  const end = (name: string, begun: number) => {
    const durationMs = time.now() - begun;
    steps.push({ name, startMs: begun - startedAt, durationMs });
    emit({ type: "release.phase", phase: name, durationMs });
  };
  return {
    get done() {
      return steps.flatMap((step) => [step, ...partsIn(step, parts.found, startedAt)]);
    },
    async measure(name, work) {
      const begun = time.now();
      current = name;
      try {
        return await work();
      } finally {
        current = undefined;
        end(name, begun);
      }
    },
    passed(name) {
      const last = steps.at(-1);
      end(name, startedAt + (last ? last.startMs + last.durationMs : 0));
    },
    emit(event) {
      parts.take(event, time.now(), current);
      emit(event);
    },
  };
}

/** What began before its step did, such as a build beside the infrastructure, counts from there on. */
function partsIn(step: Phase, parts: readonly PhasePart[], startedAt: number): Phase[] {
  return parts
    .filter(({ within }) => within === step.name)
    .map(({ from, to, ...part }) => {
      const startMs = Math.max(from - startedAt, step.startMs);
      return { ...part, startMs, durationMs: Math.max(0, to - startedAt - startMs) };
    })
    .sort((a, b) => a.startMs - b.startMs);
}
