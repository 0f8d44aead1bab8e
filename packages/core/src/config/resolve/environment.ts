import type { App, Text, WrittenKey } from "../app.ts";
import { resolveReferences } from "../references.ts";
import { environmentSchema, environmentSettings, type ParsedEnvironment } from "../schema/manifest.ts";
import { describeFound, explainIssues, unknownKey } from "../source/explain.ts";
import { type Problem, problemAt } from "../source/problems.ts";
import { formatPath, type MapNode, mergeOverrides, nodeAt, plainValue, type SourceNode, walk } from "../source/tree.ts";
import { resolveParsed } from "./app.ts";
import { ResolveScope, type Surroundings } from "./scope.ts";

export interface ResolvedEnvironment {
  /** Undefined when not even a part of it fits the schema; to be used only when there are no problems. */
  app: App | undefined;
  problems: Problem[];
}

/**
 * One environment of a manifest: overrides merged, references replaced, schema and cross checks applied. Every problem is
 * found in one go: what the schema refuses is left out of the cross checks, and its name stays known to them.
 */
export function resolveEnvironment(
  tree: MapNode,
  environment: string,
  fileName: string,
  surroundings: Surroundings,
): ResolvedEnvironment {
  const problems: Problem[] = [];
  const merged = mergeEnvironment(tree, environment, problems);
  const draft = new ResolveScope(merged, environment, surroundings);
  const scope = new ResolveScope(replaceReferences(draft), environment, surroundings);
  for (const [node, text] of draft.texts) scope.texts.set(node, text);
  scope.unresolved.push(...draft.unresolved);

  const parsed = parseWhatFits(scope);
  const app = parsed && resolveParsed(scope, parsed, writtenKeys(scope.root, fileName));
  problems.push(...draft.problems, ...scope.problems);
  return { app, problems };
}

const overridable = Object.keys(environmentSchema.shape).filter((key) => key !== "app" && key !== "environments");

/** The tree with an environment's overrides in it; `environments` then holds this one's own settings only. */
function mergeEnvironment(tree: MapNode, environment: string, problems: Problem[]): MapNode {
  const environments = nodeAt(tree, ["environments", environment]);
  const override = environments.found ? environments.node : undefined;
  const base = new Map([...tree.entries].filter(([key]) => key !== "environments"));
  if (override === undefined || (override.kind === "scalar" && override.value === null)) {
    return { ...tree, entries: base };
  }
  if (override.kind !== "map") {
    problems.push(problemAt(override, `expected a map of settings and overrides, found ${describeFound(override)}`));
    return { ...tree, entries: base };
  }
  const settingNames = Object.keys(environmentSettings.shape);
  const isSetting = (key: string) => settingNames.includes(key);
  const settings = new Map([...override.entries].filter(([key]) => isSetting(key)));
  const overrides = new Map([...override.entries].filter(([key]) => !isSetting(key)));
  for (const key of [...overrides.keys()].filter((name) => !overridable.includes(name))) {
    const reserved = Object.hasOwn(environmentSchema.shape, key);
    if (reserved)
      problems.push(problemAt(override, `an environment can't override "${key}"`, { on: "key", below: [key] }));
    else problems.push(unknownKey(override, key, [...settingNames, ...overridable]));
    overrides.delete(key);
  }
  const merged = mergeOverrides({ ...tree, entries: base }, { ...override, entries: overrides }, (node) =>
    problems.push(problemAt(node, "null removes what stands above, and nothing does", { fix: "take the line out" })),
  );
  const entries = merged.kind === "map" ? merged.entries : base;
  return { ...tree, entries: new Map([...entries, ["environments", { ...override, entries: settings }]]) };
}

