import { verifyAccount } from "../../aws/account.ts";
import { localEnvironment } from "../../aws/target.ts";
import type { Emit } from "../../events.ts";
import type { ChangeRequest, Surroundings } from "../request.ts";
import type { Run } from "../run.ts";
import { systemTime } from "../time.ts";
import { acquireLock, describeHolder, type Lock, type LockHolder, lockHolder, type Waiting } from "./lock.ts";
import { type StateBucket, stateBucket } from "./state-bucket.ts";

/** A run that holds the lock of its app and environment. */
export interface LockedRun extends Run {
  readonly bucket: StateBucket;
  readonly lock: Lock;
}

/**
 * Does something that changes an environment while nobody else does, and lets go of the lock however it ends.
 *
 * @throws FardelError `RELEASE_LOCKED` (exit code 5) unless the lock is to be waited for, `AWS_WRONG_ACCOUNT` before
 * anything is written.
 */
export async function underLock<T>(
  request: ChangeRequest,
  action: string,
  work: (run: LockedRun) => Promise<T>,
): Promise<T> {
  const { aws, descriptor, emit, origin, time = systemTime } = request;
  await verifyAccount(aws);
  const bucket = stateBucket(aws, descriptor.stateBucket);
  const { actor, host } = origin;
  const local = descriptor.environment === localEnvironment;
  const lock = await acquireLock(bucket, descriptor, {
    actor,
    host,
    pid: process.pid,
    action,
    time,
    ...(local && { isAlive }),
    ...(request.signal && { signal: request.signal }),
    ...(request.waitForLock && { waiting: waitingFor(request) }),
    onEnded(holder, proofMs) {
      const message = `The lease of ${describeHolder(holder)}, has ended: looking for ${proofMs / 1000} s whether anybody renews it.`;
      emit({ type: "release.notice", message });
    },
  });
  try {
    if (lock.takenFrom) {
      const { actor: other, host: elsewhere, since, because } = lock.takenFrom;
      emit({
        type: "release.notice",
        message: `Took over the lock that ${other} on ${elsewhere} has held since ${since}: ${because}.`,
      });
    }
    const signal = request.signal ? AbortSignal.any([lock.signal, request.signal]) : lock.signal;
    return await work({
      aws,
      descriptor,
      emit,
      time,
      bucket,
      lock,
      signal,
      ...(request.leave && { leave: request.leave }),
      check() {
        lock.check();
        signal.throwIfAborted();
      },
    });
  } finally {
    await letGo(lock, emit);
  }
}

/** Who holds the lock; undefined where nobody does any more, which of a process of this machine shows at once. */
export async function currentHolder({
  aws,
  descriptor,
  time = systemTime,
}: Surroundings): Promise<LockHolder | undefined> {
  const holder = await lockHolder(stateBucket(aws, descriptor.stateBucket), descriptor, time);
  const gone = holder !== undefined && descriptor.environment === localEnvironment && !isAlive(holder.pid);
  return gone ? undefined : holder;
}

function waitingFor({ emit }: ChangeRequest): Waiting {
  return {
    onHolder: (holder) => emit({ type: "release.notice", message: `Waiting for the lock: ${describeHolder(holder)}.` }),
  };
}

/** What has been done is done, and what has failed is told by its own error, whatever becomes of the lock. */
async function letGo(lock: Lock, emit: Emit): Promise<void> {
  try {
    await lock.release();
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    const message = `The lock frees itself within a minute, but couldn't be let go of: ${reason}.`;
    emit({ type: "release.notice", message });
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // It is there, and somebody else's.
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}
