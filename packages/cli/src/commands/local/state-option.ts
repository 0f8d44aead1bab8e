import { resolve } from "node:path";
import type { Command } from "commander";
import { localDirectory } from "../../local-region.ts";

export interface StateOption {
  state?: string;
}

export function stateOption(command: Command): Command {
  return command.option("--state <directory>", "where its state is kept (default: per user)");
}

/** Absolute. */
export function stateDirectory({ state }: StateOption): string {
  return state === undefined ? localDirectory() : resolve(state);
}
