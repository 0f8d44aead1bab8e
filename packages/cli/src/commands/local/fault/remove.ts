import { defineCommand } from "../../../command.ts";
import { askDrydock } from "../../../local-admin.ts";
import { runningDrydock } from "../running.ts";
import { type StateOption, stateOption } from "../state-option.ts";

export const remove = defineCommand({
  usage: (command) => stateOption(command.argument("<id>", "its number in `fardel local fault list`")),
  async run({ output }, id: string, options: StateOption) {
    const running = await runningDrydock(options);
    const answer = await askDrydock<{ removed: number }>(running, "DELETE", `faults/${encodeURIComponent(id)}`);
    output.result(answer, `Fault ${id} is gone.`);
    return undefined;
  },
});
