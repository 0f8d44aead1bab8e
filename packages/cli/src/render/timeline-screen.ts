import type { Phase, ReleaseTimeline, Shortening } from "@fardel/core";
import { commitText } from "./commit-text.ts";
import { formatAgo, formatDuration } from "./quantities.ts";
import type { Style } from "./style.ts";
import { fit, pad, tame, widthOf, wrap } from "./text.ts";

/** One release as a waterfall of its steps, and what to change to make it shorter. */
export function timelineScreen(timeline: ReleaseTimeline, style: Style, now: Date): string {
  const { release, durationMs, otherMs } = timeline;
  const { colors, width, symbols } = style;
  const { number, app, environment, outcome, failure } = release;
  const took = durationMs === undefined ? "" : ` in ${formatDuration(durationMs)}`;
  const title = `Release ${number} of ${app} to ${environment}: ${outcome}${took}`;
  const lines = [
    colors.bold(fit(title, width, symbols.ellipsis)),
    fit(colors.dim(origin(timeline, now)), width, symbols.ellipsis),
    ...(failure === undefined ? [] : wrap(tame(failure), width).map((line) => colors.red(line))),
  ];
  if (durationMs === undefined) {
    const state = release.waiting ? "It waits for its approval" : "It is under way";
    return [...lines, "", `${state}: its phases are kept when it ends.`].join("\n");
  }
  const rows = [...release.phases.map(rowOf), ...(otherMs > 0 ? [otherRow(otherMs)] : [])];
  return [...lines, "", ...waterfall(rows, durationMs, style), ...advice(timeline.shortenings, style)].join("\n");
}

interface Row {
  name: string;
  /** Of a step's part; its step is told above it. */
  part: boolean;
  startMs: number | undefined;
  durationMs: number;
}

function rowOf({ name, of, within, startMs, durationMs }: Phase): Row {
  if (within === undefined) return { name, part: false, startMs, durationMs };
  return {
    name: `  ${of === undefined ? name : name === "task" ? of : `${of} ${name}`}`,
    part: true,
    startMs,
    durationMs,
  };
}

/** It lies in many places, so it has no bar. */
function otherRow(durationMs: number): Row {
  return { name: "between them", part: false, startMs: undefined, durationMs };
}

function waterfall(rows: readonly Row[], durationMs: number, style: Style): string[] {
  const { colors, width } = style;
  const names = Math.max(...rows.map(({ name }) => widthOf(name)), "total".length);
  const times = rows.map((row) => shortDuration(row.durationMs));
  const total = formatDuration(durationMs);
  const widest = Math.max(...times.map((time) => time.length), total.length);
  const room = width - names - widest - 4;
  const line = (name: string, time: string, bar: string) => `${name}  ${time.padStart(widest)}  ${bar}`.trimEnd();
  return [
    ...rows.map((row, at) => {
      const name = pad(row.name, names);
      const bar = room < 8 ? "" : barOf(row, durationMs, room, style);
      return line(row.part ? colors.dim(name) : name, times[at] ?? "", bar);
    }),
    colors.bold(line(pad("total", names), total, "")),
  ];
}

/** A look at AWS takes milliseconds, which tenths of a second would all show as nothing. */
function shortDuration(milliseconds: number): string {
  return milliseconds < 100 ? `${Math.round(milliseconds)}ms` : formatDuration(milliseconds);
}

function barOf({ startMs, durationMs, part }: Row, totalMs: number, room: number, { colors, symbols }: Style): string {
  if (startMs === undefined || totalMs === 0) return "";
  const cell = totalMs / room;
  const from = Math.min(room - 1, Math.floor(startMs / cell));
  const to = Math.max(from + 1, Math.min(room, Math.round((startMs + durationMs) / cell)));
  const bar = durationMs < cell / 2 ? symbols.sliver : symbols.barFull.repeat(to - from);
  return " ".repeat(from) + (part ? colors.dim(colors.cyan(bar)) : colors.cyan(bar));
}

function origin({ release }: ReleaseTimeline, now: Date): string {
  const { started, actor, host, imageTag, rollbackTo } = release;
  const built = release.builtFrom ?? release;
  const facts = [
    formatAgo(new Date(started), now),
    `by ${actor} on ${host}`,
    built.commit && `commit ${commitText(built)}${built.branch ? ` (${built.branch})` : ""}`,
    imageTag !== undefined && `images with the tag ${imageTag}`,
    rollbackTo !== undefined && `back to what release ${rollbackTo} ran`,
  ];
  return facts.filter(Boolean).join(", ");
}

function advice(shortenings: readonly Shortening[], style: Style): string[] {
  if (shortenings.length === 0) return [];
  const { colors } = style;
  return ["", colors.bold("To make it shorter"), ...shortenings.flatMap((each) => ["", ...adviceLines(each, style)])];
}

function adviceLines({ of, key, why, fix, takesMs, savesMs }: Shortening, { colors, symbols, width }: Style): string[] {
  const saves = savesMs === undefined ? `took ${formatDuration(takesMs)}` : `up to ${formatDuration(savesMs)} less`;
  const indent = " ".repeat(symbols.fix.length + 3);
  const [head = "", ...tail] = wrap(fix, width - indent.length);
  const subject = key ?? of ?? "";
  return [
    `  ${fit(`${colors.bold(subject)}  ${colors.yellow(saves)}`, width - 2, symbols.ellipsis)}`,
    ...wrap(why, width - 2).map((line) => `  ${line}`),
    `  ${colors.cyan(symbols.fix)} ${head}`,
    ...tail.map((line) => `${indent}${line}`),
  ];
}
