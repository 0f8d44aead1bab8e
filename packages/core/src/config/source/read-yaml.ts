import {
  type Alias,
  type Document,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  LineCounter,
  type Node,
  type Pair,
  parseDocument,
  visit,
  type YAMLError,
} from "yaml";
import { type Problem, problemAt } from "./problems.ts";
import { deepest, type MapNode, mostNodes, type Position, type ScalarNode, type SourceNode } from "./tree.ts";

/** What to do about a YAML error, by the parser's own code. */
const remedies: Record<string, string> = {
  BAD_ALIAS: "an alias names an anchor written before it: &name there, *name here",
  BAD_DQ_ESCAPE: "in double quotes a backslash starts an escape; use single quotes to keep it as it is",
  BAD_INDENT: "keys of one map start at the same column, and every [ or { has its ] or }",
  BAD_SCALAR_START: "put the value in quotes",
  BLOCK_AS_IMPLICIT_KEY: 'a value with ": " in it needs quotes; a map goes on lines of its own',
  MISSING_CHAR: "close the quotes, and put a space after every colon",
  MULTILINE_IMPLICIT_KEY: "every key is followed by a colon and a space",
  MULTIPLE_DOCS: "a manifest is one document: take out the --- and what follows it",
  TAB_AS_INDENT: "indent with spaces",
  TAG_RESOLVE_FAILED: "a manifest has no tags (!…): put the value in quotes if the ! belongs to it",
};

export interface ReadTree {
  /** Undefined when the text couldn't be understood at all. */
  tree: MapNode | undefined;
  problems: Problem[];
}

/** The tree of a YAML manifest; anchors, aliases and `<<` merge keys are resolved. */
export function readYaml(text: string): ReadTree {
  const lines = new LineCounter();
  const document = parseDocument(text, {
    lineCounter: lines,
    prettyErrors: false,
    uniqueKeys: false,
    merge: false,
    logLevel: "error",
  });
  // One slip makes the parser complain about much that follows it: the first complaint is the telling one.
  const error = document.errors[0] ?? document.warnings[0];
  if (error !== undefined) return { tree: undefined, problems: [syntaxProblem(text, lines, error)] };
  const reader = new YamlReader(document, lines);
  const tree = reader.read(document.contents, [], undefined);
  if (reader.tooLarge !== undefined) return { tree: undefined, problems: [reader.tooLarge] };
  if (tree.kind !== "map") {
    const empty = tree.kind === "scalar" && tree.value === null;
    const found = tree.kind === "list" ? "a list" : "a single value";
    const message = empty
      ? "the manifest is empty"
      : `expected a map of keys such as app: and services:, found ${found}`;
    return { tree: undefined, problems: [{ ...problemAt(tree, message), fix: "start with: app: <name>" }] };
  }
  return { tree, problems: reader.problems };
}

