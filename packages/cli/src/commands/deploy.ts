import type { DeployRequest } from "@fardel/core";
import { defineCommand } from "../command.ts";
import { openEnvironment } from "../environment.ts";
import { withImages } from "../image-overrides.ts";
import { cacheDirectory } from "../local-region.ts";
import { makeRelease, type ReleaseOptions } from "../make-release.ts";
import { collect, environmentArgument, releaseOptions } from "./arguments.ts";

interface DeployOptions extends ReleaseOptions {
  only?: string[];
  image?: string[];
  tag?: string;
}

export const deploy = defineCommand({
  usage: (command) =>
    releaseOptions(
      environmentArgument(command.description("Release new images and configuration; infrastructure stays as it is.")),
    )
      .option("--only <service>", "release only this service or task (may be repeated)", collect)
      .option("--image <service=reference>", "use an image that is built already (may be repeated)", collect)
      .option("--tag <tag>", "use the images that have this tag in their repositories, and build none"),
  async run(session, environment: string, { only, image = [], tag, ...options }: DeployOptions) {
    const core = await import("@fardel/core");
    const opened = await openEnvironment(session, environment);
    const app = withImages(opened.app, image);
    const { aws } = opened;
    // What the manifest's rules refuse needs nobody's credentials.
    core.releasedNames(app, only);
    return makeRelease(session, environment, { app, aws }, options, (request) => {
      const { repositories } = request.descriptor;
      const chosen = { aws, repositories, ...(only && { workloads: only }) };
      const built: DeployRequest["images"] = (release, emit) =>
        core.publishImages(app, {
          ...chosen,
          emit,
          cacheDirectory: cacheDirectory(),
          commit: request.origin.commit ?? "",
          release,
        });
      // What has a tag wasn't built from the files here, whose commit would then be the wrong one to tag it with.
      const images =
        tag === undefined
          ? { images: built }
          : { images: () => core.findTagged(app, { ...chosen, tag }), builtFrom: {}, imageTag: tag };
      return core.deploy({ ...request, app, ...images, ...(only && { only }) });
    });
  },
});
