import { defineCommand } from "../../command.ts";
import { stopDrydock } from "../../local-region.ts";
import { type StateOption, stateDirectory, stateOption } from "./state-option.ts";

export const stop = defineCommand({
  usage: stateOption,
  async run({ output }, options: StateOption) {
    const stopped = await stopDrydock(stateDirectory(options));
    output.result({ stopped }, stopped ? "drydock is stopped. Its state stays." : "drydock is not running.");
    return undefined;
  },
});
