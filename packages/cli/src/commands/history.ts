import { InvalidArgumentError } from "commander";
import { defineCommand } from "../command.ts";
import { openEnvironment } from "../environment.ts";
import { historyTable } from "../render/history-table.ts";
import { timelineScreen } from "../render/timeline-screen.ts";
import { environmentArgument } from "./arguments.ts";

interface HistoryOptions {
  limit: number;
}

export const history = defineCommand({
  usage: (command) =>
    environmentArgument(
      command.description(
        "List releases, newest first; or show where one's time went, and what would make it shorter.",
      ),
    )
      .argument("[release]", "number of one release; may also be the only argument", wholeNumber)
      .option("-n, --limit <count>", "list so many releases", wholeNumber, 20)
      .addHelpText(
        "after",
        "\nExamples:\n  fardel history production\n  fardel history 12\n  fardel history production 12",
      ),
  async run(session, named: string, numbered: number | undefined, { limit }: HistoryOptions) {
    const core = await import("@fardel/core");
    // Environments' names begin with a letter.
    const alone = /^\d+$/.test(named);
    const environment = alone ? core.localEnvironment : named;
    const number = alone ? Number(named) : numbered;
    const { app, aws } = await openEnvironment(session, environment);
    const descriptor = await core.readDescriptor(aws, app.name, environment);
    const { output } = session;
    if (number !== undefined) {
      const timeline = await core.releaseTimeline({ aws, descriptor }, number);
      output.result(timeline, timelineScreen(timeline, output.style, new Date()));
      return undefined;
    }
    const releases = await core.releaseHistory({ aws, descriptor }, limit);
    output.result({ releases }, historyTable(releases, output.style, new Date()));
    return undefined;
  },
});

function wholeNumber(text: string): number {
  if (/^[1-9]\d*$/.test(text)) return Number(text);
  throw new InvalidArgumentError("It takes a whole number from 1 on.");
}
