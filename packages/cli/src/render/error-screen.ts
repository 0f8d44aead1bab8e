import { FardelError } from "@fardel/core/errors.ts";
import type { Style } from "./style.ts";
import { wrap } from "./text.ts";

/** An error as a person sees it: what happened, where, why, what to do. The stack only when asked for. */
export function errorScreen(error: unknown, style: Style, verbose: boolean): string {
  const { colors, symbols, width } = style;
  const { message, where, why, fix } = describe(error);
  const [first = "", ...rest] = wrap(message, width - 2);
  const lines = [
    colors.red(`${symbols.failed} ${colors.bold(first)}`),
    ...rest.map((line) => `  ${colors.bold(line)}`),
  ];
  // A manifest's problems begin with where they are.
  if (where !== undefined && !why?.startsWith(where)) lines.push(...block(where, width, colors.dim));
  if (why) lines.push("", ...block(why, width));
  if (fix) {
    const indent = " ".repeat(symbols.fix.length + 1);
    const [head = "", ...tail] = wrap(fix, width - 2 - indent.length);
    lines.push("", `  ${colors.cyan(symbols.fix)} ${head}`, ...tail.map((line) => `  ${indent}${line}`));
  }
  if (verbose) lines.push("", ...stackOf(error).map(colors.dim));
  return lines.join("\n");
}

/** The same for programs. */
export function errorObject(error: unknown, verbose: boolean): Record<string, unknown> {
  const { message, where, why, fix } = describe(error);
  const known = error instanceof FardelError;
  return {
    type: "error",
    code: known ? error.code : "Unexpected",
    exitCode: known ? error.exitCode : 1,
    message,
    ...(where !== undefined && { where }),
    ...(why !== undefined && { why }),
    ...(fix !== undefined && { fix }),
    ...(verbose && { stack: stackOf(error) }),
  };
}

interface Description {
  message: string;
  where?: string | undefined;
  why?: string | undefined;
  fix?: string | undefined;
}

function describe(error: unknown): Description {
  if (error instanceof FardelError) return error;
  return {
    message: "fardel stopped at an error it doesn't know.",
    why: error instanceof Error ? error.message : String(error),
    fix: "This is a defect in fardel. The command with --verbose shows where it happened: please report it with that.",
  };
}

function block(text: string, width: number, color = (line: string) => line): string[] {
  return wrap(text, width - 2).map((line) => (line === "" ? "" : color(`  ${line}`)));
}

function stackOf(error: unknown): string[] {
  const lines: string[] = [];
  for (let at = error; at instanceof Error; at = at.cause) {
    if (lines.length > 0) lines.push("caused by");
    lines.push(...(at.stack ?? String(at)).split("\n"));
  }
  return lines;
}
