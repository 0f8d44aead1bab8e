import { defineCommand } from "../../command.ts";
import { askDrydock } from "../../local-admin.ts";
import { alignColumns } from "../../render/text.ts";
import { faultTable, type ShownFault } from "./fault/describe.ts";
import { runningDrydock } from "./running.ts";
import { type StateOption, stateOption } from "./state-option.ts";

interface ShownState {
  runtime: string;
  timeScale: number;
  faults: ShownFault[];
  services: { cluster: string; name: string; desiredCount: number; runningCount: number }[];
  tasks: { arn: string; service?: string; lastStatus: string; listens: Record<string, string> }[];
  listeners: { port: number; url?: string }[];
  databases: { name: string; status: string; address?: string }[];
}

export const state = defineCommand({
  usage: (command) =>
    stateOption(command).addHelpText("after", "\nWith --json, targets and deployments are there too."),
  async run({ output }, options: StateOption) {
    const found = await askDrydock<ShownState>(await runningDrydock(options), "GET", "state");
    output.result(found, screen(found));
    return undefined;
  },
});

function screen({ runtime, timeScale, faults, services, tasks, listeners, databases }: ShownState): string {
  const rows = [
    ["runtime", runtime, timeScale === 1 ? "" : `time scale ${timeScale}`],
    ...services.map(({ cluster, name, desiredCount, runningCount }) => [
      "service",
      `${cluster}/${name}`,
      `${runningCount} of ${desiredCount} running`,
    ]),
    ...tasks
      .filter(({ lastStatus }) => lastStatus !== "STOPPED")
      .map(({ arn, service = "", lastStatus, listens }) => [
        "task",
        arn.split("/").slice(1).join("/"),
        lastStatus,
        service,
        ...Object.values(listens),
      ]),
    ...listeners.map(({ port, url = "" }) => ["listener", String(port), url]),
    ...databases.map(({ name, status, address = "" }) => ["database", name, status, address]),
  ];
  return [...alignColumns(rows), ...(faults.length > 0 ? ["", faultTable(faults)] : [])].join("\n");
}
