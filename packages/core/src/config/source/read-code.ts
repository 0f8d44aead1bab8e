import type { Problem } from "./problems.ts";
import { deepest, formatPath, type MapNode, mostNodes, type SourceNode } from "./tree.ts";

/** The tree of a manifest given as a plain JavaScript value; its nodes have no positions. */
export function readValue(value: unknown): { tree: MapNode | undefined; problems: Problem[] } {
  const problems: Problem[] = [];
  const reading: Reading = { problems, nodes: 0 };
  const tree = read(value, [], reading);
  // Values that hold the same list twice, which holds another twice, and so on, grow without containing themselves.
  if (reading.nodes > mostNodes) {
    return { tree: undefined, problems: [unusable([], `expected no more than ${mostNodes} values`, undefined)] };
  }
  if (tree?.kind === "map") return { tree, problems };
  if (problems.length === 0)
    problems.push(unusable([], "expected an object with keys such as app and services", value));
  return { tree: undefined, problems };
}

interface Reading {
  problems: Problem[];
  nodes: number;
}

function read(value: unknown, path: readonly string[], reading: Reading): SourceNode | undefined {
  const { problems } = reading;
  if (++reading.nodes > mostNodes) return undefined;
  const written = { path, position: undefined, keyPosition: undefined };
  if (value === null || typeof value === "string" || typeof value === "number" || typeof value === "boolean") {
    return { kind: "scalar", value, text: String(value), ...written };
  }
  if (path.length > deepest) {
    problems.push(
      unusable(path.slice(0, 3), `expected no more than ${deepest} levels; does it contain itself?`, value),
    );
    return undefined;
  }
  if (Array.isArray(value)) {
    const items = value.map((item, index) => read(item, [...path, `${index}`], reading));
    return { kind: "list", items: items.filter((item) => item !== undefined), ...written };
  }
  if (!isPlainObject(value)) {
    problems.push(unusable(path, "expected plain data: text, numbers, true or false, lists and objects", value));
    return undefined;
  }
  const entries = new Map<string, SourceNode>();
  for (const [key, entry] of Object.entries(value)) {
    if (entry === undefined) continue;
    if (key === "__proto__") problems.push(unusable(path, "a key can't be named __proto__", undefined));
    const node = read(entry, [...path, key], reading);
    if (node !== undefined) entries.set(key, node);
  }
  return { kind: "map", entries, ...written };
}

function isPlainObject(value: unknown): value is object {
  if (typeof value !== "object" || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  // A module's namespace and an object of another realm have prototypes of their own.
  return prototype === null || Object.getPrototypeOf(prototype) === null;
}

function unusable(path: readonly string[], expected: string, value: unknown): Problem {
  const found = value === undefined ? "" : `, found ${value === null ? "null" : kindOf(value)}`;
  return { path: formatPath(path), position: undefined, message: `${expected}${found}`, fix: undefined };
}

function kindOf(value: unknown): string {
  if (Array.isArray(value)) return "a list";
  if (value instanceof Promise) return "a promise (await it before exporting)";
  if (typeof value === "object") return `a ${value?.constructor?.name ?? "object"}`;
  return `a ${typeof value}`;
}
