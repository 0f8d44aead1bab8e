import { stripVTControlCharacters } from "node:util";
import stringWidth from "fast-string-width";

/** Columns a text takes; colours take none, CJK and emoji two. */
export function widthOf(text: string): number {
  return stringWidth(text);
}

const escapeCode = "\u001b";
const colorCodes = new RegExp(`(${escapeCode}\\[[\\d;]*m)`);
const graphemes = new Intl.Segmenter();

/** The text cut to `width` columns, with an ellipsis where something is missing; colours stay. */
export function fit(text: string, width: number, ellipsis = "…"): string {
  if (widthOf(text) <= width) return text;
  const room = width - widthOf(ellipsis);
  let used = 0;
  let kept = "";
  // Splitting by a group keeps what it matches, at odd places.
  for (const [at, part] of text.split(colorCodes).entries()) {
    if (at % 2 === 1) {
      kept += part;
      continue;
    }
    for (const { segment } of graphemes.segment(part)) {
      used += widthOf(segment);
      if (used <= room) kept += segment;
    }
  }
  return `${kept.trimEnd()}${ellipsis}`;
}

export function pad(text: string, width: number): string {
  return text + " ".repeat(Math.max(0, width - widthOf(text)));
}

/** A line somebody else wrote, without what would move the cursor or change colours. */
export function tame(line: string): string {
  return stripVTControlCharacters(line)
    .replaceAll("\t", "  ")
    .replaceAll(/\p{Cc}/gu, "");
}

/** What stands between spaces, be it nothing; all between backticks is one word: a command that is broken can't be copied. */
const words = /(?:`[^`]*`|[^ ])+|(?<= )(?= )/g;

/** Breaks lines at spaces, commands between backticks left whole; a continuation is indented as its line is. */
export function wrap(text: string, width: number): string[] {
  return text.split("\n").flatMap((line) => {
    const indent = /^ */.exec(line)?.[0] ?? "";
    const lines: string[] = [];
    let current = "";
    for (const word of line.trim().match(words) ?? []) {
      if (current !== "" && widthOf(`${indent}${current} ${word}`) > width) {
        lines.push(indent + current);
        current = word;
      } else {
        current = current === "" ? word : `${current} ${word}`;
      }
    }
    return [...lines, (indent + current).trimEnd()];
  });
}

/** Columns as wide as their widest cell, two spaces apart. */
export function alignColumns(rows: readonly (readonly string[])[]): string[] {
  const columns = Math.max(0, ...rows.map((row) => row.length));
  const widths = Array.from({ length: columns }, (_, at) => Math.max(...rows.map((row) => widthOf(row[at] ?? ""))));
  return rows.map((row) =>
    row
      .map((cell, at) => pad(cell, widths[at] ?? 0))
      .join("  ")
      .trimEnd(),
  );
}
