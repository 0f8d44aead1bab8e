import { FardelError } from "../../errors.ts";
import { sleep, type Time } from "../time.ts";
import type { Place } from "./record.ts";
import type { StateBucket } from "./state-bucket.ts";

/** Who holds the lock of an app in an environment, as stored. */
export interface LockHolder {
  actor: string;
  host: string;
  pid: number;
  /** What the holder is doing: `deploy`, `rollback`, `down`. */
  action: string;
  /** The release's number, once it has one. */
  release?: number;
  /** ISO 8601. */
  since: string;
  /** End of the lease unless it is renewed before, ISO 8601. */
  until: string;
}

/** Somebody who holds the lock no more, though it was never let go of. */
export interface FormerHolder extends LockHolder {
  because: "its lease has ended" | "its process is gone";
}

export interface Lock {
  /** Whose lock was taken over. */
  readonly takenFrom: FormerHolder | undefined;
  /** Aborted when the lock was lost: nothing may be written any more. */
  readonly signal: AbortSignal;
  /** Tells others which release it is. */
  name(release: number): Promise<void>;
  /** Throws `RELEASE_LOCK_LOST` when somebody else may have the lock. Before every write. */
  check(): void;
  release(): Promise<void>;
}

export interface LockOptions {
  actor: string;
  host: string;
  pid: number;
  action: string;
  time: Time;
  /**
   * Whether a process of this machine is alive; given only where every holder is on this machine (`local`). A holder
   * whose process is gone won't come back, so nobody has to wait for its lease to end.
   */
  isAlive?: (pid: number) => boolean;
  /** Called when a lease seems to have ended, before it is looked for so many milliseconds whether somebody renews it. */
  onEnded?: (holder: LockHolder, proofMs: number) => void;
  /** Aborting it ends that look, and the waiting. */
  signal?: AbortSignal;
  /** Given, the lock is waited for while another holds it, for as long as it takes. */
  waiting?: Waiting;
}

export interface Waiting {
  /** Called once for each holder that is waited for. */
  onHolder(holder: LockHolder): void;
}

const leaseMs = 60_000;
const renewalMs = 15_000;
const waitingMs = 2000;
/**
 * The clock of the holder's machine may be behind this one's: a lease that has ended by this one's is only over when nobody has
 * renewed it for this long.
 */
const proofMs = renewalMs + 5000;

export function lockKey({ app, environment }: Place): string {
  return `locks/${app}/${environment}.json`;
}

/** Who holds the lock now; undefined when it is free or its lease has ended. */
export async function lockHolder(bucket: StateBucket, place: Place, time: Time): Promise<LockHolder | undefined> {
  const found = await bucket.read(lockKey(place));
  const holder = found?.value as LockHolder | undefined;
  return holder && Date.parse(holder.until) > time.now() ? holder : undefined;
}

/**
 * Takes the lock of an app in an environment: a lease of a minute that is renewed while it is held, so that the lock of
 * a machine that died frees itself.
 *
 * @throws FardelError `RELEASE_LOCKED` (exit code 5), naming the holder, unless it is to be waited for.
 */
export async function acquireLock(bucket: StateBucket, place: Place, options: LockOptions): Promise<Lock> {
  const { time, isAlive, waiting } = options;
  const key = lockKey(place);
  const since = new Date(time.now()).toISOString();
  const holder = (): LockHolder => ({
    actor: options.actor,
    host: options.host,
    pid: options.pid,
    action: options.action,
    since,
    until: new Date(time.now() + leaseMs).toISOString(),
  });
  let waitedFor = "";
  /** Tag of a lock whose lease has ended by this machine's clock. */
  let ended: string | undefined;
  for (;;) {
    const etag = await bucket.write(key, holder(), undefined);
    if (etag !== undefined) return hold(bucket, key, etag, holder, undefined, time);
    const found = await bucket.read(key);
    if (found === undefined) continue;
    const other = found.value as LockHolder;
    const isGone = isAlive !== undefined && !isAlive(other.pid);
    const hasEnded = Date.parse(other.until) <= time.now();
    if (hasEnded && !isGone && isAlive === undefined && ended === undefined) {
      ended = found.etag;
      options.onEnded?.(other, proofMs);
      await sleep(time, proofMs, options.signal);
      continue;
    }
    if (!isGone && (!hasEnded || (ended !== undefined && ended !== found.etag))) {
      ended = undefined;
      if (waiting === undefined) throw locked(place, other);
      // It is told again once it has its number, which a person can look for.
      if (nameOf(other) !== waitedFor) waiting.onHolder(other);
      waitedFor = nameOf(other);
      await sleep(time, waitingMs, options.signal);
      continue;
    }
    const taken = await bucket.write(key, holder(), found.etag);
    const because = isGone ? "its process is gone" : "its lease has ended";
    if (taken !== undefined) return hold(bucket, key, taken, holder, { ...other, because }, time);
  }
}

