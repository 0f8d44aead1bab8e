import { defineCommand } from "../../../command.ts";
import { askDrydock } from "../../../local-admin.ts";
import { runningDrydock } from "../running.ts";
import { type StateOption, stateOption } from "../state-option.ts";

export const clear = defineCommand({
  usage: stateOption,
  async run({ output }, options: StateOption) {
    const running = await runningDrydock(options);
    const answer = await askDrydock<{ removed: number }>(running, "DELETE", "faults");
    const { removed } = answer;
    output.result(answer, removed === 0 ? "There were no faults." : `Faults taken away: ${removed}.`);
    return undefined;
  },
});
