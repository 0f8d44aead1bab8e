import { listReleases, type ReleaseRecord } from "../release/record.ts";
import type { Surroundings } from "../release/request.ts";
import { stateBucket } from "../release/state-bucket.ts";

/** The releases of an app in an environment, newest first. */
export function releaseHistory({ aws, descriptor }: Surroundings, limit = 20): Promise<ReleaseRecord[]> {
  return listReleases(stateBucket(aws, descriptor.stateBucket), descriptor, limit);
}
