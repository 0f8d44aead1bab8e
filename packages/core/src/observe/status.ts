import { loadBalancerUrl, testUrl } from "../infra/load-balancer-url.ts";
import { readCurrentState } from "../release/current.ts";
import { builtFrom } from "../release/earlier-release.ts";
import type { LockHolder } from "../release/records/lock.ts";
import type { ReleaseRecord } from "../release/records/record.ts";
import { stateBucket } from "../release/records/state-bucket.ts";
import { currentHolder } from "../release/records/under-lock.ts";
import type { Surroundings } from "../release/request.ts";
import { serviceAddresses } from "../release/routing/addresses.ts";
import { type ServiceStatus, serviceStatus } from "./service-status.ts";
import { whenChanged } from "./stale-secrets.ts";

export interface EnvironmentStatus {
  app: string;
  environment: string;
  cluster: string;
  /** Where the load balancer answers. */
  url: string | undefined;
  /** The newest release that came to serve. */
  serving: ServingRelease | undefined;
  /** Who is releasing right now. */
  lock: LockHolder | undefined;
  /** The newest release where it hasn't come to its end. */
  unfinished: UnfinishedRelease | undefined;
  services: ServiceStatus[];
}

interface ServingRelease {
  number: number;
  finished: string | undefined;
  /** What its images were built from; undefined where that isn't known. */
  commit: string | undefined;
  tag: string | undefined;
  actor: string;
}

interface UnfinishedRelease {
  number: number;
  started: string;
  actor: string;
  /** Whether it was left waiting for its approval. */
  waiting: boolean;
  /** Whether nobody works on it any more, and nobody is to: the process that made it is gone. */
  interrupted: boolean;
}

/** How an app's services in an environment are: those of the release that serves, and those that releases have begun. */
export async function environmentStatus(surroundings: Surroundings): Promise<EnvironmentStatus> {
  const { aws, descriptor } = surroundings;
  const bucket = stateBucket(aws, descriptor.stateBucket);
  const [current, lock, url, test] = await Promise.all([
    readCurrentState(aws, descriptor, bucket, []),
    currentHolder(surroundings),
    loadBalancerUrl(aws, descriptor),
    testUrl(aws, descriptor),
  ]);
  const { serving, newest } = current;
  const configured = newest?.configuration.services ?? serving?.configuration.services ?? {};
  const addresses = serviceAddresses(configured, url);
  const testAddresses = serviceAddresses(configured, test);
  const changedAt = whenChanged(aws);
  const names = [...new Set([...Object.keys(serving?.services ?? {}), ...current.services.keys()])];
  return {
    app: descriptor.app,
    environment: descriptor.environment,
    cluster: descriptor.cluster,
    url,
    serving: serving && servingRelease(serving),
    lock,
    unfinished: newest?.outcome === "in progress" ? unfinishedRelease(newest, lock) : undefined,
    services: await Promise.all(
      names.map((name) => {
        const look = { url: addresses[name]?.url, testUrl: testAddresses[name]?.url, changedAt };
        return serviceStatus({ ...surroundings, current, ...look }, name);
      }),
    ),
  };
}

function servingRelease(record: ReleaseRecord): ServingRelease {
  const { number, finished, actor } = record;
  const { commit, tag } = builtFrom(record);
  return { number, finished, commit, tag, actor };
}

function unfinishedRelease(
  { number, started, actor, waiting: left }: ReleaseRecord,
  lock: LockHolder | undefined,
): UnfinishedRelease {
  const waiting = lock === undefined && left !== undefined;
  return { number, started, actor, waiting, interrupted: lock === undefined && !waiting };
}
