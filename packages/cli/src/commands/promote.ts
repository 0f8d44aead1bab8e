import { FardelError } from "@fardel/core/errors.ts";
import { defineCommand } from "../command.ts";
import { openEnvironment } from "../environment.ts";
import { finishRelease } from "../finish-release.ts";
import { guardedSignal, releaseWarning } from "../guarded-signal.ts";
import { lockOption } from "./arguments.ts";

export const promote = defineCommand({
  usage: (command) =>
    lockOption(command)
      .description(
        "Release to one environment the very images that another one runs, with the target's own configuration. Nothing is " +
          "built; images are carried to the target's repositories where those are others.",
      )
      .argument("<from>", "the environment whose serving release is taken")
      .argument("<to>", "the environment it is released to"),
  async run(session, from: string, to: string, { waitForLock = false }: { waitForLock?: boolean }) {
    if (from === to)
      throw new FardelError("PromoteItself", `${from} can't be promoted to itself.`, {
        fix: "Name two environments, as in `fardel promote staging production`.",
        exitCode: 2,
      });
    const core = await import("@fardel/core");
    const source = await openEnvironment(session, from);
    const { app, aws } = await openEnvironment(session, to);
    const { event: emit } = session.output;
    const { signal, done } = guardedSignal(session, releaseWarning(to));
    const [fromDescriptor, descriptor, origin] = await Promise.all([
      core.readDescriptor(source.aws, app.name, from),
      core.readDescriptor(aws, app.name, to),
      core.findOrigin(app.directory),
    ]);
    const result = await core.promote({
      app,
      aws,
      descriptor,
      origin,
      emit,
      signal,
      waitForLock,
      from: { aws: source.aws, descriptor: fromDescriptor },
    });
    done();
    return await finishRelease(session, result, await core.loadBalancerUrl(aws, descriptor));
  },
});
