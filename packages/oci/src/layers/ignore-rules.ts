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
  steps: Step[];
}

/** One character, any number of them, or any number of whole directories. */
interface Step {
  takes: "one" | "run" | "directories";
  fits(character: string): boolean;
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
      let ignored = false;
      // Only a rule that would change the answer is worth matching.
      for (const { exception, steps } of rules)
        if (exception === ignored && matchesPathOrParent(steps, path)) ignored = !exception;
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
    return [{ exception, steps: toSteps(pattern) }];
  } catch (cause) {
    throw invalidPattern(trimmed, lineNumber, cause instanceof Error ? cause.message : String(cause));
  }
}

function invalidPattern(pattern: string, lineNumber: number, why: string): OciError {
  return new OciError("ignore-pattern", `.dockerignore line ${lineNumber}: '${pattern}' is not a pattern: ${why}.`, {
    fix: "Patterns are paths with *, ?, ** and [a-z]; a backslash makes the next character plain.",
  });
}

/** A pattern taken apart: `**` with its slash, `*`, `?`, a character class, an escape, or plain text. */
function toSteps(pattern: string): Step[] {
  const tokens = pattern.match(/\*\*\/?|[*?]|\[\^?(?:\\.|[^\]\\])+\]|\\.|./gsu) ?? [];
  return tokens.map((token, index): Step => {
    if (token.startsWith("**")) {
      // Docker matches a leading ** glued to plain text as a suffix: **.log is every path that ends in .log.
      const glued = token === "**" && index === 0 && !/[*?[\]\\]/.test(pattern.slice(2));
      return { takes: index === tokens.length - 1 || glued ? "run" : "directories", fits: () => true };
    }
    if (token === "*" || token === "?") return { takes: token === "*" ? "run" : "one", fits: (one) => one !== "/" };
    if (token === "[") throw new Error("'[' has no closing ']'");
    if (token.length > 1 && token.startsWith("[")) return { takes: "one", fits: characterClass(token) };
    const plain = token.length > 1 && token.startsWith("\\") ? token.slice(1) : token;
    return { takes: "one", fits: (one) => one === plain };
  });
}

function characterClass(token: string): (character: string) => boolean {
  const expression = new RegExp(`^${token}$`, "su");
  return (character) => expression.test(character);
}

/**
 * Whether the steps lead to the path's end, or to that of a directory above it. All ways are followed at once, character
 * by character: a regular expression would try them one after the other, which a pattern of many `*` makes endless.
 */
function matchesPathOrParent(steps: readonly Step[], path: string): boolean {
  let reached = new Set<number>();
  arrive(steps, 0, reached);
  for (const character of path) {
    if (character === "/" && reached.has(steps.length)) return true;
    const next = new Set<number>();
    for (const at of reached) {
      const step = steps[at];
      if (!step?.fits(character)) continue;
      if (step.takes !== "directories") arrive(steps, step.takes === "run" ? at : at + 1, next);
      else {
        next.add(at);
        if (character === "/") arrive(steps, at + 1, next);
      }
    }
    if (next.size === 0) return false;
    reached = next;
  }
  return reached.has(steps.length);
}

/** A step that may take nothing is left as soon as it is reached. */
function arrive(steps: readonly Step[], at: number, reached: Set<number>): void {
  let last = at;
  while (last < steps.length && steps[last]?.takes !== "one") reached.add(last++);
  reached.add(last);
}
