import { defineCommand } from "../../command.ts";
import { openEnvironment } from "../../environment.ts";
import { imagesTable } from "../../render/images-table.ts";
import { environmentArgument } from "../arguments.ts";

export const list = defineCommand({
  usage: (command) =>
    environmentArgument(
      command.description("List the images in an environment's repositories: tags, size, and which release runs them."),
    ),
  async run(session, environment: string) {
    const core = await import("@fardel/core");
    const { app, aws } = await openEnvironment(session, environment);
    const images = await core.listImages(aws, await core.readDescriptor(aws, app.name, environment));
    const { output } = session;
    output.result({ images }, imagesTable(images, output.style, new Date()));
    return undefined;
  },
});
