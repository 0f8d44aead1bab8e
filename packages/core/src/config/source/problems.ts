import { FardelError } from "../../errors.ts";
import { formatPath, type Position, type SourceNode } from "./tree.ts";

/** One thing wrong with a manifest, for a person. */
export interface Problem {
  /** Path in the file, such as `environments.production.services.web.cpu`; empty for the whole file. */
  path: string;
  position: Position | undefined;
  /** What was expected and what was found. */
  message: string;
  /** How to mend it. */
  fix: string | undefined;
}

/** A manifest's file as problems quote it; `text` is undefined for code, whose lines aren't known. */
export interface SourceFile {
  /** As shown: relative to the directory it was looked for from. */
  name: string;
  text: string | undefined;
}

const shownProblems = 50;
const shownColumns = 110;
const shownText = 1000;

/** A problem with a value (or, with `on: "key"`, with the key it stands under). */
export function problemAt(
  node: SourceNode,
  message: string,
  options: { fix?: string | undefined; on?: "key" | "value"; below?: readonly PropertyKey[] } = {},
): Problem {
  const position = options.on === "key" ? (node.keyPosition ?? node.position) : (node.position ?? node.keyPosition);
  return { path: formatPath([...node.path, ...(options.below ?? [])]), position, message, fix: options.fix };
}

/** All problems as one error, in the order of the file, each with its line quoted; the same one only once. */
export function manifestError(source: SourceFile, problems: readonly Problem[]): FardelError {
  const once = new Map(problems.map((problem) => [`${problem.path} ${problem.message}`, problem]));
  const ordered = [...once.values()].toSorted((a, b) => linear(a.position) - linear(b.position));
  const screens = ordered.slice(0, shownProblems).map((problem) => problemScreen(source, problem));
  const hidden = ordered.length - screens.length;
  return new FardelError(
    "InvalidManifest",
    `${source.name} has ${ordered.length === 1 ? "a problem" : `${ordered.length} problems`}`,
    {
      where: ordered[0] === undefined ? source.name : problemLocation(source.name, ordered[0]),
      why: [...screens, ...(hidden > 0 ? [`… and ${hidden} more`] : [])].join("\n\n"),
      exitCode: 2,
    },
  );
}

/** `fardel.yaml:12:5  services.web.memroy`. */
function problemLocation(file: string, problem: Pick<Problem, "path" | "position">): string {
  const place = problem.position === undefined ? file : `${file}:${problem.position.line}:${problem.position.column}`;
  return problem.path === "" ? place : `${place}  ${shown(problem.path)}`;
}

function problemScreen(source: SourceFile, problem: Problem): string {
  return [
    problemLocation(source.name, problem),
    ...quote(source.text, problem.position),
    `  ${shown(problem.message)}`,
    ...(problem.fix === undefined ? [] : [`  ${shown(problem.fix)}`]),
  ].join("\n");
}

/** What was written stands in messages, and may be anything. */
function shown(text: string): string {
  return printable(text.length > shownText ? `${text.slice(0, shownText)}…` : text);
}

function quote(text: string | undefined, position: Position | undefined): string[] {
  if (text === undefined || position === undefined) return [];
  const whole = printable(text.split(/\r?\n/, position.line)[position.line - 1] ?? "");
  const from = Math.max(0, position.column + Math.min(position.length, 40) - shownColumns);
  const line = whole.slice(from, from + shownColumns).trimEnd();
  const column = position.column - 1 - from;
  const carets = "^".repeat(Math.max(1, Math.min(position.length, line.length - column)));
  const gutter = `${position.line}`;
  return [`  ${gutter} | ${line}`.trimEnd(), `  ${" ".repeat(gutter.length)} | ${" ".repeat(column)}${carets}`];
}

/** Control characters (an escape sequence, a tab) would move the cursor away from the carets. */
export function printable(text: string): string {
  return text.replaceAll("\t", " ").replaceAll(/\p{Cc}|\p{Cf}/gu, "\u{fffd}");
}

function linear(position: Position | undefined): number {
  return position === undefined ? 0 : position.line * 1e6 + position.column;
}
