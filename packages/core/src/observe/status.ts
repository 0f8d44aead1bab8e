import { FardelError } from "../errors.ts";
import type { LockHolder } from "../release/lock.ts";
import type { Surroundings } from "../release/request.ts";

export interface EnvironmentStatus {
  app: string;
  environment: string;
  cluster: string;
  /** Where the load balancer answers. */
  url: string | undefined;
  /** The newest release that succeeded. */
  serving: { number: number; finished: string | undefined; commit: string | undefined; actor: string } | undefined;
  /** Who is releasing right now. */
  lock: LockHolder | undefined;
  services: ServiceStatus[];
}

export interface ServiceStatus {
  name: string;
  /** The release whose task definition it runs; undefined when somebody else has changed it. */
  release: number | undefined;
  /** By digest, as in the task definition. */
  image: string | undefined;
  /** `family:revision` */
  taskDefinition: string;
  status: "ACTIVE" | "DRAINING" | "MISSING";
  desired: number;
  running: number;
  pending: number;
  /** Tasks whose target is healthy; undefined for a service without a route. */
  healthy: number | undefined;
  /** Address of the service; undefined without a route. */
  url: string | undefined;
  deployments: DeploymentStatus[];
  targets: { address: string; state: string; reason: string | undefined }[];
  /** Newest first, at most ten. */
  events: { at: Date; message: string }[];
}

export interface DeploymentStatus {
  id: string;
  status: string;
  taskDefinition: string;
  desired: number;
  running: number;
  pending: number;
  failed: number;
  rolloutState: string;
  rolloutReason: string;
}

/** How an app's services in an environment are. */
export async function environmentStatus(surroundings: Surroundings): Promise<EnvironmentStatus> {
  throw new FardelError("UNFINISHED", `status of ${surroundings.descriptor.app} is not built yet`);
}
