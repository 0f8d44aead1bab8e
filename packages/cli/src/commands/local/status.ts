import { FardelError } from "@fardel/core/errors.ts";
import { readStatus } from "@fardel/drydock/control.ts";
import { defineCommand } from "../../command.ts";
import { alignColumns } from "../../render/text.ts";
import { type StateOption, stateDirectory, stateOption } from "./state-option.ts";

export const status = defineCommand({
  usage: stateOption,
  async run({ output }, options: StateOption) {
    const directory = stateDirectory(options);
    const running = await readStatus(directory);
    if (running === undefined) throw notRunning();
    const { endpoint, region, accountId, runtime, pid } = running;
    const rows = [
      ["endpoint", endpoint],
      ["region", region],
      ["account", accountId],
      ["runtime", runtime],
      ["pid", String(pid)],
      ["state", directory],
    ];
    output.result({ endpoint, region, accountId, runtime, pid }, alignColumns(rows).join("\n"));
    return undefined;
  },
});

export function notRunning(): FardelError {
  return new FardelError("DrydockNotRunning", "drydock is not running.", {
    fix: "Start it with `fardel local start`; `fardel up` does so too.",
  });
}
