import type { z } from "zod";
import { nearest, orList } from "../nearest.ts";
import { type Problem, printable, problemAt } from "./problems.ts";
import { formatPath, nodeAt, type SourceNode } from "./tree.ts";

type Issue = z.core.$ZodIssue;

/** What the schema says is wrong, as problems that point into the file and suggest what was meant. */
export function explainIssues(root: SourceNode, issues: readonly Issue[]): Problem[] {
  // A key that is missing because it is misspelt is one problem.
  const misspelt = issues.flatMap((issue) =>
    issue.code === "unrecognized_keys"
      ? issue.keys.map((key) => formatPath([...issue.path, nearest(key, issue.message.split(" ")) ?? ""]))
      : [],
  );
  const telling = issues.filter(({ path }) => nodeAt(root, path).found || !misspelt.includes(formatPath(path)));
  return telling.flatMap((issue) => explain(root, issue, issue.path));
}

function explain(root: SourceNode, issue: Issue, path: readonly PropertyKey[]): Problem[] {
  const { node, found } = nodeAt(root, path);
  if (issue.code === "unrecognized_keys")
    return issue.keys.map((key) => unknownKey(node, key, issue.message.split(" ")));
  if (issue.code === "invalid_key") {
    const [expected, fix] = parts(issue.issues[0]?.message ?? issue.message);
    return [problemAt(node, `expected ${expected}, found "${printable(String(path.at(-1)))}"`, { fix, on: "key" })];
  }
  if (!found) {
    const key = String(path.at(-1));
    return [problemAt(node, `"${key}" is missing: expected ${parts(issue.message)[0]}`, { on: "key", below: [key] })];
  }
  if (issue.code === "invalid_union") {
    const branch = meantBranch(issue.errors);
    if (branch !== undefined) return branch.flatMap((inner) => explain(root, inner, [...path, ...inner.path]));
  }
  return [mismatch(node, issue)];
}

/** Of a union, the only alternative that fits the kind of value (map, text, number) that was written. */
function meantBranch(alternatives: readonly Issue[][]): Issue[] | undefined {
  const fitting = alternatives.filter(
    (issues) =>
      !issues.some((issue) => issue.path.length === 0 && ["invalid_type", "invalid_value"].includes(issue.code)),
  );
  return fitting.length === 1 ? fitting[0] : undefined;
}

function mismatch(node: SourceNode, issue: Issue): Problem {
  const [expected, fix] = parts(issue.message);
  const choices = issue.code === "invalid_value" ? issue.values.map(String) : [];
  const meant = node.kind === "scalar" && typeof node.value === "string" ? nearest(node.value, choices) : undefined;
  return problemAt(node, `expected ${expected}, found ${describeFound(node)}${didYouMean(meant)}`, {
    fix: fix ?? (node.kind === "scalar" && node.value === null ? "write a value, or take the key out" : undefined),
  });
}

/** A key that isn't known where it stands: what was meant, or where it belongs. */
export function unknownKey(parent: SourceNode, key: string, known: readonly string[]): Problem {
  const node = (parent.kind === "map" ? parent.entries.get(key) : undefined) ?? parent;
  const meant = nearest(key, known);
  const home = Object.hasOwn(homes, key) ? homes[key] : undefined;
  const fix =
    meant !== undefined ? undefined : home === undefined ? `known here: ${orList(known)}` : `it belongs under ${home}`;
  return problemAt(node, `unknown key "${printable(key)}"${didYouMean(meant)}`, { fix, on: "key" });
}

/** Keys that are often written one level too high. */
const homes: Record<string, string> = {
  account: "environments.<name>",
  cluster: "environments.<name>",
  partial: "environments.<name>",
  host: "route",
  path: "route",
  interval: "health",
  timeout: "health",
  grace: "health",
  drain: "health",
  min: "scale",
  max: "scale",
  strategy: "rollout",
  approve: "rollout",
  bake: "rollout",
};

/** `; did you mean "memory"?`, or nothing. */
export function didYouMean(word: string | undefined): string {
  return word === undefined ? "" : `; did you mean "${word}"?`;
}

/** What stands in the file, shortened: `"abc"`, `5`, `a map`. */
export function describeFound(node: SourceNode): string {
  if (node.kind !== "scalar") return node.kind === "map" && node.entries.size === 0 ? "an empty map" : `a ${node.kind}`;
  if (node.value === null) return "nothing";
  const text = printable(node.text.length > 60 ? `${node.text.slice(0, 60)}…` : node.text);
  return typeof node.value === "string" ? `"${text}"` : text;
}

function parts(message: string): [expected: string, fix: string | undefined] {
  const [expected = "", fix] = message.split("\n");
  return [expected, fix];
}
