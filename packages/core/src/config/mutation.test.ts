import { join } from "node:path";
import fc from "fast-check";
import { expect, test } from "vitest";
import { parse, stringify } from "yaml";
import { FardelError } from "../errors.ts";
import { directory, referenceManifest } from "./fixture.ts";
import { manifestFromYaml, resolveApp } from "./load.ts";

/** A manifest, whatever is done to it, is either resolved or refused in words. */
function survives(text: string): void {
  try {
    const source = manifestFromYaml({ name: "fardel.yaml", text }, join(directory, "fardel.yaml"));
    for (const environment of ["local", "production"]) resolveApp(source, environment, { hostEnvironment: {} });
  } catch (error) {
    if (!(error instanceof FardelError)) throw error;
    expect(error).toMatchObject({ exitCode: 2, message: expect.stringMatching(/\S/) });
    expect(`${error.why ?? error.fix}`).not.toMatch(/undefined|\[object|^\s+at /m);
  }
}

const fragment = fc.oneof(
  fc.string({ unit: "binary" }),
  fc.string(),
  fc.constantFrom(..."\t\n:{}[]&*#?|>'\"!%@`-,<$\0\u2028\ud800".split("")),
  fc.constantFrom(
    "\n  ",
    ": ",
    "- ",
    "&a ",
    "*a",
    "<<: ",
    "${",
    "${services.web.url}",
    "${env.HOME}",
    "null",
    "~",
    "---\n",
    "!!map ",
  ),
);

test("cut, spliced and doubled text", () => {
  const place = fc.nat({ max: referenceManifest.length });
  const edit = fc.record({ from: place, length: fc.nat({ max: 40 }), put: fragment });
  fc.assert(
    fc.property(fc.array(edit, { minLength: 1, maxLength: 4 }), (edits) => {
      survives(
        edits.reduce(
          (text, { from, length, put }) => text.slice(0, from) + put + text.slice(from + length),
          referenceManifest,
        ),
      );
    }),
    { numRuns: 100 },
  );
});

test("values replaced by anything", () => {
  const paths = allPaths(parse(referenceManifest));
  const anything = fc.oneof(
    fc.anything({
      maxDepth: 2,
      withBigInt: false,
      withDate: false,
      values: [fc.json(), fc.double(), fc.boolean(), fc.string()],
    }),
    fc.constantFrom(
      null,
      "",
      0,
      -1,
      1e21,
      "*",
      "${app}",
      "${nope}",
      "constructor",
      "__proto__",
      "\0",
      "../..",
      "/",
      "5s",
      "512MB",
      {},
      [],
    ),
  );
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.constantFrom(...paths), anything), { minLength: 1, maxLength: 3 }), (changes) => {
      const manifest: unknown = parse(referenceManifest);
      for (const [path, value] of changes) put(manifest, path, value);
      survives(stringify(manifest, { aliasDuplicateObjects: false }));
    }),
    { numRuns: 100 },
  );
});

test("keys renamed", () => {
  const paths = allPaths(parse(referenceManifest));
  fc.assert(
    fc.property(
      fc.constantFrom(...paths),
      fc.oneof(fc.string(), fc.constantFrom("constructor", "toString", "", "a.b", "0")),
      (path, key) => {
        const manifest: unknown = parse(referenceManifest);
        put(manifest, [...path.slice(0, -1), key], at(manifest, path));
        put(manifest, path, undefined);
        survives(stringify(manifest));
      },
    ),
    { numRuns: 60 },
  );
});

function allPaths(value: unknown, path: string[] = []): string[][] {
  if (typeof value !== "object" || value === null) return [path];
  const below = Object.entries(value).flatMap(([key, child]) => allPaths(child, [...path, key]));
  return path.length === 0 ? below : [path, ...below];
}

function at(value: unknown, path: readonly string[]): unknown {
  return path.reduce<unknown>((node, key) => (isRecord(node) ? node[key] : undefined), value);
}

/** Puts a value at a path, where it isn't a list's own length. */
function put(root: unknown, path: readonly string[], value: unknown): void {
  const parent = at(root, path.slice(0, -1));
  const key = path.at(-1);
  if (isRecord(parent) && key !== undefined && !(Array.isArray(parent) && key === "length"))
    Object.defineProperty(parent, key, { value, enumerable: true, configurable: true });
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null;
}
