// `npm run bench`: measures everything and writes docs/benchmarks.md; with words, only the benchmarks of these names, to the terminal.
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { about as aboutRequests, apiRequests } from "./api-requests.ts";
import { about as aboutBalancer, balancer } from "./balancer.ts";
import { about as aboutCommands, commands } from "./commands.ts";
import { about as aboutDeploys, deploys } from "./deploys.ts";
import { type Machine, prepareMachine } from "./machine.ts";
import { benchmarksPage, type Chapter, table } from "./page.ts";
import { about as aboutStart, regionStart } from "./region-start.ts";
import type { Row } from "./row.ts";
import { about as aboutScale, scale } from "./scale.ts";

interface Benchmark {
  title: string;
  about: string;
  measure(machine: Machine): Promise<Row[]>;
}

const benchmarks: Record<string, Benchmark> = {
  start: { title: "The embedded region: start", about: aboutStart, measure: regionStart },
  requests: { title: "The embedded region: calls", about: aboutRequests, measure: apiRequests },
  balancer: { title: "The load balancer", about: aboutBalancer, measure: balancer },
  deploys: { title: "A deploy", about: aboutDeploys, measure: deploys },
  scale: { title: "Scale", about: aboutScale, measure: scale },
  commands: { title: "The command line", about: aboutCommands, measure: commands },
};

const asked = process.argv.slice(2);
const unknown = asked.filter((name) => !Object.hasOwn(benchmarks, name));
if (unknown.length > 0)
  throw new Error(`There is no ${unknown.join(", ")}; there are ${Object.keys(benchmarks).join(", ")}.`);

const machine = await prepareMachine();
try {
  const chapters: Chapter[] = [];
  for (const [name, { title, about, measure }] of Object.entries(benchmarks)) {
    if (asked.length > 0 && !asked.includes(name)) continue;
    const rows = await measure(machine);
    console.log(`\n${title}\n${table(rows)}`);
    chapters.push({ title, about, rows });
  }
  if (asked.length === 0) {
    writeFileSync(join(import.meta.dirname, "..", "docs", "benchmarks.md"), benchmarksPage(chapters, new Date()));
  }
} finally {
  await machine.close();
}
