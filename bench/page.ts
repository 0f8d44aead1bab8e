import { execFileSync } from "node:child_process";
import { cpus, release, totalmem } from "node:os";
import type { Row } from "./row.ts";

export interface Chapter {
  title: string;
  /** How it is measured, for the reader who wants to doubt it. */
  about: string;
  rows: Row[];
}

const introduction = `# Benchmarks

<!-- Written by \`npm run bench\`, which measures every figure here: run that, don't change this page. -->

What is measured is the packed CLI, as npm installs it, and the drydock in it. Both sides of a line are measured in the same run, by turns,
and each line gives the best of its rounds: other processes only ever make something slower.`;

/** docs/benchmarks.md. */
export function benchmarksPage(chapters: readonly Chapter[], date: Date): string {
  return [
    introduction,
    `${date.toISOString().slice(0, 10)}, commit ${commit()}: ${machine()}.`,
    ...chapters.map(({ title, about, rows }) => [`## ${title}`, about, table(rows)].join("\n\n")),
    "",
  ].join("\n\n");
}

export function table(rows: readonly Row[]): string {
  const lines = rows.map(({ what, measured, beside, ratio, aim }) => {
    const times = ratio === undefined ? "" : `${ratio >= 100 ? ratio.toFixed(0) : ratio.toPrecision(3)}×`;
    const reached = aim === undefined ? "" : `${aim.text} ${aim.reached ? "✓" : "✗"}`;
    return `| ${[what, measured, beside, times, reached].join(" | ")} |`;
  });
  return ["| what | measured | beside | ratio | aim |", "|---|---|---|---|---|", ...lines].join("\n");
}

function machine(): string {
  const [processor] = cpus();
  const memory = Math.round(totalmem() / 2 ** 30);
  return `${cpus().length} × ${processor?.model.trim()}, ${memory} GB, Linux ${release()}, Node ${process.versions.node}`;
}

function commit(): string {
  return execFileSync("git", ["rev-parse", "--short", "HEAD"], { cwd: import.meta.dirname })
    .toString()
    .trim();
}
