import { defineCommand } from "../command.ts";
import { openEnvironment } from "../environment.ts";
import { finishRelease } from "../finish-release.ts";
import { guardedSignal, releaseWarning } from "../guarded-signal.ts";
import { environmentOption, lockOption } from "./arguments.ts";

interface RedeployOptions {
  environment: string;
  waitForLock?: boolean;
}

export const redeploy = defineCommand({
  usage: (command) =>
    lockOption(
      environmentOption(
        command
          .description(
            "Replace the tasks of services by new ones of the same release, without a gap: to read changed secrets, for example.",
          )
          .argument("[services...]", "services of the serving release; all of them unless given"),
      ),
    ),
  async run(session, services: string[], { environment, waitForLock = false }: RedeployOptions) {
    const core = await import("@fardel/core");
    const { app, aws } = await openEnvironment(session, environment);
    const { signal, done } = guardedSignal(session, releaseWarning(environment));
    const [descriptor, origin] = await Promise.all([
      core.readDescriptor(aws, app.name, environment),
      core.findOrigin(app.directory),
    ]);
    const { event: emit } = session.output;
    const request = { aws, descriptor, origin, emit, signal, waitForLock };
    const result = await core.redeploy({ ...request, ...(services.length > 0 && { services }) });
    done();
    return await finishRelease(session, result, await core.loadBalancerUrl(aws, descriptor));
  },
});
