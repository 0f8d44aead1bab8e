import type { DeployRequest } from "@fardel/core";
import { defineCommand } from "../command.ts";
import { openEnvironment } from "../environment.ts";
import { finishRelease } from "../finish-release.ts";
import { withImages } from "../image-overrides.ts";
import { cacheDirectory } from "../local-region.ts";
import { releaseSignals } from "../release-signals.ts";
import { collect, environmentArgument, lockOption } from "./arguments.ts";

interface DeployOptions {
  only?: string[];
  image?: string[];
  tag?: string;
  wait: boolean;
  waitForLock?: boolean;
}

export const deploy = defineCommand({
  usage: (command) =>
    lockOption(
      environmentArgument(command.description("Release new images and configuration; infrastructure stays as it is.")),
    )
      .option("--only <service>", "release only this service or task (may be repeated)", collect)
      .option("--image <service=reference>", "use an image that is built already (may be repeated)", collect)
      .option("--tag <tag>", "use the images that have this tag in their repositories, and build none")
      .option("--no-wait", "where a person has to approve the release, end with 4 and leave it waiting"),
  async run(session, environment: string, { only, image = [], tag, wait, waitForLock = false }: DeployOptions) {
    const core = await import("@fardel/core");
    const opened = await openEnvironment(session, environment);
    const app = withImages(opened.app, image);
    const { aws } = opened;
    // What the manifest's rules refuse needs nobody's credentials.
    core.releasedNames(app, only);
    const [descriptor, origin] = await Promise.all([
      core.readDescriptor(aws, app.name, environment),
      core.findOrigin(app.directory),
    ]);
    const reject = () => core.answerRelease({ aws, descriptor, origin, emit: session.output.event, action: "reject" });
    const { signal, leave, emit, done } = releaseSignals(session, environment, { wait, reject });
    const { repositories } = descriptor;
    const chosen = { aws, repositories, ...(only && { workloads: only }) };
    const built: DeployRequest["images"] = (release, emit) =>
      core.publishImages(app, {
        ...chosen,
        emit,
        cacheDirectory: cacheDirectory(),
        commit: origin.commit ?? "",
        release,
      });
    // What has a tag wasn't built from the files here, whose commit would then be the wrong one to tag it with.
    const images =
      tag === undefined ? { images: built } : { images: () => core.findTagged(app, { ...chosen, tag }), builtFrom: {} };
    const request = { app, aws, descriptor, origin, emit, signal, leave, waitForLock, ...images };
    const result = await core.deploy({ ...request, ...(only && { only }) });
    done();
    return await finishRelease(session, result, await core.loadBalancerUrl(aws, descriptor));
  },
});
