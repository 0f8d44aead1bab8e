import { InvalidArgumentError } from "commander";
import { defineCommand } from "../command.ts";
import { openEnvironment } from "../environment.ts";
import { makeRelease } from "../make-release.ts";
import { environmentArgument, lockOption } from "./arguments.ts";

interface RollbackOptions {
  to?: number;
  waitForLock?: boolean;
}

export const rollback = defineCommand({
  usage: (command) =>
    lockOption(
      environmentArgument(
        command.description(
          "Return to an earlier release: take back the one that is under way, at once and from any machine; where none is, " +
            "make a new one of what the release before the serving one ran.",
        ),
      ),
    ).option("--to <number>", "make a new release of what this one ran; `fardel history` lists them", releaseNumber),
  async run(session, environment: string, { to, ...options }: RollbackOptions) {
    const core = await import("@fardel/core");
    const opened = await openEnvironment(session, environment);
    return makeRelease(session, environment, opened, options, (request) =>
      core.rollback({ ...request, ...(to !== undefined && { to }) }),
    );
  },
});

function releaseNumber(text: string): number {
  if (/^[1-9]\d*$/.test(text)) return Number(text);
  throw new InvalidArgumentError("It takes the number of a release.");
}
