import type { Diagnosis, FailedTask, ReleaseOutcome } from "@fardel/core";
import { formatDuration } from "./quantities.ts";
import type { Style } from "./style.ts";
import { alignColumns, tame, wrap } from "./text.ts";

/** One sentence about a release that has ended well. */
export function outcomeSummary({ outcome, release, durationMs }: ReleaseOutcome): string {
  return outcome === "unchanged"
    ? `Nothing has changed: release ${release} serves.`
    : `Release ${release} serves after ${formatDuration(durationMs)}.`;
}

/** A release that has ended badly, on one screen: what happened, why, and what serves now. */
export function outcomeScreen(result: ReleaseOutcome, style: Style): string {
  const { colors, symbols, width } = style;
  const { release, outcome, failure, diagnoses, serving } = result;
  const title = `Release ${release} ${outcome === "rolled back" ? "was rolled back" : outcome === "superseded" ? "was superseded" : "failed"}`;
  const [first = "", ...rest] = wrap(failure ? `${title}: ${uncapitalized(failure)}` : `${title}.`, width - 2);
  return [
    colors.red(`${symbols.failed} ${colors.bold(first)}`),
    ...rest.map((line) => `  ${colors.bold(line)}`),
    ...diagnoses.flatMap((diagnosis) => ["", ...diagnosisLines(diagnosis, style)]),
    "",
    serving === undefined ? "  No release serves." : `  ${colors.green(`Release ${serving} serves.`)}`,
  ].join("\n");
}

/** Why a service or task failed, as far as AWS and the task's own output tell. */
export function diagnosisLines(diagnosis: Diagnosis, style: Style): string[] {
  const { colors, symbols, width } = style;
  const { workload, revision, verdict, fix, logLines, events } = diagnosis;
  const [head = "", ...tail] = wrap(fix, width - 3 - symbols.fix.length);
  const indent = " ".repeat(symbols.fix.length + 3);
  return [
    `  ${colors.bold(workload)}  ${colors.dim(revision)}`,
    ...wrap(verdict, width - 2).map((line) => `  ${line}`),
    "",
    ...alignColumns(facts(diagnosis)).flatMap((line) => hanging(line, width)),
    ...(logLines.length > 0
      ? ["", "    the last it wrote:", ...logLines.map((line) => `      ${colors.dim(tame(line))}`)]
      : []),
    ...(logLines.length === 0 && events.length > 0
      ? ["", "    the newest events of the service:", ...events.slice(0, 3).flatMap((event) => hanging(event, width))]
      : []),
    "",
    `  ${colors.cyan(symbols.fix)} ${head}`,
    ...tail.map((line) => `${indent}${line}`),
  ];
}

function facts({ task, failedTasks, targetReason, deploymentReason }: Diagnosis): string[][] {
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

function hanging(line: string, width: number): string[] {
  const indent = "    ";
  const [head = "", ...tail] = wrap(line, width - 4 - indent.length);
  // Only what is too long loses its columns.
  return tail.length === 0 ? [`${indent}${line}`] : [`${indent}${head}`, ...tail.map((each) => `${indent}  ${each}`)];
}

function uncapitalized(sentence: string): string {
  return /^[A-Z][a-z]/.test(sentence) ? sentence.charAt(0).toLowerCase() + sentence.slice(1) : sentence;
}
