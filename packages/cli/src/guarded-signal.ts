import type { Session } from "./session.ts";

/**
 * A signal for what should not end without a word: the first Ctrl-C says `warning`, the second aborts the signal, the third
 * ends the process. Call `done` when it is over.
 */
export function guardedSignal(session: Session, warning: string): { signal: AbortSignal; done: () => void } {
  const controller = new AbortController();
  const { interrupts, output } = session;
  // The last one to be registered is the first to be called.
  const takeBackAbort = interrupts.handle(() => controller.abort());
  const takeBackWarning = interrupts.handle(() => output.note(warning));
  return {
    signal: controller.signal,
    done: () => {
      takeBackWarning();
      takeBackAbort();
    },
  };
}

export function releaseWarning(environment: string): string {
  return `The release goes on. Ctrl-C again stops watching it: ECS then ends the rollout by itself; \`fardel status ${environment}\` shows it.`;
}
