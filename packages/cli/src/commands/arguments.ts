import type { Command } from "commander";
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

/** Commander's way to give an option several times. */
export function collect(value: string, earlier: string[] = []): string[] {
  return [...earlier, value];
}
