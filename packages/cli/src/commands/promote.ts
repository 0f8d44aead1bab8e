import { FardelError } from "@fardel/core/errors.ts";
import { defineCommand } from "../command.ts";
import { openEnvironment } from "../environment.ts";
import { makeRelease, type ReleaseOptions } from "../make-release.ts";
import { releaseOptions } from "./arguments.ts";

export const promote = defineCommand({
  usage: (command) =>
    releaseOptions(command)
      .description(
        "Release to one environment the very images that another one runs, with the target's own configuration. Nothing is " +
          "built; images are carried to the target's repositories where those are others.",
      )
      .argument("<from>", "the environment whose serving release is taken")
      .argument("<to>", "the environment it is released to"),
  async run(session, from: string, to: string, options: ReleaseOptions) {
    if (from === to)
      throw new FardelError("PromoteItself", `${from} can't be promoted to itself.`, {
        fix: "Name two environments, as in `fardel promote staging production`.",
        exitCode: 2,
      });
    const core = await import("@fardel/core");
    const source = await openEnvironment(session, from);
    const opened = await openEnvironment(session, to);
    const { app } = opened;
    const descriptor = await core.readDescriptor(source.aws, app.name, from);
    return makeRelease(session, to, opened, options, (request) =>
      core.promote({ ...request, app, from: { aws: source.aws, descriptor } }),
    );
  },
});
