import { posix } from "node:path";
import { OciError } from "../errors.ts";

/** Which paths of a build directory stay out of the image. */
export interface IgnoreRules {
  /** `path` is relative to the directory of the rules, with forward slashes. */
  ignores(path: string): boolean;
  /** Whether a `!` rule may bring back something inside an ignored directory, so that it must be walked nevertheless. */
  hasExceptions: boolean;
}

interface Rule {
  exception: boolean;
  expression: RegExp;
}

/**
 * Reads the text of a `.dockerignore` file. The rules are Docker's, not Git's: every pattern is anchored at the build
 * directory, `*` stays within one path segment, `**` spans any number of them, a pattern that matches a directory matches
 * all of it, and of several matching lines the last one decides, so that `!` can bring back parts of an ignored directory.
 *
 * @throws OciError `ignore-pattern` with the line number.
 * @see https://docs.docker.com/build/concepts/context/#dockerignore-files
 */
export function parseIgnoreRules(text: string): IgnoreRules {
  const rules = text
    .replace(/^\uFEFF/, "")
    .split(/\r?\n/)
    .flatMap((line, index) => parseLine(line, index + 1));
  return {
    hasExceptions: rules.some((rule) => rule.exception),
    ignores(path) {
      const segments = path.split("/");
      const pathAndParents = segments.map((_, index) => segments.slice(0, segments.length - index).join("/"));
      let ignored = false;
      // Only a rule that would change the answer is worth matching.
      for (const { exception, expression } of rules)
        if (exception === ignored && pathAndParents.some((candidate) => expression.test(candidate)))
          ignored = !exception;
      return ignored;
    },
  };
}

function parseLine(line: string, lineNumber: number): Rule[] {
  if (line.startsWith("#")) return [];
  const trimmed = line.trim();
  const exception = trimmed.startsWith("!");
  const written = exception ? trimmed.slice(1).trim() : trimmed;
  if (written === "") {
    if (exception) throw invalidPattern(trimmed, lineNumber, "nothing follows the '!'");
    return [];
  }
  const pattern = posix
    .normalize(written)
    .replace(/(?<=.)\/$/, "")
    .replace(/^\/(?=.)/, "");
  // "For historical reasons, the pattern . is ignored."
  if (pattern === ".") return [];
  try {
    return [{ exception, expression: toExpression(pattern) }];
  } catch (cause) {
    throw invalidPattern(trimmed, lineNumber, cause instanceof Error ? cause.message : String(cause));
  }
}

function invalidPattern(pattern: string, lineNumber: number, why: string): OciError {
  return new OciError("ignore-pattern", `.dockerignore line ${lineNumber}: '${pattern}' is not a pattern: ${why}.`, {
    fix: "Patterns are paths with *, ?, ** and [a-z]; a backslash makes the next character plain.",
  });
}

/** One pattern as an anchored expression; tokens are `**` with its slash, `*`, `?`, a character class, an escape, or plain text. */
function toExpression(pattern: string): RegExp {
  const tokens = pattern.match(/\*\*\/?|[*?]|\[\^?(?:\\.|[^\]\\])+\]|\\.|./gsu) ?? [];
  const parts = tokens.map((token, index) => {
    const last = index === tokens.length - 1;
    if (token.startsWith("**")) {
      if (last) return ".*";
      // Docker matches a leading ** glued to plain text as a suffix: **.log is every path that ends in .log.
      const glued = token === "**" && index === 0 && !/[*?[\]\\]/.test(pattern.slice(2));
      return glued ? ".*" : "(?:.*/)?";
    }
    if (token === "*") return "[^/]*";
    if (token === "?") return "[^/]";
    if (token === "[") throw new Error("'[' has no closing ']'");
    if (token.length > 1 && token.startsWith("[")) return token;
    return escapeText(token.length > 1 && token.startsWith("\\") ? token.slice(1) : token);
  });
  return new RegExp(`^${parts.join("")}$`, "su");
}

function escapeText(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|/]/g, "\\$&");
}
