/** The clock, and waiting by it; tests bring their own. */
export interface Time {
  /** Milliseconds since 1970. */
  now(): number;
  /** Calls back once; returns what calls that off. */
  after(delayMs: number, callback: () => void): () => void;
}

export const systemTime: Time = {
  now: () => Date.now(),
  after(delayMs, callback) {
    const timer = setTimeout(callback, delayMs);
    return () => clearTimeout(timer);
  },
};

/** Waits; throws the signal's reason as soon as it is aborted. */
export async function sleep(time: Time, delayMs: number, signal?: AbortSignal): Promise<void> {
  signal?.throwIfAborted();
  await new Promise<void>((resolve, reject) => {
    const abort = () => {
      cancel();
      reject(signal?.reason);
    };
    const cancel = time.after(delayMs, () => {
      signal?.removeEventListener("abort", abort);
      resolve();
    });
    signal?.addEventListener("abort", abort, { once: true });
  });
}
