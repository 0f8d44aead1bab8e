// Scores new leads, until ECS asks it to stop.
import { setTimeout as sleep } from "node:timers/promises";
import { database } from "./database.js";
import { count, traced } from "./tracing.js";

const stopping = new AbortController();
process.on("SIGTERM", () => stopping.abort());
process.on("SIGINT", () => stopping.abort());

console.log("Waiting for leads.");
while (!stopping.signal.aborted) {
  const { rows } = await database.query("SELECT id, employees FROM leads WHERE score IS NULL ORDER BY id LIMIT 10");
  for (const { id, employees } of rows) await traced("job", "score a lead", () => score(id, employees));
  // Wakes up early when it is time to stop.
  if (rows.length === 0) await sleep(500, undefined, { signal: stopping.signal }).catch(() => {});
}
await database.end();
console.log("The worker has stopped.");

async function score(id, employees) {
  const points = Math.min(100, Math.round(25 * Math.log10(employees)));
  const { rowCount } = await database.query("UPDATE leads SET score = $2 WHERE id = $1 AND score IS NULL", [
    id,
    points,
  ]);
  if (rowCount === 0) return; // Another worker was faster: every rolling update has two for a while.
  count("managr.leads.scored");
  console.log(`Lead ${id} has ${points} points.`);
}
