import { FardelError } from "@fardel/core/errors.ts";
import type { Interrupts } from "./interrupts.ts";
import type { Output } from "./render/output.ts";

/** What every command works with. */
export interface Session {
  /** Absolute: where the manifest is looked for. */
  directory: string;
  output: Output;
  interrupts: Interrupts;
  /** Aborted when nobody reads what is printed any more. */
  unread: AbortSignal;
  /** Is every question answered with yes? */
  yes: boolean;
}

/**
 * Asks before something that can't be undone. `consequence` says what is about to be lost.
 * @throws FardelError when the answer is no, or nobody is there to give one (exit code 2).
 */
export async function confirm(session: Session, question: string, consequence: string): Promise<void> {
  if (session.yes) return;
  if (session.output.json || !process.stdin.isTTY || !process.stderr.isTTY) {
    throw new FardelError("ConfirmationMissing", `${question} Nobody can be asked here.`, {
      why: consequence,
      fix: "Give --yes, or run the command in a terminal.",
      exitCode: 2,
    });
  }
  session.output.settle();
  const prompts = await import("@clack/prompts");
  const answer = await prompts.confirm({
    message: `${question}\n${consequence}`,
    initialValue: false,
    output: process.stderr,
  });
  if (answer === true) return;
  throw new FardelError("Declined", "Nothing was changed.");
}
