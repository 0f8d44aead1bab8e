// What indexer and ingester have in common: they do the same thing again and again, until ECS asks them to stop.
import { writeFile } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";

/**
 * @param work gets a signal that says when it is time to stop, and leaves its doing half done then only where that is safe.
 * @param pause milliseconds between two rounds.
 */
export async function loop(work, pause) {
  const stopping = new AbortController();
  process.on("SIGTERM", () => stopping.abort());
  process.on("SIGINT", () => stopping.abort());
  const { signal } = stopping;
  while (!signal.aborted) {
    await writeFile("heartbeat", ""); // for check-loop.js
    await work(signal).catch((error) => signal.aborted || console.error(error.message));
    await sleep(pause, undefined, { signal }).catch(() => {});
  }
  console.log("Stopped.");
}
