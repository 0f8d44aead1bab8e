import { defineCommand } from "../command.ts";
import { checkMachine } from "../doctor/checks.ts";
import { findingsScreen } from "../render/findings-screen.ts";

export const doctor = defineCommand({
  usage: (command) =>
    command.description("Check what fardel needs on this machine, and say how to mend what is missing."),
  async run({ directory, output }) {
    const findings = await checkMachine(directory);
    output.result({ findings }, findingsScreen(findings, output.style));
    return findings.some(({ state }) => state === "failed") ? 1 : undefined;
  },
});
