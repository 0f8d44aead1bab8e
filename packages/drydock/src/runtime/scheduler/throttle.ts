import type { Deployment, Throttle } from "./state.ts";

export const noThrottle: Throttle = { failures: 0, lastFailureAt: 0, until: 0 };

/** ECS documents the longest wait, not the steps to it; the first two retries come at once. */
const freeFailures = 2;
const firstWait = 15_000;
const longestWait = 27 * 60_000;
const crashLoopWait = 1_000;

/** Counts a task, made at `createdAt`, that never reached RUNNING; several of one batch count once. */
export function throttleAfterFailure(throttle: Throttle, createdAt: number, now: number): Throttle {
  return countBatch(throttle, createdAt, now, (waits) => Math.min(firstWait * 2 ** (waits - 1), longestWait));
}

/**
 * Counts a task that ran and exited before it was healthy. ECS doesn't throttle those, and needn't: Fargate takes tens of
 * seconds to start one. Here a crash loop would take the whole machine, so from the third on each waits a second.
 */
export function paceAfterExit(pace: Throttle, createdAt: number, now: number): Throttle {
  return countBatch(pace, createdAt, now, () => crashLoopWait);
}

/** Before when a deployment may start no task; in the past when it may. */
export function heldUntil({ throttle, pace }: Deployment): number {
  return Math.max(throttle.until, pace.until);
}

function countBatch(before: Throttle, createdAt: number, now: number, wait: (waits: number) => number): Throttle {
  if (before.failures > 0 && createdAt < before.lastFailureAt) return before;
  const failures = before.failures + 1;
  const waits = failures - freeFailures;
  return { failures, lastFailureAt: now, until: waits > 0 ? now + wait(waits) : 0 };
}
