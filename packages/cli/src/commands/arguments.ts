import { parseDuration } from "@fardel/core/config/units.ts";
import { type Command, InvalidArgumentError } from "commander";
import { localEnvironment } from "../environment.ts";

/** `[environment]`, which nearly every command takes. */
export function environmentArgument(command: Command): Command {
  return command.argument("[environment]", "a name from `environments` in fardel.yaml", localEnvironment);
}

/** The same where the arguments are taken by something else. */
export function environmentOption(command: Command): Command {
  return command.option("-e, --environment <name>", "a name from `environments` in fardel.yaml", localEnvironment);
}

/** `--wait-for-lock`, which every command takes that changes what serves. */
export function lockOption(command: Command): Command {
  return command.option(
    "--wait-for-lock",
    "where another release is under way, wait for its end instead of ending with 5",
  );
}

/** What every command takes that makes a release; `up` and `deploy` among them. */
export function releaseOptions(command: Command): Command {
  return lockOption(command).option(
    "--no-wait",
    "where a person has to approve the release, end with 4 and leave it waiting",
  );
}

/** Commander's way to give an option several times. */
export function collect(value: string, earlier: string[] = []): string[] {
  return [...earlier, value];
}

/** Of an option that says since when: milliseconds since 1970. */
export function pastTime(text: string): number {
  const seconds = parseDuration(text);
  const time = seconds === undefined ? Date.parse(text) : Date.now() - seconds * 1000;
  if (!Number.isNaN(time)) return time;
  throw new InvalidArgumentError("It takes a duration with a unit, such as 10m, or a time.");
}