function syntaxProblem(text: string, lines: LineCounter, error: YAMLError): Problem {
  const { line, col } = lines.linePos(error.pos[0]);
  const unquotedReference = /^[^"'#]*\$\{/.test(text.split("\n")[line - 1] ?? "");
  const said =
    error.code === "RESOURCE_EXHAUSTION" ? "nested too deeply" : error.message.replace(/; please use .*/, "");
  return {
    path: "",
    position: { line, column: col, length: error.pos[1] - error.pos[0] },
    message: `not valid YAML: ${said}`,
    fix: unquotedReference ? "put a value with ${…} in it in quotes" : remedies[error.code],
  };
}

class YamlReader {
  readonly problems: Problem[] = [];
  /** Set where reading was given up. */
  tooLarge: Problem | undefined;
  readonly #targets: ReadonlyMap<Alias, Node>;
  readonly #lines: LineCounter;
  readonly #open = new Set<unknown>();
  #nodes = 0;

  constructor(document: Document, lines: LineCounter) {
    this.#targets = aliasTargets(document);
    this.#lines = lines;
  }

  read(node: unknown, path: readonly string[], keyPosition: Position | undefined): SourceNode {
    const position = this.#position(node);
    const scalar = (value: ScalarNode["value"], text: string): ScalarNode => ({
      kind: "scalar",
      value,
      text,
      path,
      position,
      keyPosition,
    });
    if (isAlias(node)) return this.#followAlias(node, path, position, keyPosition) ?? scalar(null, "");
    if (++this.#nodes > mostNodes || path.length > deepest) this.tooLarge ??= tooLargeAt(path, position);
    if (this.tooLarge !== undefined) return scalar(null, "");
    if (isSeq(node)) {
      const items = node.items.map((item, index) => this.read(item, [...path, `${index}`], undefined));
      return { kind: "list", items, path, position, keyPosition };
    }
    if (isMap(node)) return { kind: "map", entries: this.#readEntries(node.items, path), path, position, keyPosition };
    if (!isScalar(node)) return scalar(null, "");
    const { value, source = "" } = node;
    if (typeof value === "string" || typeof value === "number" || typeof value === "boolean") {
      return scalar(value, typeof value === "string" ? value : source);
    }
    return scalar(value === null || value === undefined ? null : source, source);
  }

  #readEntries(pairs: Pair[], path: readonly string[]): Map<string, SourceNode> {
    const entries = new Map<string, SourceNode>();
    const merged: SourceNode[] = [];
    for (const { key, value } of pairs) {
      const keyPosition = this.#position(key);
      const name = isScalar(key) && key.value !== null ? `${key.source ?? key.value}` : undefined;
      const complain = (message: string, fix: string) =>
        this.problems.push({ path: path.join("."), position: keyPosition, message, fix });
      if (name === undefined) {
        complain("expected a key that is a word", "write a word before the colon");
      } else if (name === "<<") {
        merged.push(this.read(value, path, keyPosition));
      } else if (name === "__proto__") {
        complain("a key can't be named __proto__", "choose another name");
      } else if (entries.has(name)) {
        const first = entries.get(name)?.keyPosition?.line ?? 0;
        complain(`the key "${name}" stands here twice (first on line ${first})`, "keep one of them");
      } else {
        entries.set(name, this.read(value, [...path, name], keyPosition));
      }
    }
    for (const node of merged) this.#mergeKey(node, entries, path);
    return entries;
  }

  /** YAML's `<<: *anchor` or `<<: [*one, *two]`: keys written in the map win, then those of the first anchor. */
  #mergeKey(node: SourceNode, entries: Map<string, SourceNode>, path: readonly string[]): void {
    for (const source of node.kind === "list" ? node.items : [node]) {
      if (source.kind !== "map") {
        this.problems.push({
          path: path.join("."),
          position: node.keyPosition,
          message: "<< merges a map, and this is none",
          fix: "write <<: *anchor, the anchor being that of a map",
        });
        continue;
      }
      for (const [key, value] of source.entries) if (!entries.has(key)) entries.set(key, value);
    }
  }

  #followAlias(
    alias: Alias,
    path: readonly string[],
    position: Position | undefined,
    keyPosition: Position | undefined,
  ): SourceNode | undefined {
    const target = this.#targets.get(alias);
    const complain = (message: string, fix: string | undefined) => {
      this.problems.push({ path: path.join("."), position, message, fix });
      return undefined;
    };
    if (target === undefined) return complain(`no anchor &${alias.source} stands before this`, remedies.BAD_ALIAS);
    if (this.#open.has(target)) return complain(`*${alias.source} stands inside itself`, "write its values out");
    this.#open.add(target);
    const node = this.read(target, path, keyPosition);
    this.#open.delete(target);
    return node;
  }

  #position(node: unknown): Position | undefined {
    if (!isScalar(node) && !isMap(node) && !isSeq(node) && !isAlias(node)) return undefined;
    if (!node.range) return undefined;
    const [start, end] = node.range;
    const { line, col } = this.#lines.linePos(start);
    const length = isScalar(node) || isAlias(node) ? end - start : 1;
    return { line, column: col, length: Math.max(1, length) };
  }
}

/** What each alias stands for: the last node before it with its anchor. One walk, where the library takes one for each. */
function aliasTargets(document: Document): Map<Alias, Node> {
  const anchors = new Map<string, Node>();
  const targets = new Map<Alias, Node>();
  visit(document, {
    Alias(_, alias) {
      const target = anchors.get(alias.source);
      if (target !== undefined) targets.set(alias, target);
    },
    Value(_, node) {
      if (node.anchor !== undefined) anchors.set(node.anchor, node);
    },
  });
  return targets;
}

/** Aliases can make a small text a huge tree. */
function tooLargeAt(path: readonly string[], position: Position | undefined): Problem {
  const deep = path.length > deepest;
  const many = `the manifest has more than ${mostNodes} values, aliases counted as what they stand for`;
  return {
    path: path.slice(0, 3).join("."),
    position,
    message: deep ? `nested too deeply: expected no more than ${deepest} levels` : many,
    fix: deep ? undefined : "split it into several apps",
  };
}
