import type { Surroundings } from "../request.ts";
import { latestSuccessful, type ReleaseRecord } from "./record.ts";
import { stateBucket } from "./state-bucket.ts";

/** The newest release that came to serve. */
export function servingRelease({ aws, descriptor }: Surroundings): Promise<ReleaseRecord | undefined> {
  return latestSuccessful(stateBucket(aws, descriptor.stateBucket), descriptor);
}
