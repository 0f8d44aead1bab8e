import { defineCommand } from "../command.ts";
import { openEnvironment } from "../environment.ts";
import { eventLineFormat } from "../render/event-line.ts";
import { environmentOption, pastTime } from "./arguments.ts";

interface EventOptions {
  environment: string;
  follow?: true;
  since?: number;
}

export const events = defineCommand({
  usage: (command) =>
    environmentOption(
      command
        .description(
          "Print what ECS and CloudFormation tell of services, their rollouts and the app's stacks, merged by time.",
        )
        .argument("[service...]", "only these services, and no stacks (default: all)")
        .option("-f, --follow", "go on with new events until Ctrl-C")
        .option(
          "--since <time>",
          "a duration such as 10m or 2h, or a time such as 2026-01-31T12:00 (default: 1h)",
          pastTime,
        ),
    ),
  async run({ output, ...session }, services: string[], { environment, follow, since }: EventOptions) {
    const core = await import("@fardel/core");
    const { app, aws } = await openEnvironment({ output, ...session }, environment);
    const descriptor = await core.readDescriptor(aws, app.name, environment);
    const format = eventLineFormat(output.style);
    const found = core.readEvents({
      app,
      aws,
      descriptor,
      follow: follow ?? false,
      signal: session.unread,
      ...(services.length > 0 && { services }),
      ...(since !== undefined && { since }),
    });
    let printed = false;
    for await (const event of found) {
      output.result({ type: "event", ...event }, format(event));
      printed = true;
    }
    if (!printed) output.note("Nothing has happened since then.");
    return undefined;
  },
});
