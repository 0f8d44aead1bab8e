import { AwsError } from "../../../errors.ts";
import type { Region } from "../../../region.ts";

const pollMilliseconds = 50;

/** A member of a service's answer that is always there, though its type says it may not be. */
export function present<T>(value: T | undefined, what: string): T {
  if (value === undefined) throw new Error(`the answer of the service has no ${what}`);
  return value;
}

/** Makes a call that may find nothing there any more: errors whose code matches `codes` give undefined. */
export async function ifThere<T>(codes: RegExp, call: Promise<T>): Promise<T | undefined> {
  try {
    return await call;
  } catch (error) {
    if (error instanceof AwsError && codes.test(error.code)) return undefined;
    throw error;
  }
}

/**
 * Asks again and again until the answer is yes.
 * @throws Error when the wait is broken off
 */
export async function until(
  { region, signal }: { region: Region; signal: AbortSignal },
  isReached: () => Promise<boolean>,
): Promise<void> {
  while (!(await isReached())) {
    signal.throwIfAborted();
    await new Promise<void>((resolve) => region.clock.after(pollMilliseconds, resolve));
  }
}
