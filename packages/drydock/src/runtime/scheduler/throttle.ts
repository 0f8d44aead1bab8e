import type { Throttle } from "./state.ts";

export const noThrottle: Throttle = { failures: 0, lastFailureAt: 0, until: 0 };

/** ECS documents the longest wait, not the steps to it; the first two retries come at once. */
const freeFailures = 2;
const firstWait = 15_000;
const longestWait = 27 * 60_000;

/** Counts a task, made at `createdAt`, that never reached RUNNING; several of one batch count once. */
export function throttleAfterFailure(throttle: Throttle, createdAt: number, now: number): Throttle {
  if (throttle.failures > 0 && createdAt < throttle.lastFailureAt) return throttle;
  const failures = throttle.failures + 1;
  const waits = failures - freeFailures;
  const wait = waits > 0 ? Math.min(firstWait * 2 ** (waits - 1), longestWait) : 0;
  return { failures, lastFailureAt: now, until: wait > 0 ? now + wait : 0 };
}
