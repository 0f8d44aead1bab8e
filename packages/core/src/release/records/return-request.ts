import { FardelError } from "../../errors.ts";
import type { Place } from "./record.ts";
import type { StateBucket } from "./state-bucket.ts";
import type { LockedRun } from "./under-lock.ts";

/**
 * That a release is to go back, as stored beside its record. Whoever asks for it doesn't hold the release's lock, maybe not even
 * on the machine that does; and the first to write it decides whose way back it is.
 */
export interface ReturnRequest {
  /** Who has asked for it; absent where the release goes back because it has failed. */
  by?: { actor: string; host: string };
  /** ISO 8601. */
  at: string;
}

function returnKey({ app, environment }: Place, release: number): string {
  return `returns/${app}/${environment}/${release}.json`;
}

/** Asks a release to go back. False when it is on its way back already. */
export async function requestReturn(
  bucket: StateBucket,
  place: Place,
  release: number,
  request: ReturnRequest,
): Promise<boolean> {
  return (await bucket.write(returnKey(place, release), request, undefined)) !== undefined;
}

/** Who has taken a release back, as a sentence; undefined while nobody has. */
export async function takenBackBy(bucket: StateBucket, place: Place, release: number): Promise<string | undefined> {
  const found = await bucket.read(returnKey(place, release));
  const { by } = (found?.value ?? {}) as Partial<ReturnRequest>;
  return by === undefined ? undefined : takenBackText(by);
}

export function takenBackText({ actor, host }: { actor: string; host: string }): string {
  return `It was taken back by ${actor} on ${host}`;
}

/** Tells others that a release is on its way back, so that nobody stops the deployments that lead there. */
export async function tellReturn({ bucket, descriptor, time, signal }: LockedRun, release: number): Promise<void> {
  try {
    await requestReturn(bucket, descriptor, release, { at: new Date(time.now()).toISOString() });
  } catch (error) {
    // It goes back all the same.
    if (!(error instanceof FardelError) || signal.aborted) throw error;
  }
}