/** The tree with references replaced; those that only the release can fill in are kept in `scope.texts`. */
function replaceReferences(scope: ResolveScope): MapNode {
  const references = scope.references();
  const replace = (node: SourceNode, path: readonly string[]): SourceNode => {
    if (node.kind === "list") {
      return { ...node, items: node.items.map((item, index) => replace(item, [...path, `${index}`])) };
    }
    if (node.kind === "map") return replaceEntries(node, path);
    if (typeof node.value !== "string" || !node.value.includes("${")) return node;
    const { text, problem } = resolveReferences(node.value, references);
    const refused = problem ?? (typeof text === "string" ? undefined : lateProblem(text, path));
    if (refused !== undefined) {
      scope.unresolved.push(path);
      const unknowable = problem?.missingVariable && scope.surroundings.missingVariables === "unknown";
      if (!unknowable) scope.problems.push(problemAt(node, refused.message, { fix: refused.fix }));
      return node;
    }
    const replaced = typeof text === "string" ? { ...node, value: text, text } : { ...node };
    scope.texts.set(replaced, text);
    return replaced;
  };
  const replaceEntries = (node: MapNode, path: readonly string[]): MapNode => ({
    ...node,
    entries: new Map([...node.entries].map(([key, value]) => [key, replace(value, [...path, key])])),
  });
  return replaceEntries(scope.root, []);
}

/** Addresses exist once infrastructure does, release number and commit once a release does: in time for containers only. */
function lateProblem(
  text: Exclude<Text, string>,
  path: readonly string[],
): { message: string; fix: string } | undefined {
  const inEnv = path.at(-2) === "env" && (path[0] === "services" || path[0] === "tasks");
  const inArgs = path[0] === "images" && path[2] === "args";
  const wrong = text.find(
    (part) => typeof part !== "string" && !inEnv && !(inArgs && (part.kind === "release" || part.kind === "commit")),
  );
  if (wrong === undefined || typeof wrong === "string") return undefined;
  const name = "name" in wrong ? `${wrong.kind}s.${wrong.name}.${wrong.attribute}` : wrong.kind;
  return {
    message: `\${${name}} can't stand here: it is known only when the release is made`,
    fix: "use it in env:, and read the variable in the container",
  };
}

/**
 * The schema's view of the tree, without the values it refuses (whose problems are noted), and without the whole service,
 * image and so on where a value can't be done without.
 */
function parseWhatFits(scope: ResolveScope): ParsedEnvironment | undefined {
  const whole = environmentSchema.safeParse(plainValue(scope.root));
  if (whole.success && scope.unresolved.length === 0) return whole.data;
  const unresolved = new Set(scope.unresolved.map((path) => path.join("\n")));
  const issues = (whole.error?.issues ?? []).filter((issue) => !unresolved.has(issue.path.join("\n")));
  scope.problems.push(...explainIssues(scope.root, issues));
  const wrong = issues.filter((issue) => issue.code !== "unrecognized_keys").map((issue) => issue.path.map(String));
  // An entry that is wrong as a whole says nothing about its neighbours.
  scope.doubtful.push(...[...wrong, ...scope.unresolved].map((path) => (path.length === 2 ? [...path, ""] : path)));
  const unknown = issues.flatMap((issue) =>
    issue.code === "unrecognized_keys" ? issue.keys.map((key) => [...issue.path, key]) : [],
  );
  const valuesOut = without(scope.root, [...unknown, ...wrong, ...scope.unresolved]);
  const second = parse(valuesOut);
  if (second.success) return second.data;
  const entries = second.error.issues.map((issue) => issue.path.slice(0, 2));
  return parse(without(valuesOut, entries)).data;
}

function parse(node: SourceNode) {
  return environmentSchema.safeParse({ app: "app", ...(plainValue(node) as object) });
}

/** The tree without what stands at these paths. */
function without(node: SourceNode, paths: readonly (readonly PropertyKey[])[]): SourceNode {
  if (node.kind !== "map") return node;
  const below = Map.groupBy(
    paths.filter((path) => path.length > 0),
    ([key]) => String(key),
  );
  const entries = new Map<string, SourceNode>();
  for (const [key, value] of node.entries) {
    const rests = below.get(key)?.map((path) => path.slice(1)) ?? [];
    if (!rests.some((rest) => rest.length === 0)) entries.set(key, rests.length === 0 ? value : without(value, rests));
  }
  return { ...node, entries };
}

function writtenKeys(root: MapNode, file: string): WrittenKey[] {
  return [...walk(root)].slice(1).map(([path, node]) => ({
    path: path[0] === "environments" ? path.slice(1) : [...path],
    source: formatPath(node.path),
    file,
    line: (node.keyPosition ?? node.position)?.line,
  }));
}
