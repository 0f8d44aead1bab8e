import { defineCommand } from "../command.ts";
import { openEnvironment } from "../environment.ts";
import { historyTable } from "../render/history-table.ts";
import { environmentArgument } from "./arguments.ts";

export const history = defineCommand({
  usage: (command) => environmentArgument(command.description("List releases, newest first.")),
  async run(session, environment: string) {
    const core = await import("@fardel/core");
    const { app, aws } = await openEnvironment(session, environment);
    const descriptor = await core.readDescriptor(aws, app.name, environment);
    const releases = await core.releaseHistory({ aws, descriptor });
    const { output } = session;
    output.result({ releases }, historyTable(releases, output.style, new Date()));
    return undefined;
  },
});
