import type { ReleaseRecord } from "@fardel/core";
import { commitText } from "./commit-text.ts";
import { formatAgo, formatDuration } from "./quantities.ts";
import type { Style } from "./style.ts";
import { alignColumns, fit, tame } from "./text.ts";

type Release = Pick<
  ReleaseRecord,
  | "number"
  | "outcome"
  | "waiting"
  | "started"
  | "finished"
  | "commit"
  | "dirty"
  | "tag"
  | "builtFrom"
  | "imageTag"
  | "actor"
  | "rollbackTo"
  | "redeploys"
  | "failure"
>;

/** Releases, newest first. */
export function historyTable(releases: readonly Release[], style: Style, now: Date): string {
  const { colors, width, symbols } = style;
  if (releases.length === 0) return "There is no release yet.";
  const serving = releases.find(({ outcome }) => outcome === "succeeded" || outcome === "unfinished");
  const header = ["release", "outcome", "started", "took", "commit", "by"].map((name) => colors.dim(name));
  const rows = releases.map((release) => [
    String(release.number),
    release === serving
      ? release.outcome === "succeeded"
        ? colors.green("serves")
        : colors.red("serves, unfinished")
      : release.waiting && release.outcome === "in progress"
        ? colors.yellow("waiting")
        : outcomeColor(release.outcome, style),
    formatAgo(new Date(release.started), now),
    took(release),
    commitText(release.builtFrom ?? release),
    release.actor,
  ]);
  const [head = "", ...lines] = alignColumns([header, ...rows]);
  return [
    head,
    ...lines.flatMap((line, at) => [line, ...notes(releases[at]).map((note) => colors.dim(`         ${note}`))]),
  ]
    .map((line) => fit(line, width, symbols.ellipsis))
    .join("\n");
}

function outcomeColor(outcome: Release["outcome"], { colors }: Style): string {
  return ["failed", "rolled back", "unfinished"].includes(outcome) ? colors.red(outcome) : outcome;
}

function took({ started, finished }: Release): string {
  return finished === undefined ? "" : formatDuration(Date.parse(finished) - Date.parse(started));
}

function notes(release: Release | undefined): string[] {
  const { imageTag, rollbackTo, redeploys, failure } = release ?? {};
  return [
    ...(imageTag === undefined ? [] : [`the images with the tag ${imageTag}`]),
    ...(rollbackTo === undefined ? [] : [`back to what release ${rollbackTo} ran`]),
    ...(redeploys === undefined ? [] : [`the tasks of release ${redeploys} anew`]),
    ...(failure === undefined ? [] : [tame(failure)]),
  ];
}
