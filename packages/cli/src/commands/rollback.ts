import { InvalidArgumentError } from "commander";
import { defineCommand } from "../command.ts";
import { openEnvironment } from "../environment.ts";
import { finishRelease } from "../finish-release.ts";
import { guardedSignal, releaseWarning } from "../guarded-signal.ts";
import { environmentArgument, lockOption } from "./arguments.ts";

export const rollback = defineCommand({
  usage: (command) =>
    lockOption(
      environmentArgument(
        command.description(
          "Make a new release of what an earlier one ran: by default, the one before the one that serves.",
        ),
      ),
    ).option("--to <number>", "the release to go back to; `fardel history` lists them", releaseNumber),
  async run(session, environment: string, { to, waitForLock = false }: { to?: number; waitForLock?: boolean }) {
    const core = await import("@fardel/core");
    const { app, aws } = await openEnvironment(session, environment);
    const { event: emit } = session.output;
    const { signal, done } = guardedSignal(session, releaseWarning(environment));
    const [descriptor, origin] = await Promise.all([
      core.readDescriptor(aws, app.name, environment),
      core.findOrigin(app.directory),
    ]);
    const request = { aws, descriptor, origin, emit, signal, waitForLock };
    const result = await core.rollback({ ...request, ...(to !== undefined && { to }) });
    done();
    return await finishRelease(session, result, await core.loadBalancerUrl(aws, descriptor));
  },
});

function releaseNumber(text: string): number {
  if (/^[1-9]\d*$/.test(text)) return Number(text);
  throw new InvalidArgumentError("It takes the number of a release.");
}
