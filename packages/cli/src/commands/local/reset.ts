import { existsSync } from "node:fs";
import { rm } from "node:fs/promises";
import { defineCommand } from "../../command.ts";
import { stopDrydock } from "../../local-region.ts";
import { confirm } from "../../session.ts";
import { type StateOption, stateDirectory, stateOption } from "./state-option.ts";

export const reset = defineCommand({
  usage: stateOption,
  async run(session, options: StateOption) {
    const directory = stateDirectory(options);
    if (!existsSync(directory)) {
      session.output.result({ removed: false }, "There is no state to remove.");
      return undefined;
    }
    await confirm(
      session,
      `Remove all of ${directory}?`,
      "Every local environment goes, with its databases and releases.",
    );
    await stopDrydock(directory);
    await rm(directory, { recursive: true, force: true });
    session.output.result({ removed: true }, `Removed ${directory}.`);
    return undefined;
  },
});
