import { defineCommand } from "../command.ts";
import { openEnvironment } from "../environment.ts";
import { finishRelease } from "../finish-release.ts";
import { cacheDirectory } from "../local-region.ts";
import { type ReleaseOptions, waysBack } from "../make-release.ts";
import { releaseSignals } from "../release-signals.ts";
import { environmentArgument, releaseOptions } from "./arguments.ts";

export const up = defineCommand({
  usage: (command) =>
    releaseOptions(
      environmentArgument(
        command.description(
          "Bring an environment to what fardel.yaml says: infrastructure, images, and a release of both.",
        ),
      ),
    ),
  async run(session, environment: string, { wait = true, waitForLock = false }: ReleaseOptions) {
    const core = await import("@fardel/core");
    const { app, aws } = await openEnvironment(session, environment);
    const signals = releaseSignals(session, environment, {
      wait,
      reject: () => back().reject(),
      takeBack: () => back().takeBack(),
    });
    const { signal, leave, emit, done } = signals;
    const origin = await core.findOrigin(app.directory);
    core.checkTags(app, origin);
    const release = Promise.withResolvers<number>();
    const infrastructure = core.applyInfrastructure(app, aws, emit);
    let emitOfImages = emit;
    const images = core.publishImages(app, {
      aws,
      emit: (event) => emitOfImages(event),
      cacheDirectory: cacheDirectory(),
      commit: origin.commit ?? "",
      release: release.promise,
      repositories: infrastructure.then(({ repositories }) => repositories),
    });
    // The release reports it; until then nobody waits for this promise.
    images.catch(() => {});
    const descriptor = await infrastructure;
    const back = () => waysBack(core, { aws, descriptor, origin, emit });
    const result = await core.deploy({
      app,
      aws,
      descriptor,
      emit,
      signal,
      leave,
      origin,
      waitForLock,
      images: (number, measured) => {
        emitOfImages = measured;
        release.resolve(number);
        return images;
      },
    });
    done();
    return await finishRelease(session, result, await core.loadBalancerUrl(aws, descriptor));
  },
});
