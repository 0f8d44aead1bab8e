import type { Session } from "./session.ts";

/** What is to become of a release: it is left alone, sent back, or waited for. */
export type ReleaseChoice = "leave" | "back" | "wait";

/** What Ctrl-C asks during a release. */
export interface ReleaseQuestions {
  /** While a release waits for its approval. Where nobody can be asked the answer is to leave it waiting. */
  gate(): Promise<ReleaseChoice>;
  /** While rollouts are under way; undefined where nobody can be asked. */
  rollouts: (() => Promise<ReleaseChoice>) | undefined;
}

/** Asks on the terminal. */
export function questionsOf(session: Session): ReleaseQuestions {
  const { output, yes } = session;
  if (yes || output.json || !process.stdin.isTTY || !process.stderr.isTTY) {
    return { gate: async () => "leave", rollouts: undefined };
  }
  return {
    gate: () =>
      ask(session, "The release waits for its approval. What is to become of it?", {
        leave: "leave it waiting: `fardel approve` or `fardel reject` brings it to its end",
        back: "roll back",
        wait: "keep waiting here",
      }),
    rollouts: () =>
      ask(session, "The release is under way. What is to become of it?", {
        wait: "go on",
        back: "roll back",
        leave:
          "stop here: ECS ends the rollouts that have begun, nothing follows them, and the release counts as failed",
      }),
  };
}

async function ask(
  { output }: Session,
  message: string,
  labels: Record<ReleaseChoice, string>,
): Promise<ReleaseChoice> {
  output.settle();
  const prompts = await import("@clack/prompts");
  const options = Object.entries(labels).map(([value, label]) => ({ value: value as ReleaseChoice, label }));
  const answer = await prompts.select<ReleaseChoice>({ message, options, output: process.stderr });
  return prompts.isCancel(answer) ? "leave" : answer;
}
