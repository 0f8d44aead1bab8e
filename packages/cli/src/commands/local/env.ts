import { readStatus } from "@fardel/drydock/control.ts";
import { defineCommand } from "../../command.ts";
import { type StateOption, stateDirectory, stateOption } from "./state-option.ts";
import { notRunning } from "./status.ts";

export const env = defineCommand({
  usage: (command) => stateOption(command).addHelpText("after", '\nFor this shell: eval "$(fardel local env)"'),
  async run({ output }, options: StateOption) {
    const directory = stateDirectory(options);
    const running = await readStatus(directory);
    if (running === undefined) throw notRunning();
    const variables = {
      AWS_ENDPOINT_URL: running.endpoint,
      AWS_REGION: running.region,
      AWS_DEFAULT_REGION: running.region,
      AWS_ACCESS_KEY_ID: "local",
      AWS_SECRET_ACCESS_KEY: "local",
      ...(options.state !== undefined && { FARDEL_LOCAL_STATE: directory }),
    };
    const exports = Object.entries(variables).map(([name, value]) => `export ${name}=${quoted(value)}`);
    output.result(variables, exports.join("\n"));
    return undefined;
  },
});

function quoted(value: string): string {
  return /^[\w.:/-]+$/.test(value) ? value : `'${value.replaceAll("'", `'\\''`)}'`;
}
