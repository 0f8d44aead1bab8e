import type { Diagnosis, FailedTask, ReleaseOutcome } from "@fardel/core";
import { formatDuration } from "./quantities.ts";
import type { Style } from "./style.ts";
import { pad, tame, wrap } from "./text.ts";

/** One sentence about a release that has ended well, or waits. */
export function outcomeSummary({ outcome, release, serving, takenBack, durationMs }: ReleaseOutcome): string {
  if (outcome === "waiting") {
    return `Release ${release} waits for its approval: \`fardel approve\` or \`fardel reject\` brings it to its end.`;
  }
  if (takenBack)
    return `Release ${release} was taken back in ${formatDuration(durationMs)}: release ${serving} serves.`;
  return outcome === "unchanged"
    ? `Nothing has changed: release ${release} serves.`
    : `Release ${release} serves after ${formatDuration(durationMs)}.`;
}

/** A release that has ended badly, on one screen: what happened, why, and what serves now. */
export function outcomeScreen(result: ReleaseOutcome, style: Style): string {
  const { colors, symbols, width } = style;
  const { release, outcome, failure, diagnoses, serving } = result;
  const title = `Release ${release} ${ends[outcome] ?? "failed"}`;
  const said = failure ? `${title}: ${uncapitalized(failure)}` : `${title}.`;
  const [first = "", ...rest] = wrap(outcome === "degraded" ? (failure ?? "") : said, width - 2);
  return [
    colors.red(`${symbols.failed} ${colors.bold(first)}`),
    ...rest.map((line) => `  ${colors.bold(line)}`),
    ...diagnoses.flatMap((diagnosis) => ["", ...diagnosisLines(diagnosis, style)]),
    ...(outcome === "degraded" ? [] : ["", `  ${whatServes(outcome, serving, style)}`]),
  ].join("\n");
}

const ends: Partial<Record<ReleaseOutcome["outcome"], string>> = {
  "rolled back": "was rolled back",
  superseded: "was superseded",
  unfinished: "serves, but isn't finished",
};

function whatServes(outcome: ReleaseOutcome["outcome"], serving: number | undefined, { colors }: Style): string {
  // What somebody else has deployed is no release, or not yet one.
  if (outcome === "superseded") return "`fardel status` shows what serves.";
  return serving === undefined ? "No release serves." : colors.green(`Release ${serving} serves.`);
}

/** Why a service or task failed, as far as AWS and the task's own output tell. */
export function diagnosisLines(diagnosis: Diagnosis, style: Style): string[] {
  const { colors, symbols, width } = style;
  const { workload, revision, verdict, fix, container, logLines, events } = diagnosis;
  const [head = "", ...tail] = wrap(fix, width - 3 - symbols.fix.length);
  const indent = " ".repeat(symbols.fix.length + 3);
  return [
    `  ${colors.bold(workload)}  ${colors.dim(revision)}`,
    ...wrap(verdict, width - 2).map((line) => `  ${line}`),
    "",
    ...facts(diagnosis).flatMap(([name, value]) => hanging(pad(name, factColumn), value, width)),
    ...(logLines.length > 0
      ? [
          "",
          `    ${container === undefined ? "its last log lines" : `the last log lines of ${container}`}:`,
          ...logLines.map((line) => `      ${colors.dim(tame(line))}`),
        ]
      : []),
    ...(logLines.length === 0 && events.length > 0
      ? [
          "",
          "    the newest events of its service:",
          ...events.slice(0, 3).flatMap((event) => hanging("  ", event, width)),
        ]
      : []),
    "",
    `  ${colors.cyan(symbols.fix)} ${head}`,
    ...tail.map((line) => `${indent}${line}`),
  ];
}

/** As wide as the longest name of a fact, and two spaces. */
const factColumn = 15;

function facts({ task, failedTasks, targetReason, deploymentReason }: Diagnosis): [name: string, value: string][] {
  const rows: (readonly [string, string | undefined])[] = [
    ["task", task && `${task.id}, ${task.lastStatus}${failedTasks > 1 ? ` (${failedTasks} tasks have failed)` : ""}`],
    ["stopCode", task?.stopCode],
    ["stoppedReason", task?.stoppedReason],
    ...(task?.containers ?? []).map((container) => ["container", containerState(container)] as const),
    ["target", targetReason],
    ["deployment", deploymentReason],
  ];
  return rows.flatMap(([name, value]) => (value ? [[name, tame(value)]] : []));
}

function containerState({ name, exitCode, reason, healthStatus }: FailedTask["containers"][number]): string {
  const state = [
    exitCode !== undefined && `exit code ${exitCode}`,
    healthStatus && healthStatus !== "UNKNOWN" && healthStatus.toLowerCase(),
    reason,
  ];
  return `${name}: ${state.filter(Boolean).join(", ") || "no exit code"}`;
}

/** Text beside a name, and below itself where it takes more than a line. */
function hanging(name: string, text: string, width: number): string[] {
  const indent = " ".repeat(4 + name.length);
  return wrap(text, width - indent.length).map((line, at) => `${at === 0 ? `    ${name}` : indent}${line}`);
}

function uncapitalized(sentence: string): string {
  return /^[A-Z][a-z]/.test(sentence) ? sentence.charAt(0).toLowerCase() + sentence.slice(1) : sentence;
}
