// Writes a row every second, until ECS asks it to stop.
import { writeFile } from "node:fs/promises";
import { hostname } from "node:os";
import { setTimeout as sleep } from "node:timers/promises";
import { database } from "./database.js";

const stopping = new AbortController();
process.on("SIGTERM", () => stopping.abort());
process.on("SIGINT", () => stopping.abort());

const worker = `${hostname()}-${process.pid}`;
console.log(`${worker} writes a row every second.`);

while (!stopping.signal.aborted) {
  const { rows } = await database.query("INSERT INTO ticks (worker) VALUES ($1) RETURNING id", [worker]);
  console.log(`Wrote row ${rows[0].id}.`);
  await writeFile("heartbeat", ""); // for check-worker.js
  // Wakes up early when it is time to stop.
  await sleep(1000, undefined, { signal: stopping.signal }).catch(() => {});
}

await database.end();
console.log(`${worker} has stopped.`);
