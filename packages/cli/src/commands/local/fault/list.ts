import { defineCommand } from "../../../command.ts";
import { askDrydock } from "../../../local-admin.ts";
import { runningDrydock } from "../running.ts";
import { type StateOption, stateOption } from "../state-option.ts";
import { faultTable, type ShownFault } from "./describe.ts";

export const list = defineCommand({
  usage: stateOption,
  async run({ output }, options: StateOption) {
    const running = await runningDrydock(options);
    const answer = await askDrydock<{ faults: ShownFault[] }>(running, "GET", "faults");
    output.result(answer, answer.faults.length > 0 ? faultTable(answer.faults) : "There are no faults.");
    return undefined;
  },
});
