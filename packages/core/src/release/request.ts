import type { Aws } from "../aws/clients.ts";
import type { App } from "../config/app.ts";
import type { Emit } from "../events.ts";
import type { PublishedImage } from "../images/publish-images.ts";
import type { BuiltFrom } from "../images/tags.ts";
import type { EnvironmentDescriptor } from "../infra/descriptor.ts";
import type { Origin } from "./records/origin.ts";
import type { Time } from "./time.ts";

/** What everything needs that only looks at an environment. */
export interface Surroundings {
  aws: Aws;
  descriptor: EnvironmentDescriptor;
  /** Default: the system's. */
  time?: Time;
}

/** What everything needs that changes an environment. */
export interface ChangeRequest extends Surroundings {
  origin: Origin;
  emit: Emit;
  /** Whether to wait while another release holds the lock; unless given, that is an error. */
  waitForLock?: boolean;
  /** Aborting it leaves a release waiting that has come, or comes, to where a person has to approve it. */
  leave?: AbortSignal;
  /** Aborting it ends the command: what ECS has begun goes on without being watched. */
  signal?: AbortSignal;
}

export interface DeployRequest extends ChangeRequest {
  app: App;
  /**
   * Makes the images of the release available, by `imageKey`. Called once preflight has found no problem, with the number
   * that the release is about to get; what it emits is part of the release's measured time.
   */
  images: (release: number, emit: Emit) => Promise<ReadonlyMap<string, PublishedImage>>;
  /** What the images were built from, where that is not what `origin` says. */
  builtFrom?: BuiltFrom;
  /** The tag by which the images were chosen, for the record. */
  imageTag?: string;
  /** Services and tasks of a partial release; unless given, all. */
  only?: readonly string[];
}

export interface RollbackRequest extends ChangeRequest {
  /** Number of the release to return to; unless given, the last successful one before the one that serves. */
  to?: number;
}
