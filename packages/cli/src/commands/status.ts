import { defineCommand } from "../command.ts";
import { openEnvironment } from "../environment.ts";
import { statusScreen } from "../render/status-screen.ts";
import { environmentArgument } from "./arguments.ts";

export const status = defineCommand({
  usage: (command) =>
    environmentArgument(command.description("Show what runs: services, their tasks, and rollouts under way.")),
  async run(session, environment: string) {
    const core = await import("@fardel/core");
    const { app, aws } = await openEnvironment(session, environment);
    const descriptor = await core.readDescriptor(aws, app.name, environment);
    const current = await core.environmentStatus({ aws, descriptor });
    const { output } = session;
    output.result(current, statusScreen(current, output.style, new Date()));
    return undefined;
  },
});
