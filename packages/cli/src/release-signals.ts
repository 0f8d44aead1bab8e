import type { Emit } from "@fardel/core/events.ts";
import { type GuardedSignal, guardedSignal, releaseWarning } from "./guarded-signal.ts";
import type { Session } from "./session.ts";

interface ReleaseSignals extends GuardedSignal {
  /** Aborted when the release is to be left waiting for its approval. */
  leave: AbortSignal;
  /** Takes the release's events. */
  emit: Emit;
}

/** What Ctrl-C does while a release waits for its approval: it asks what is to become of it. */
type Choice = "leave" | "reject" | "wait";

/**
 * What Ctrl-C comes to during a release. While it waits for its approval it offers to leave it waiting, to roll back or to wait on;
 * where nobody can be asked it leaves it waiting. Otherwise as `guardedSignal`.
 *
 * @param wait false to leave a release waiting as soon as it comes to a gate that a person has to open.
 * @param reject sends what waits back.
 */
export function releaseSignals(
  session: Session,
  environment: string,
  { wait = true, reject }: { wait?: boolean; reject?: () => Promise<unknown> } = {},
): ReleaseSignals {
  const { interrupts, output } = session;
  const leaving = new AbortController();
  if (!wait) leaving.abort();
  const guarded = guardedSignal(session, releaseWarning(environment));
  let takeBack = () => {};
  const offer = () => {
    takeBack();
    takeBack = interrupts.handle(() => void choose());
  };
  const choose = async () => {
    const choice = await chosen(session);
    if (choice === "leave") leaving.abort();
    else if (choice === "reject" && reject) await reject().catch((error: unknown) => output.failure(error));
    else offer();
  };
  return {
    ...guarded,
    leave: leaving.signal,
    emit: (event) => {
      if (event.type === "rollout.waiting" && event.waitsFor === "approval") offer();
      if (event.type === "rollout.finished") takeBack();
      output.event(event);
    },
    done: () => {
      takeBack();
      guarded.done();
    },
  };
}

async function chosen({ output, yes }: Session): Promise<Choice> {
  if (yes || output.json || !process.stdin.isTTY || !process.stderr.isTTY) return "leave";
  output.settle();
  const prompts = await import("@clack/prompts");
  const answer = await prompts.select<Choice>({
    message: "The release waits for its approval. What is to become of it?",
    options: [
      { value: "leave", label: "leave it waiting: `fardel approve` or `fardel reject` brings it to its end" },
      { value: "reject", label: "roll back" },
      { value: "wait", label: "keep waiting here" },
    ],
    output: process.stderr,
  });
  return prompts.isCancel(answer) ? "leave" : answer;
}
