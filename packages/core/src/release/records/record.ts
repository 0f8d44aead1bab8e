import type { CallCounts } from "../../aws/calls.ts";
import type { App } from "../../config/app.ts";
import { FardelError } from "../../errors.ts";
import type { BuiltFrom } from "../../images/tags.ts";
import { cameToServe, type ReleaseResult } from "../outcome.ts";
import type { Origin } from "./origin.ts";
import type { Phase } from "./phases.ts";
import type { StateBucket } from "./state-bucket.ts";

/** What is kept of a release, in the state bucket, for good. */
export interface ReleaseRecord extends Origin {
  version: 1;
  number: number;
  app: string;
  environment: string;
  /** The release whose task definitions this one has brought back. */
  rollbackTo?: number;
  /** The release whose services this one has started anew, as they were. */
  redeploys?: number;
  /** What the images were built from, where that is not the commit. */
  builtFrom?: BuiltFrom;
  /** The tag by which its images were chosen, where none was built. */
  imageTag?: string;
  /** Reference by digest, by image: name of the build, or reference as written. */
  images: Record<string, string>;
  /** All services of the app, also those a partial release has left as they were. */
  services: Record<string, ReleasedWorkload>;
  tasks: Record<string, ReleasedWorkload>;
  configuration: ReleasedConfiguration;
  /** ISO 8601. */
  started: string;
  finished?: string;
  /** `in progress` until it is closed, by itself or, where it was interrupted, by the release after it. */
  outcome: ReleaseResult | "in progress";
  /** While it waits for its approval, and for good where it never got an answer: what waits, and whether the release is of the whole app. */
  waiting?: { services: string[]; whole: boolean; since: string };
  phases: Phase[];
  /** AWS calls of the command that made it, by service and operation; absent where it was interrupted. */
  calls?: CallCounts;
  /** One sentence. */
  failure?: string;
}

/** What a service or task runs in a release. */
export interface ReleasedWorkload {
  /** ARN. */
  taskDefinition: string;
  /** By digest. */
  image: string;
}

/** The app as released. It names secrets and doesn't hold them; where keys were written is of no interest later. */
export type ReleasedConfiguration = Omit<App, "written" | "directory">;

/** What releases are numbered by. */
export interface Place {
  app: string;
  environment: string;
}

/** A record that is not closed yet, and the version that closing it must find. */
export interface OpenRecord {
  record: ReleaseRecord;
  etag: string;
}

/** Keys sort as numbers do. */
const digits = 6;

export function releasePrefix({ app, environment }: Place): string {
  return `releases/${app}/${environment}/`;
}

export function releaseKey(place: Place, number: number): string {
  return `${releasePrefix(place)}${String(number).padStart(digits, "0")}.json`;
}

/** Numbers of all releases, from 1 on. */
export async function releaseNumbers(bucket: StateBucket, place: Place): Promise<number[]> {
  const keys = await bucket.keys(releasePrefix(place));
  return keys.map((key) => Number(/(\d+)\.json$/.exec(key)?.[1])).filter((number) => !Number.isNaN(number));
}

/** @throws FardelError `RELEASE_UNKNOWN` */
export async function readRelease(bucket: StateBucket, place: Place, number: number): Promise<ReleaseRecord> {
  const found = await bucket.read(releaseKey(place, number));
  if (found) return found.value as ReleaseRecord;
  throw new FardelError("RELEASE_UNKNOWN", `There is no release ${number} of ${place.app} in ${place.environment}.`, {
    fix: `\`fardel history ${place.environment}\` lists them.`,
  });
}

/** Newest first, at most `limit`. */
export async function listReleases(bucket: StateBucket, place: Place, limit = 20): Promise<ReleaseRecord[]> {
  const newest = (await releaseNumbers(bucket, place)).slice(-limit).reverse();
  return Promise.all(newest.map((number) => readRelease(bucket, place, number)));
}

