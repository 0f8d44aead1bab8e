import type { App } from "../config/app.ts";
import { FardelError } from "../errors.ts";
import type { PublishedImage } from "../images/publish-images.ts";
import type { Surroundings } from "./request.ts";

export interface PlanRequest extends Surroundings {
  app: App;
  /** By `imageKey`. An image that isn't given is taken to stay as it is. */
  images?: ReadonlyMap<string, Pick<PublishedImage, "reference">>;
  only?: readonly string[];
}

/** What a release would change. */
export interface ReleasePlan {
  /** The release that serves now. */
  serving: number | undefined;
  workloads: WorkloadPlan[];
  rules: RulePlan[];
}

export interface WorkloadPlan {
  name: string;
  kind: "service" | "task";
  action: "create" | "update" | "remove" | "none";
  /** What is different in the task definition and in the service, by path. */
  differences: Difference[];
  /** Builds whose digest isn't known before they are built. */
  unknownImage: boolean;
}

export interface Difference {
  /** Such as `containerDefinitions.web.environment.LOG_LEVEL`, or `service.desiredCount`. */
  path: string;
  before: unknown;
  after: unknown;
}

export interface RulePlan {
  service: string;
  action: "create" | "update" | "delete";
  before?: string;
  after?: string;
}

/** Compares what the manifest says with what serves; changes nothing. */
export async function planRelease(request: PlanRequest): Promise<ReleasePlan> {
  throw new FardelError("UNFINISHED", `plan of ${request.app.name} is not built yet`);
}
