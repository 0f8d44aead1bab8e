import { defineCommand } from "../command.ts";
import { openEnvironment } from "../environment.ts";
import { makeRelease, type ReleaseOptions } from "../make-release.ts";
import { environmentOption, releaseOptions } from "./arguments.ts";

interface RedeployOptions extends ReleaseOptions {
  environment: string;
}

export const redeploy = defineCommand({
  usage: (command) =>
    releaseOptions(
      environmentOption(
        command
          .description(
            "Replace the tasks of services by new ones of the same release, without a gap: to read changed secrets, for example.",
          )
          .argument("[services...]", "services of the serving release; all of them unless given"),
      ),
    ),
  async run(session, services: string[], { environment, ...options }: RedeployOptions) {
    const core = await import("@fardel/core");
    const opened = await openEnvironment(session, environment);
    return makeRelease(session, environment, opened, options, (request) =>
      core.redeploy({ ...request, ...(services.length > 0 && { services }) }),
    );
  },
});