function hold(
  bucket: StateBucket,
  key: string,
  first: string,
  holder: () => LockHolder,
  takenFrom: FormerHolder | undefined,
  time: Time,
): Lock {
  const lost = new AbortController();
  let etag = first;
  let until = time.now() + leaseMs;
  let release: number | undefined;
  let released = false;
  let writing: Promise<void> = Promise.resolve();
  let cancel = () => {};

  const renew = async () => {
    if (released || lost.signal.aborted) return;
    const end = time.now() + leaseMs;
    const written = await bucket.write(key, { ...holder(), ...(release !== undefined && { release }) }, etag);
    if (written === undefined) {
      const successor = (await bucket.read(key).catch(() => undefined))?.value as LockHolder | undefined;
      lost.abort(lockLost(successor));
      return;
    }
    etag = written;
    until = end;
  };
  // One write after the other: each must know the tag of the one before.
  const queue = (): Promise<void> => {
    const renewal = writing.then(renew);
    // Its failure is told to whoever asked for it, and is no reason not to try again.
    writing = renewal.catch(() => {});
    return renewal;
  };
  const schedule = () => {
    cancel = time.after(renewalMs, () => {
      // A renewal that fails is tried again; the lease's end decides.
      void queue()
        .catch(() => {})
        .then(() => {
          if (!released && !lost.signal.aborted) schedule();
        });
    });
  };
  schedule();

  return {
    takenFrom,
    signal: lost.signal,
    async name(number) {
      release = number;
      await queue();
    },
    check() {
      if (!lost.signal.aborted && time.now() >= until) lost.abort(lockLost());
      lost.signal.throwIfAborted();
    },
    async release() {
      released = true;
      cancel();
      await writing;
      if (!lost.signal.aborted) await bucket.remove(key, etag);
    },
  };
}

/** `Release 42 (deploy) by ada on laptop, since 2026-01-01T00:00:00.000Z`. */
export function describeHolder(holder: LockHolder): string {
  const { actor, host, since } = holder;
  return `${workOf(holder)} by ${actor} on ${host}, since ${since}`;
}

function workOf({ action, release }: LockHolder): string {
  return release === undefined ? `A ${action}` : `Release ${release} (${action})`;
}

function nameOf(holder: LockHolder): string {
  return `${describeHolder(holder)} ${holder.pid}`;
}

function locked({ app, environment }: Place, holder: LockHolder): FardelError {
  const { actor, host, since, until } = holder;
  return new FardelError("RELEASE_LOCKED", `${workOf(holder)} of ${app} in ${environment} is under way.`, {
    where: `held by ${actor} on ${host} since ${since}`,
    fix: `Run the command again with --wait-for-lock, which waits for it. If that machine is gone, the lock is free at ${until}.`,
    exitCode: 5,
  });
}

function lockLost(successor?: LockHolder): FardelError {
  if (successor !== undefined) {
    return new FardelError("RELEASE_LOCK_LOST", "This release was superseded: another has taken its lock.", {
      where: describeHolder(successor),
      why: "The lock couldn't be renewed for a minute, as when a machine sleeps. Nothing was written since.",
      fix: "See what serves with `fardel status`.",
      exitCode: 5,
    });
  }
  return new FardelError("RELEASE_LOCK_LOST", "This release has lost its lock, and has stopped.", {
    why: "The lock couldn't be renewed for a minute, so that somebody else may have taken it.",
    fix: "See what serves with `fardel status`, then run the command again.",
    exitCode: 5,
  });
}
