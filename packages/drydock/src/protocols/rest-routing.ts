import { type OperationModel, requiredMembers, type ServiceModel } from "./model.ts";
import type { WireRequest } from "./protocol.ts";

interface UriPattern {
  segments: { label?: string; greedy?: boolean; literal?: string }[];
  /** Query parameters an operation's URI names: `?acl`, `?list-type=2`. */
  literals: [name: string, value: string][];
  /** Query and header names that the operation's required members are bound to. */
  requiredQuery: string[];
  requiredHeaders: string[];
}

const patterns = new WeakMap<OperationModel, UriPattern>();

/**
 * The operation whose method and URI fit best. Several can share both (PUT /{Key+} is PutObject, CopyObject and
 * UploadPart): the one with the most query literals and required query and header members present wins.
 */
export function routeRest(request: WireRequest, model: ServiceModel): OperationModel | undefined {
  let best: OperationModel | undefined;
  let bestScore = -1;
  for (const operation of model.operations.values()) {
    if (operation.http?.method !== request.method || !matchPath(request, operation)) continue;
    const score = specificity(request, patternOf(operation));
    if (score > bestScore) {
      best = operation;
      bestScore = score;
    }
  }
  return best;
}

/** The path's labels, decoded; undefined when the path doesn't fit the operation. */
export function matchPath(request: WireRequest, operation: OperationModel): Record<string, string> | undefined {
  const { segments } = patternOf(operation);
  const parts = request.path.slice(1).split("/");
  const labels: Record<string, string> = {};
  for (const [index, segment] of segments.entries()) {
    const part = parts[index];
    if (segment.greedy && segment.label) {
      const rest = parts.slice(index).join("/");
      if (rest === "") return undefined;
      labels[segment.label] = decode(rest);
      return labels;
    }
    if (part === undefined) return undefined;
    if (segment.label) {
      if (part === "") return undefined;
      labels[segment.label] = decode(part);
    } else if (part !== segment.literal) return undefined;
  }
  const rest = parts.slice(segments.length);
  return rest.every((part) => part === "") ? labels : undefined;
}

function specificity(request: WireRequest, pattern: UriPattern): number {
  for (const [name, value] of pattern.literals) {
    const given = request.query.get(name);
    if (name === "x-id") continue;
    if (given === null || (value !== "" && given !== value)) return -1;
  }
  if (pattern.requiredQuery.some((name) => !request.query.has(name))) return -1;
  if (pattern.requiredHeaders.some((name) => request.headers[name.toLowerCase()] === undefined)) return -1;
  const literals = pattern.literals.filter(([name]) => name !== "x-id").length;
  const named = pattern.segments.filter((segment) => segment.literal || segment.label).length;
  return 100 * named + 10 * literals + pattern.requiredQuery.length + pattern.requiredHeaders.length;
}

function patternOf(operation: OperationModel): UriPattern {
  let pattern = patterns.get(operation);
  if (!pattern) {
    pattern = parsePattern(operation);
    patterns.set(operation, pattern);
  }
  return pattern;
}

function parsePattern(operation: OperationModel): UriPattern {
  const [path = "/", query = ""] = (operation.http?.uri ?? "/").split("?");
  const names = path.slice(1).split("/");
  const segments = path === "/" ? [] : names.map(parseSegment);
  // S3's URIs leave the bucket to the endpoint rules; on the wire it is the first part of the path.
  const labels = new Set(segments.map((segment) => segment.label));
  for (const [name, member] of operation.input.isUnitSchema() ? [] : operation.input.structIterator()) {
    if (member.getMergedTraits().httpLabel && !labels.has(name)) segments.unshift({ label: name });
  }
  const bound = requiredBindings(operation);
  return { segments, literals: [...new URLSearchParams(query)], ...bound };
}

function parseSegment(text: string): { label?: string; greedy?: boolean; literal?: string } {
  const label = /^\{(\w+)(\+?)\}$/.exec(text);
  return label?.[1] ? { label: label[1], greedy: label[2] === "+" } : { literal: text };
}

function requiredBindings(operation: OperationModel): { requiredQuery: string[]; requiredHeaders: string[] } {
  const requiredQuery: string[] = [];
  const requiredHeaders: string[] = [];
  if (operation.input.isUnitSchema()) return { requiredQuery, requiredHeaders };
  for (const name of requiredMembers(operation.input)) {
    const traits = operation.input.getMemberSchema(name).getMergedTraits();
    if (traits.httpQuery) requiredQuery.push(traits.httpQuery);
    if (traits.httpHeader) requiredHeaders.push(traits.httpHeader);
  }
  return { requiredQuery, requiredHeaders };
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
