import type { ReleaseRules } from "../app.ts";
import { nearest, orList } from "../nearest.ts";
import type { ParsedEnvironment } from "../schema/manifest.ts";
import { didYouMean } from "../source/explain.ts";
import type { ResolveScope } from "./scope.ts";

const tagFields = ["environment", "commit", "branch", "tag", "pr", "service", "release"];

export function resolveRelease(scope: ResolveScope, parsed: ParsedEnvironment["release"]): ReleaseRules {
  const services = scope.names("services");
  const tasks = scope.names("tasks");
  for (const phase of ["before", "after"] as const) {
    checkNames(scope, ["release", phase], parsed[phase], tasks, "task");
    checkOnce(
      scope,
      parsed[phase].map((name, index) => [name, ["release", phase, `${index}`]]),
    );
  }
  for (const [index, names] of parsed.order.entries())
    checkNames(scope, ["release", "order", `${index}`], names, services, "service");
  checkOnce(
    scope,
    parsed.order.flatMap((wave, at) =>
      wave.map((name, index) => [name, ["release", "order", `${at}`, `${index}`]] as const),
    ),
  );
  for (const [index, names] of parsed.together.entries()) {
    checkNames(scope, ["release", "together", `${index}`], names, [...services, ...tasks], "service or task");
  }
  for (const [index, tag] of parsed.tags.entries()) checkTag(scope, ["release", "tags", `${index}`], tag);
  return {
    before: parsed.before,
    after: parsed.after,
    waves: resolveWaves(parsed.order, services),
    together: parsed.together,
    tags: parsed.tags,
  };
}

function resolveWaves(order: string[][], services: readonly string[]): string[][] {
  const named = new Set(order.flat());
  const others = services.filter((service) => !named.has(service));
  return [...order.slice(0, -1), [...(order.at(-1) ?? []), ...others]].filter((wave) => wave.length > 0);
}

function checkNames(
  scope: ResolveScope,
  path: readonly string[],
  names: readonly string[],
  known: readonly string[],
  kind: string,
): void {
  for (const [index, name] of names.entries()) {
    if (known.includes(name)) continue;
    const meant = nearest(name, known);
    const fix = meant === undefined && known.length > 0 ? `there is ${known.join(", ")}` : undefined;
    scope.report([...path, `${index}`], `no ${kind} "${name}" in this manifest${didYouMean(meant)}`, { fix });
  }
}

function checkOnce(scope: ResolveScope, entries: readonly (readonly [name: string, path: string[]])[]): void {
  const seen = new Set<string>();
  for (const [name, path] of entries) {
    if (seen.has(name)) scope.report(path, `"${name}" stands here twice`, { fix: "keep one of them" });
    seen.add(name);
  }
}

/** https://github.com/opencontainers/distribution-spec: a tag is up to 128 of these characters, the first a letter, digit or _ */
function checkTag(scope: ResolveScope, path: readonly string[], tag: string): void {
  const unknown = [...tag.matchAll(/\{([^}]*)\}/g)]
    .map((match) => match[1] ?? "")
    .find((field) => !tagFields.includes(field));
  if (unknown !== undefined) {
    const fix = `known are ${orList(tagFields.map((field) => `{${field}}`))}`;
    scope.report(path, `unknown {${unknown}}${didYouMean(nearest(unknown, tagFields))}`, { fix });
  } else if (!/^\w[\w.-]{0,127}$/.test(tag.replaceAll(/\{[a-z]+\}/g, "x"))) {
    scope.report(path, `expected an image tag (letters, digits, _ . -), found "${tag}"`);
  }
}
