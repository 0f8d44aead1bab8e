import type { AnswerRequest } from "@fardel/core";
import type { Command } from "commander";
import { openEnvironment } from "../environment.ts";
import { finishRelease } from "../finish-release.ts";
import { waysBack } from "../make-release.ts";
import { releaseSignals } from "../release-signals.ts";
import type { Session } from "../session.ts";
import { environmentOption } from "./arguments.ts";

/** What `approve` and `reject` take. */
export function answerUsage(command: Command, description: string): Command {
  return environmentOption(
    command.description(description).argument("[service]", "the service that waits; unless given, all that do"),
  );
}

/** Answers what waits, and follows the release to its end where nobody else does. */
export async function answerGates(
  session: Session,
  action: AnswerRequest["action"],
  service: string | undefined,
  environment: string,
): Promise<number | undefined> {
  const core = await import("@fardel/core");
  const { app, aws } = await openEnvironment(session, environment);
  const [descriptor, origin] = await Promise.all([
    core.readDescriptor(aws, app.name, environment),
    core.findOrigin(app.directory),
  ]);
  const where = { aws, descriptor, origin };
  const answers = waysBack(core, { ...where, emit: session.output.event });
  // A later wave may have a gate of its own.
  const { done, ...signals } = releaseSignals(session, environment, answers);
  const answer = await core.answerRelease({ ...where, ...signals, action, ...(service !== undefined && { service }) });
  done();
  const { output } = session;
  if (answer.outcome !== undefined) {
    return finishRelease(session, answer.outcome, await core.loadBalancerUrl(aws, descriptor));
  }
  const told = `${action === "approve" ? "Approved" : "Rejected"} ${answer.services.join(", ")} of release ${answer.release}`;
  const who = answer.followedBy;
  output.settle();
  output.note(who === undefined ? `${told}.` : `${told}; ${who.actor} on ${who.host} brings it to its end.`);
  output.result(answer, "");
  return undefined;
}
