import type { Emit } from "@fardel/core/events.ts";
import { createJsonOutput } from "./json-output.ts";
import { createLiveOutput } from "./live-output.ts";
import { createPlainOutput } from "./plain-output.ts";
import { isLive, type Style, styleOf } from "./style.ts";

/**
 * All that fardel writes goes through here. What a command was asked for goes to standard output; how it gets there, and
 * what went wrong, to standard error. With `--json` all of it is NDJSON on standard output.
 */
export interface Output {
  /** For what goes to standard output. */
  readonly style: Style;
  /** Is the reader a program? */
  readonly json: boolean;
  /** How a command gets on. */
  event: Emit;
  /** A line for a person, about what fardel does of its own accord. Programs don't get it. */
  note(line: string): void;
  /** What the command was asked for: `value` for programs, `text` for people. */
  result(value: object, text: string): void;
  /** What went wrong. */
  failure(error: unknown): void;
  /** A screen about what went wrong, beside the result. */
  explain(text: (style: Style) => string): void;
  /** Leaves the screen to others, such as a question. */
  settle(): void;
}

export interface OutputOptions {
  json: boolean;
  verbose: boolean;
}

/** A stream as far as it is used here. */
export type Sink = Pick<NodeJS.WriteStream, "write"> & Partial<Pick<NodeJS.WriteStream, "isTTY" | "columns" | "rows">>;

export function createOutput(
  { json, verbose }: OutputOptions,
  { stdout, stderr }: { stdout: Sink; stderr: Sink } = process,
  variables: NodeJS.ProcessEnv = process.env,
): Output {
  if (json) return createJsonOutput(stdout, verbose);
  const style = styleOf(stdout, variables);
  const plain = createPlainOutput(stdout, stderr, style, styleOf(stderr, variables), verbose);
  return isLive(stderr, variables) ? createLiveOutput(plain, stderr, styleOf(stderr, variables)) : plain;
}
