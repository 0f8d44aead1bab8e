import { type ExitCode, exitCodeOf, type ReleaseOutcome } from "@fardel/core";
import { waitForAnswer } from "./address.ts";
import { outcomeScreen, outcomeSummary } from "./render/outcome-screen.ts";
import type { Session } from "./session.ts";

/**
 * Tells how a release has ended: why it failed, or where it can be reached once something answers there. Gives the exit
 * code.
 */
export async function finishRelease(
  { output }: Session,
  result: ReleaseOutcome,
  url: string | undefined,
): Promise<ExitCode | undefined> {
  const exitCode = exitCodeOf(result);
  if (result.outcome === "waiting") {
    output.settle();
    output.note(outcomeSummary(result));
    output.result({ ...result, url }, "");
    return exitCode === 0 ? undefined : exitCode;
  }
  if (exitCode !== 0) {
    output.explain((style) => outcomeScreen(result, style));
    output.result({ ...result, url }, "");
    return exitCode;
  }
  const answers = url === undefined || (await waitForAnswer(url));
  output.settle();
  output.note(outcomeSummary(result));
  if (!answers) output.note(`Nothing answers at ${url} yet.`);
  output.result({ ...result, url, answers }, url ?? "");
  return undefined;
}
