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
  const { code, message, where, why, fix } = describe(error);
  return {
    type: "error",
    code,
    exitCode: error instanceof FardelError ? error.exitCode : 1,
    message,
    ...(where !== undefined && { where }),
    ...(why !== undefined && { why }),
    ...(fix !== undefined && { fix }),
    ...(verbose && { stack: stackOf(error) }),
  };
}

interface Description {
  code: string;
  message: string;
  where?: string | undefined;
  why?: string | undefined;
  fix?: string | undefined;
}

/** What the operating system refuses is no defect of fardel: https://nodejs.org/api/errors.html#common-system-errors */
const refusals: Record<string, string> = {
  ENOSPC: "The disk is full.",
  EDQUOT: "The disk quota is used up.",
  EROFS: "The file system is read-only.",
  EACCES: "A file may not be read or written.",
};

function describe(error: unknown): Description {
  if (error instanceof FardelError) return error;
  const { code = "", message: words = "" } = (error ?? {}) as NodeJS.ErrnoException;
  const refusal = Object.hasOwn(refusals, code) ? refusals[code] : undefined;
  if (refusal !== undefined) {
    return {
      code: "FileSystem",
      message: refusal,
      why: words,
      fix: "fardel writes to its cache ($XDG_CACHE_HOME or ~/.cache), its state (~/.local/state) and the temporary directory: make room there, or make them writable, then run the command again.",
    };
  }
  return {
    code: "Unexpected",
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
