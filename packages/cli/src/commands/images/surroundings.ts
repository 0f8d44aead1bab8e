import type { App, Aws, EnvironmentDescriptor } from "@fardel/core";
import { FardelError } from "@fardel/core/errors.ts";
import type { Command } from "commander";
import { openEnvironment } from "../../environment.ts";
import { cacheDirectory } from "../../local-region.ts";
import type { Session } from "../../session.ts";
import { collect, environmentArgument } from "../arguments.ts";

/** `[environment]`, and which of the manifest's images. */
export function imageArguments(command: Command): Command {
  return environmentArgument(command).option(
    "--only <image>",
    "only this image of `images` in fardel.yaml (may be repeated)",
    collect,
  );
}

export interface ImageSurroundings {
  app: App;
  aws: Aws;
  /** Undefined where there is no infrastructure yet. */
  descriptor: EnvironmentDescriptor | undefined;
}

export async function openImages(session: Session, environment: string): Promise<ImageSurroundings> {
  const core = await import("@fardel/core");
  const { app, aws } = await openEnvironment(session, environment);
  try {
    return { app, aws, descriptor: await core.readDescriptor(aws, app.name, environment) };
  } catch (error) {
    if (!(error instanceof FardelError) || error.code !== "DESCRIPTOR_MISSING") throw error;
    return { app, aws, descriptor: undefined };
  }
}

/** What building takes, for an environment that may not be there yet. */
export async function buildOptions(session: Session, { app, aws, descriptor }: ImageSurroundings, only?: string[]) {
  const core = await import("@fardel/core");
  const builtFrom = await core.findOrigin(app.directory);
  return {
    aws,
    emit: session.output.event,
    cacheDirectory: cacheDirectory(),
    repositories: descriptor?.repositories ?? {},
    commit: builtFrom.commit ?? "",
    builtFrom,
    ...(only && { images: only }),
  };
}
