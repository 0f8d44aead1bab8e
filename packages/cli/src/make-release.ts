import type { ChangeRequest, ReleaseOutcome } from "@fardel/core";
import { type ExitCode, FardelError } from "@fardel/core/errors.ts";
import type { OpenEnvironment } from "./environment.ts";
import { finishRelease } from "./finish-release.ts";
import { releaseSignals } from "./release-signals.ts";
import type { Session } from "./session.ts";

/** What Ctrl-C can do about a release that is made, whoever makes it. */
export function waysBack(core: typeof import("@fardel/core"), request: ChangeRequest) {
  return {
    reject: () => core.answerRelease({ ...request, action: "reject" }),
    takeBack: async () => {
      const taken = await core.takeBack(request);
      if (taken !== undefined) return;
      throw new FardelError("TakeBackImpossible", "This release can't be taken back.", {
        why: "It is itself on its way back, has come to serve, or none has served before it.",
        fix: "Wait for its end; `fardel rollback` then leads to an earlier release.",
      });
    },
  };
}

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
  const answers = waysBack(core, { aws, descriptor, origin, emit: session.output.event });
  const { done, ...signals } = releaseSignals(session, environment, { wait, ...answers });
  const outcome = await release({ aws, descriptor, origin, waitForLock, ...signals });
  done();
  return finishRelease(session, outcome, await core.loadBalancerUrl(aws, descriptor));
}
