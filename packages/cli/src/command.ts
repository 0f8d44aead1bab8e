import type { Command } from "commander";
import type { Session } from "./session.ts";

/**
 * One command: what may be typed after its name, and what it does. `run` gets what `usage` declares, the arguments in
 * their order and then an object of the options, and gives the process's exit code unless that is 0: one of core's
 * `ExitCode`, or for `run` the command's own.
 */
export interface CommandDefinition<Typed extends unknown[] = unknown[]> {
  usage(command: Command): Command;
  run(session: Session, ...typed: Typed): Promise<number | undefined>;
}

/** Gives `run` the types of what is typed. */
export function defineCommand<Typed extends unknown[]>(definition: CommandDefinition<Typed>): CommandDefinition {
  return definition;
}
