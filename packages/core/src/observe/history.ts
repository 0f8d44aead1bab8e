import type { Phase } from "../release/records/phases.ts";
import { listReleases, type ReleaseRecord, readRelease } from "../release/records/record.ts";
import { stateBucket } from "../release/records/state-bucket.ts";
import type { Surroundings } from "../release/request.ts";
import { type Shortening, shortenings } from "./shortenings.ts";

/** One release, and where its time went. */
export interface ReleaseTimeline {
  release: ReleaseRecord;
  /** From its start to its record's end; undefined while it is under way. */
  durationMs: number | undefined;
  /** Of that, what no step was measured for: what lies between them. */
  otherMs: number;
  /** What to change to make such a release shorter, the most promising first. */
  shortenings: Shortening[];
}

/** The releases of an app in an environment, newest first. */
export function releaseHistory({ aws, descriptor }: Surroundings, limit = 20): Promise<ReleaseRecord[]> {
  return listReleases(stateBucket(aws, descriptor.stateBucket), descriptor, limit);
}

/** @throws FardelError `RELEASE_UNKNOWN` */
export async function releaseTimeline({ aws, descriptor }: Surroundings, number: number): Promise<ReleaseTimeline> {
  return timelineOf(await readRelease(stateBucket(aws, descriptor.stateBucket), descriptor, number));
}

export function timelineOf(release: ReleaseRecord): ReleaseTimeline {
  const { started, finished, phases, configuration } = release;
  const durationMs = finished === undefined ? undefined : Date.parse(finished) - Date.parse(started);
  return {
    release,
    durationMs,
    otherMs: Math.max(0, (durationMs ?? 0) - stepsMs(phases)),
    shortenings: durationMs === undefined ? [] : shortenings(phases, configuration, durationMs),
  };
}

function stepsMs(phases: readonly Phase[]): number {
  return phases.filter(({ within }) => within === undefined).reduce((sum, { durationMs }) => sum + durationMs, 0);
}
