import type { ChangeRequest, ReleaseOutcome } from "@fardel/core";
import type { ExitCode } from "@fardel/core/errors.ts";
import type { OpenEnvironment } from "./environment.ts";
import { finishRelease } from "./finish-release.ts";
import { releaseSignals } from "./release-signals.ts";
import type { Session } from "./session.ts";

/** What `releaseOptions` adds to a command. */
export interface ReleaseOptions {
  /** False to leave a release waiting that a person has to approve. */
  wait?: boolean;
  waitForLock?: boolean;
}

/**
 * Makes a release in an environment whose infrastructure is there, and tells how it has ended. What Ctrl-C comes to meanwhile,
 * `releaseSignals` says.
 *
 * @param release makes it, from what every release needs.
 */
export async function makeRelease(
  session: Session,
  environment: string,
  { app, aws }: OpenEnvironment,
  { wait = true, waitForLock = false }: ReleaseOptions,
  release: (request: ChangeRequest) => Promise<ReleaseOutcome>,
): Promise<ExitCode | undefined> {
  const core = await import("@fardel/core");
  const [descriptor, origin] = await Promise.all([
    core.readDescriptor(aws, app.name, environment),
    core.findOrigin(app.directory),
  ]);
  const reject = () => core.answerRelease({ aws, descriptor, origin, emit: session.output.event, action: "reject" });
  const { done, ...signals } = releaseSignals(session, environment, { wait, reject });
  const outcome = await release({ aws, descriptor, origin, waitForLock, ...signals });
  done();
  return finishRelease(session, outcome, await core.loadBalancerUrl(aws, descriptor));
}
