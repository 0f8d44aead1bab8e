import type { Time } from "./time.ts";

/** A clock that stands still until it is told how far to go. */
export function manualTime(start = Date.UTC(2026, 0, 1)): Time & { advance(milliseconds: number): Promise<void> } {
  let now = start;
  let timers: { at: number; callback: () => void }[] = [];
  return {
    now: () => now,
    after(delayMs, callback) {
      const timer = { at: now + delayMs, callback };
      timers.push(timer);
      return () => {
        timers = timers.filter((other) => other !== timer);
      };
    },
    async advance(milliseconds) {
      const end = now + milliseconds;
      for (;;) {
        await new Promise((resolve) => setImmediate(resolve));
        const [next] = timers.toSorted((a, b) => a.at - b.at);
        if (!next || next.at > end) break;
        timers = timers.filter((other) => other !== next);
        now = next.at;
        next.callback();
      }
      now = end;
    },
  };
}

/** A clock on which every wait is over at once, and has taken its time all the same. */
export function hurriedTime(start = Date.UTC(2026, 0, 1)): Time {
  let now = start;
  return {
    now: () => now,
    after(delayMs, callback) {
      const immediate = setImmediate(() => {
        now += delayMs;
        callback();
      });
      return () => clearImmediate(immediate);
    },
  };
}
