import { FardelError } from "@fardel/core/errors.ts";
import type { Session } from "./session.ts";

export interface GuardedSignal {
  signal: AbortSignal;
  /** Aborts the signal, as the second Ctrl-C does. */
  stop: () => void;
  /** To be called when it is over. */
  done: () => void;
}

/**
 * A signal for what should not end without a word: the first Ctrl-C says `warning`, the second aborts the signal, the third
 * ends the process.
 */
export function guardedSignal(session: Session, warning: string): GuardedSignal {
  const controller = new AbortController();
  const { interrupts, output } = session;
  const stop = () => controller.abort(interrupted());
  // The last one to be registered is the first to be called.
  const takeBackAbort = interrupts.handle(stop);
  const takeBackWarning = interrupts.handle(() => output.note(warning));
  return {
    signal: controller.signal,
    stop,
    done: () => {
      takeBackWarning();
      takeBackAbort();
    },
  };
}

/** What an operation ends with that Ctrl-C has stopped. */
export function interrupted(): FardelError {
  return new FardelError("Interrupted", "Stopped by Ctrl-C.");
}

export function releaseWarning(environment: string): string {
  return `The release goes on. Ctrl-C again stops watching it: ECS then ends the rollout by itself; \`fardel status ${environment}\` shows it.`;
}
