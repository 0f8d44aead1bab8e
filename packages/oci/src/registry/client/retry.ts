import type { IncomingMessage } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";
import { discard } from "./transport.ts";

/** Waits before repetition number `repetition` (from 1); a registry that says how long is obeyed. */
export type Pause = (repetition: number, retryAfterSeconds: number | undefined) => Promise<void>;

/** How often one request is repeated. */
export const repetitions = 4;
const firstMilliseconds = 250;
/** A registry that asks for a longer wait than this (a pull limit, hours) is reported instead of waited for. */
const longestWaitSeconds = 20;

/** Doubling waits, each shortened at random so that many clients don't come back at the same moment. */
export const jitteredPause: Pause = async (repetition, retryAfterSeconds) => {
  const longest = firstMilliseconds * 2 ** (repetition - 1);
  await sleep(retryAfterSeconds === undefined ? longest * (0.5 + Math.random() / 2) : retryAfterSeconds * 1000);
};

/** Whether a status says "not now": too many requests, or a failure of the server. Any other 4xx would be the same again. */
export function isTemporaryStatus(status: number | undefined): boolean {
  return status === 429 || status === 500 || status === 502 || status === 503 || status === 504;
}

/** Whether an error is a connection that broke, as opposed to a server that isn't there or isn't the right one. */
export function isBrokenConnection(error: unknown): boolean {
  const code = error instanceof Error && "code" in error ? error.code : undefined;
  return code === "ECONNRESET" || code === "EPIPE" || code === "ETIMEDOUT";
}

/** Sends until there is an answer worth giving to the caller; the last refusal or failure is the caller's. */
export async function sendWithRetries(send: () => Promise<IncomingMessage>, pause: Pause): Promise<IncomingMessage> {
  for (let repetition = 1; ; repetition++) {
    try {
      const response = await send();
      const wait = retryAfterSeconds(response);
      if (!isTemporaryStatus(response.statusCode) || repetition > repetitions || (wait ?? 0) > longestWaitSeconds)
        return response;
      discard(response);
      await pause(repetition, wait);
    } catch (error) {
      if (!isBrokenConnection(error) || repetition > repetitions) throw error;
      await pause(repetition, undefined);
    }
  }
}

function retryAfterSeconds(response: IncomingMessage): number | undefined {
  const header = response.headers["retry-after"];
  return header !== undefined && /^[0-9]+$/.test(header) ? Number(header) : undefined;
}
