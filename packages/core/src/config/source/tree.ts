/**
 * A manifest before it means anything: maps, lists and scalars that know where they were written. Environments are merged
 * on this form, so that a problem found in the merged result still points at the line that caused it.
 */
export type SourceNode = MapNode | ListNode | ScalarNode;

/** Values in a manifest, at most: no real one comes near it, and what is done for each of them stays short. */
export const mostNodes = 10_000;

/** Levels in a manifest, at most; a value that contains itself has more, and so has one made to overflow the stack. */
export const deepest = 50;

/** From 1; `length` in characters of the same line. */
export interface Position {
  line: number;
  column: number;
  length: number;
}

interface Written {
  /** Path in the file. */
  path: readonly string[];
  /** Of the value; undefined for a manifest that is code. */
  position: Position | undefined;
  /** Of the key it stands under. */
  keyPosition: Position | undefined;
}

export interface MapNode extends Written {
  kind: "map";
  entries: ReadonlyMap<string, SourceNode>;
}

export interface ListNode extends Written {
  kind: "list";
  items: readonly SourceNode[];
}

export interface ScalarNode extends Written {
  kind: "scalar";
  value: string | number | boolean | null;
  /** As written: `1.10` stays `1.10` where the number would be 1.1. */
  text: string;
}

/**
 * The base with an environment's overrides in it: maps merge key by key, everything else replaces, null removes.
 * `nothingToRemove` hears of every null that has nothing to remove.
 */
export function mergeOverrides(
  base: SourceNode | undefined,
  override: SourceNode,
  nothingToRemove: (node: SourceNode) => void,
): SourceNode {
  if (override.kind !== "map") return override;
  const under = base?.kind === "map" ? base : undefined;
  const entries = new Map(under?.entries);
  for (const [key, value] of override.entries) {
    if (value.kind === "scalar" && value.value === null) {
      if (!entries.delete(key)) nothingToRemove(value);
    } else entries.set(key, mergeOverrides(entries.get(key), value, nothingToRemove));
  }
  return { ...(under ?? override), entries };
}

/** The same tree as plain values. */
export function plainValue(node: SourceNode): unknown {
  if (node.kind === "scalar") return node.value;
  if (node.kind === "list") return node.items.map(plainValue);
  return Object.fromEntries([...node.entries].map(([key, value]) => [key, plainValue(value)]));
}

/** The node at a path, or the deepest one on the way there. */
export function nodeAt(root: SourceNode, path: readonly PropertyKey[]): { node: SourceNode; found: boolean } {
  let node = root;
  for (const key of path) {
    const next = child(node, key);
    if (next === undefined) return { node, found: false };
    node = next;
  }
  return { node, found: true };
}

/** Every node with its path in this tree (which isn't its path in the file, for what an environment overrides). */
export function* walk(node: SourceNode, path: readonly string[] = []): Generator<[readonly string[], SourceNode]> {
  yield [path, node];
  if (node.kind === "map") for (const [key, value] of node.entries) yield* walk(value, [...path, key]);
  if (node.kind === "list") for (const [index, item] of node.items.entries()) yield* walk(item, [...path, `${index}`]);
}

/** `services.web.env.LOG_LEVEL`, `release.before[0]`, `services.web.secrets["*"]`. */
export function formatPath(path: readonly PropertyKey[]): string {
  return path
    .map((key, index) => {
      const text = String(key);
      if (/^\d+$/.test(text)) return `[${text}]`;
      if (!/^[\w-]+$/.test(text)) return `[${JSON.stringify(text)}]`;
      return index === 0 ? text : `.${text}`;
    })
    .join("");
}

function child(node: SourceNode, key: PropertyKey): SourceNode | undefined {
  if (node.kind === "map") return node.entries.get(String(key));
  if (node.kind === "list") return node.items[Number(key)];
  return undefined;
}
