import { defineCommand } from "../../command.ts";
import { alignColumns } from "../../render/text.ts";
import { collect } from "../arguments.ts";
import { buildOptions, imageArguments, openImages } from "./surroundings.ts";

export const push = defineCommand({
  usage: (command) =>
    imageArguments(
      command.description(
        "Build images and push what their repositories lack. They get the tags of `release.tags` that name one content " +
          "(such as {commit}); those that say what serves are moved by a release.",
      ),
    ).option("--tag <tag>", "give them this tag too, wherever it was (may be repeated)", collect),
  async run(session, environment: string, { only, tag = [] }: { only?: string[]; tag?: string[] }) {
    const core = await import("@fardel/core");
    const opened = await openImages(session, environment);
    const options = await buildOptions(session, opened, only);
    const pushed = await core.pushImages(opened.app, { ...options, tags: tag });
    const images = [...pushed].map(([image, { reference, digest, tags }]) => ({ image, reference, digest, tags }));
    const rows = images.map(({ image, reference, tags }) => [image, tags.join(" "), reference]);
    session.output.settle();
    session.output.result({ images }, alignColumns(rows).join("\n"));
    return undefined;
  },
});
