import { z } from "zod";
import { orList } from "../nearest.ts";
import { durationPattern, parseDuration, parseSize, sizePattern } from "../units.ts";

/**
 * Building blocks of the manifest's schema. Their error messages are written to follow "expected": `a number from 1 to 10`;
 * a second line says how to mend it. `explain.ts` adds where, and what was found.
 */

/** A map with fixed keys. The message of an unknown key lists the known ones, for `explain.ts` to find the nearest. */
export function section<Shape extends z.core.$ZodShape>(shape: Shape) {
  return z.strictObject(shape, {
    error: (issue) => (issue.code === "unrecognized_keys" ? Object.keys(shape).join(" ") : "a map"),
  });
}

/** A map whose keys are names a person chooses. */
export function named<Value extends z.core.SomeType>(value: Value) {
  return z.record(name, value, { error: "a map" });
}

export const namePattern = /^[a-z][a-z0-9]*(?:-[a-z0-9]+)*$/;
const longestName = 24;

/** Names end up in names of AWS resources: load balancers (32 characters), databases, roles, repositories. */
const name = nameOf("a name");

export function nameOf(what: string) {
  const error = `${what} of lower-case letters, digits and single hyphens, starting with a letter, at most ${longestName} long`;
  return z
    .string({ error })
    .max(longestName, { error })
    .regex(namePattern, { error })
    .refine((text) => text !== "constructor" && text !== "fardel", { error: `${error} (and not a reserved word)` });
}

export function text(what = "text") {
  const error = (issue: { input?: unknown }) =>
    typeof issue.input === "number" || typeof issue.input === "boolean"
      ? `${what}\nput it in quotes: "${issue.input}"`
      : what;
  return z.string({ error }).min(1, { error }).regex(noNul, { error: "text without NUL characters" });
}

/** A C string ends at a NUL: neither a path, an argument nor a variable can hold one. */
export const noNul = /^[^\0]*$/;

export function textMatching(pattern: RegExp, what: string) {
  const error = (issue: { input?: unknown }) =>
    typeof issue.input === "number" && pattern.test(String(issue.input))
      ? `${what}\nput it in quotes: "${issue.input}"`
      : what;
  return z.string({ error }).regex(pattern, { error });
}

export function texts(what = "a list of texts") {
  return z.array(text(), { error: `${what}, such as [node, server.js]` });
}

export function truth() {
  return z.boolean({ error: "true or false" });
}

export function choice<const Values extends readonly [string, ...string[]]>(values: Values) {
  return z.enum(values, { error: orList(values) });
}

export function whole(from: number, to: number, what = "a whole number") {
  const error = `${what} from ${from} to ${to}`;
  return z.int({ error }).min(from, { error }).max(to, { error });
}

/** Text such as `30s` in, whole seconds out. Bounds in seconds; `range` is how a person reads them. */
export function duration(from: number, to: number, range: string) {
  const expected = `a duration from ${range}`;
  return z
    .string({ error: (issue) => (typeof issue.input === "number" ? `${expected}\nwrite ${issue.input}s` : expected) })
    .regex(durationPattern, { error: `a whole number with a unit (s, m, h or d), such as 30s or 5m` })
    .transform((written, context) => {
      const seconds = parseDuration(written) ?? Number.NaN;
      if (seconds >= from && seconds <= to) return seconds;
      context.addIssue({ code: "custom", message: expected });
      return z.NEVER;
    });
}

/** Text such as `512MB` in, MiB out. */
export function size() {
  const expected = "a size with a unit, such as 512MB or 1GB";
  return z
    .string({ error: (issue) => (typeof issue.input === "number" ? `${expected}\nwrite ${issue.input}MB` : expected) })
    .regex(sizePattern, { error: expected })
    .transform((written) => parseSize(written) ?? Number.NaN);
}