/**
 * Whether a release may have left things as they were in the middle of it: its process ended, it couldn't bring every
 * service back, or another took its place while it waited at a gate.
 */
export function isHalfMade({ outcome, waiting }: ReleaseRecord): boolean {
  return outcome === "in progress" || outcome === "failed" || (outcome === "superseded" && waiting !== undefined);
}

/** The newest release that came to serve, also a rollback; before `before` where that is given. */
export async function latestSuccessful(
  bucket: StateBucket,
  place: Place,
  before = Number.POSITIVE_INFINITY,
): Promise<ReleaseRecord | undefined> {
  const numbers = (await releaseNumbers(bucket, place)).filter((number) => number < before).reverse();
  for (const number of numbers) {
    const record = await readRelease(bucket, place, number);
    if (cameToServe(record.outcome)) return record;
  }
  return undefined;
}

/**
 * Takes the next number by writing its record, which holds no task definitions yet. Where somebody else has just taken
 * that number, the one after it.
 */
export async function openRecord(
  bucket: StateBucket,
  contents: Omit<ReleaseRecord, "version" | "number" | "outcome" | "phases">,
  last: number,
): Promise<OpenRecord> {
  for (let number = last + 1; ; number++) {
    const record: ReleaseRecord = { version: 1, number, ...contents, outcome: "in progress", phases: [] };
    const etag = await bucket.write(releaseKey(record, number), record, undefined);
    if (etag !== undefined) return { record, etag };
  }
}

/** Writes a record's end; from then on it doesn't change. False when somebody else has closed it. */
export async function closeRecord(
  bucket: StateBucket,
  { etag }: OpenRecord,
  record: ReleaseRecord,
  now: Date,
): Promise<boolean> {
  const closed = { ...record, finished: now.toISOString() };
  return (await bucket.write(releaseKey(record, record.number), closed, etag)) !== undefined;
}

/**
 * Writes a record that stays open: with all that whoever approves or rejects its release needs to go on. Answers it as it is to be
 * closed; where somebody else has closed it, that won't be done.
 */
export async function keepRecord(bucket: StateBucket, opened: OpenRecord, record: ReleaseRecord): Promise<OpenRecord> {
  const etag = await bucket.write(releaseKey(record, record.number), record, opened.etag);
  return etag === undefined ? opened : { ...opened, etag };
}

/** The newest release where it is still open; undefined when it is not. */
export async function openRelease(bucket: StateBucket, place: Place): Promise<OpenRecord | undefined> {
  const newest = (await releaseNumbers(bucket, place)).at(-1);
  const found = newest === undefined ? undefined : await bucket.read(releaseKey(place, newest));
  if (found === undefined) return undefined;
  const record = found.value as ReleaseRecord;
  return record.outcome === "in progress" ? { record, etag: found.etag } : undefined;
}

/** Closes a record that its release never did: whoever holds the lock knows that nobody works on it any more. */
export async function closeAbandoned(bucket: StateBucket, place: Place, number: number, now: Date): Promise<void> {
  const found = await bucket.read(releaseKey(place, number));
  if (found === undefined) return;
  const record = found.value as ReleaseRecord;
  const end: Pick<ReleaseRecord, "outcome" | "failure"> = record.waiting
    ? { outcome: "superseded", failure: "It was still waiting for its approval when another release began." }
    : { outcome: "failed", failure: "It was interrupted: the process that ran it ended before the release did." };
  await closeRecord(bucket, { record, etag: found.etag }, { ...record, ...end }, now);
}

/** The release that first ran what this one runs: what it has brought back or started anew, else itself. */
export function sourceOf({ number, rollbackTo, redeploys }: ReleaseRecord): number {
  return rollbackTo ?? redeploys ?? number;
}

export function releasedConfiguration({ written: _, directory: __, ...configuration }: App): ReleasedConfiguration {
  return configuration;
}
