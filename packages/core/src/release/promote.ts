import type { Aws } from "../aws/clients.ts";
import type { App } from "../config/app.ts";
import { FardelError } from "../errors.ts";
import { promoteImages } from "../images/promote-images.ts";
import { type BuiltFrom, checkTags } from "../images/tags.ts";
import type { EnvironmentDescriptor } from "../infra/descriptor.ts";
import { builtFrom } from "./earlier-release.ts";
import type { ReleaseOutcome } from "./outcome.ts";
import type { Origin } from "./records/origin.ts";
import type { ReleaseRecord } from "./records/record.ts";
import { servingRelease } from "./records/serving-release.ts";
import { deploy } from "./release.ts";
import type { DeployRequest } from "./request.ts";

export interface PromoteRequest extends Omit<DeployRequest, "images" | "builtFrom" | "only"> {
  /** The app in the environment that is promoted to. */
  app: App;
  from: { aws: Aws; descriptor: EnvironmentDescriptor };
}

/**
 * Releases to one environment the very images that another one's serving release runs, with the target's configuration.
 * Nothing is built; what the target's repositories lack is carried there.
 *
 * @returns as `deploy`.
 * @throws FardelError `PROMOTE_NOTHING` when nothing serves there, and as `deploy`.
 */
export async function promote(request: PromoteRequest): Promise<ReleaseOutcome> {
  const { app, aws, descriptor, origin, from } = request;
  const serving = await servingRelease(from);
  if (serving === undefined) throw nothingServes(from.descriptor);
  const source = sourceOf(serving, origin);
  checkTags(app, source);
  const { environment, number, images } = serving;
  const repositories = Object.values(from.descriptor.repositories);
  const carry: DeployRequest["images"] = (_, emit) =>
    promoteImages(app, {
      from: { aws: from.aws, environment, number, images, repositories },
      repositories: descriptor.repositories,
      aws,
      emit,
    });
  return deploy({ ...request, builtFrom: source, images: carry });
}

/** A Git tag often comes after the release that it names; it is the same commit's all the same. */
function sourceOf(serving: ReleaseRecord, origin: Origin): BuiltFrom {
  const source = builtFrom(serving);
  const tag = source.commit !== undefined && source.commit === origin.commit ? origin.tag : undefined;
  return { ...(tag && { tag }), ...source };
}

function nothingServes({ app, environment }: EnvironmentDescriptor): FardelError {
  return new FardelError(
    "PROMOTE_NOTHING",
    `No release of ${app} serves in ${environment}, so there is nothing to promote.`,
    {
      fix: `Run \`fardel up ${environment}\` first.`,
    },
  );
}
