import { defineCommand } from "../../command.ts";
import { formatBytes } from "../../render/quantities.ts";
import { alignColumns } from "../../render/text.ts";
import { buildOptions, imageArguments, openImages } from "./surroundings.ts";

export const build = defineCommand({
  usage: (command) => imageArguments(command.description("Build the images of fardel.yaml, without pushing them.")),
  async run(session, environment: string, { only }: { only?: string[] }) {
    const core = await import("@fardel/core");
    const opened = await openImages(session, environment);
    const built = await core.buildImages(opened.app, await buildOptions(session, opened, only));
    const images = [...built].map(([image, { digest, sizeBytes }]) => ({ image, digest, sizeBytes }));
    const rows = images.map(({ image, digest, sizeBytes }) => [image, formatBytes(sizeBytes), digest]);
    session.output.settle();
    session.output.result({ images }, alignColumns(rows).join("\n"));
    return undefined;
  },
});
