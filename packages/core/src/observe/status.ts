import { loadBalancerUrl } from "../infra/load-balancer-url.ts";
import { serviceAddresses } from "../release/addresses.ts";
import { readCurrentState } from "../release/current.ts";
import { type LockHolder, lockHolder } from "../release/lock.ts";
import type { Surroundings } from "../release/request.ts";
import { stateBucket } from "../release/state-bucket.ts";
import { systemTime } from "../release/time.ts";
import { type ServiceStatus, serviceStatus } from "./service-status.ts";
import { whenChanged } from "./stale-secrets.ts";

export interface EnvironmentStatus {
  app: string;
  environment: string;
  cluster: string;
  /** Where the load balancer answers. */
  url: string | undefined;
  /** The newest release that came to serve. */
  serving: { number: number; finished: string | undefined; commit: string | undefined; actor: string } | undefined;
  /** Who is releasing right now. */
  lock: LockHolder | undefined;
  /** The newest release where it hasn't come to its end; interrupted when nobody works on it any more. */
  unfinished: { number: number; started: string; actor: string; interrupted: boolean } | undefined;
  services: ServiceStatus[];
}

/** How an app's services in an environment are: those of the release that serves, and those that releases have begun. */
export async function environmentStatus(surroundings: Surroundings): Promise<EnvironmentStatus> {
  const { aws, descriptor, time = systemTime } = surroundings;
  const bucket = stateBucket(aws, descriptor.stateBucket);
  const [current, lock, url] = await Promise.all([
    readCurrentState(aws, descriptor, bucket, []),
    lockHolder(bucket, descriptor, time),
    loadBalancerUrl(aws, descriptor),
  ]);
  const { serving, newest } = current;
  const configured = newest?.configuration.services ?? serving?.configuration.services ?? {};
  const addresses = serviceAddresses(configured, url);
  const changedAt = whenChanged(aws);
  const names = [...new Set([...Object.keys(serving?.services ?? {}), ...current.services.keys()])];
  return {
    app: descriptor.app,
    environment: descriptor.environment,
    cluster: descriptor.cluster,
    url,
    serving: serving && {
      number: serving.number,
      finished: serving.finished,
      commit: serving.commit,
      actor: serving.actor,
    },
    lock,
    unfinished:
      newest?.outcome === "in progress"
        ? { number: newest.number, started: newest.started, actor: newest.actor, interrupted: lock === undefined }
        : undefined,
    services: await Promise.all(
      names.map((name) => serviceStatus({ ...surroundings, current, url: addresses[name]?.url, changedAt }, name)),
    ),
  };
}
