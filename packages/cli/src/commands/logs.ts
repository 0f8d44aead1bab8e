import { defineCommand } from "../command.ts";
import { openEnvironment } from "../environment.ts";
import { logLineFormat } from "../render/log-line.ts";
import { environmentOption, pastTime } from "./arguments.ts";

interface LogOptions {
  environment: string;
  follow?: true;
  since?: number;
  filter?: string;
  task?: string;
}

export const logs = defineCommand({
  usage: (command) =>
    environmentOption(
      command
        .description("Print what services and tasks have written, merged by time.")
        .argument("[name...]", "services and tasks (default: all)")
        .option("-f, --follow", "go on with new lines until Ctrl-C")
        .option(
          "--since <time>",
          "a duration such as 10m or 2h, or a time such as 2026-01-31T12:00 (default: 10m)",
          pastTime,
        )
        .option("--filter <pattern>", "only lines that match a CloudWatch Logs filter pattern")
        .option("--task <id>", "only lines of this task: its id, or how that begins or ends"),
    ),
  async run({ output, ...session }, workloads: string[], { environment, follow, since, filter, task }: LogOptions) {
    const core = await import("@fardel/core");
    const { app, aws } = await openEnvironment({ output, ...session }, environment);
    const descriptor = await core.readDescriptor(aws, app.name, environment);
    const format = logLineFormat(Object.keys(descriptor.logGroups), output.style);
    const lines = core.readLogs({
      aws,
      descriptor,
      follow: follow ?? false,
      signal: session.unread,
      ...(workloads.length > 0 && { workloads }),
      ...(since !== undefined && { since }),
      ...(filter !== undefined && { filter }),
      ...(task !== undefined && { task }),
    });
    for await (const line of lines) output.result({ type: "log", ...line }, format(line));
    return undefined;
  },
});
