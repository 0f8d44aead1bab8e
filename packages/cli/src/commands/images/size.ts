import { defineCommand } from "../../command.ts";
import { imageSizes } from "../../render/image-sizes.ts";
import { buildOptions, imageArguments, openImages } from "./surroundings.ts";

export const size = defineCommand({
  usage: (command) =>
    imageArguments(
      command.description(
        "Build images and show what makes them big: layers, biggest parts, and the difference to what serves.",
      ),
    ),
  async run(session, environment: string, { only }: { only?: string[] }) {
    const core = await import("@fardel/core");
    const opened = await openImages(session, environment);
    const { app, aws, descriptor } = opened;
    const serving = descriptor && (await core.servingRelease({ aws, descriptor }));
    const images = await core.measureImages(app, serving, await buildOptions(session, opened, only));
    const { output } = session;
    output.settle();
    output.result({ images }, imageSizes(images, output.style));
    return undefined;
  },
});
