import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, expect, test } from "vitest";
import { manifestFromYaml, resolveApp } from "../../packages/core/src/config/load.ts";
import { FardelError } from "../../packages/core/src/errors.ts";

const root = join(import.meta.dirname, "..", "..");
const directory = mkdtempSync(join(tmpdir(), "fardel-manifests-"));
writeFileSync(join(directory, "package.json"), "{}");
afterAll(() => rmSync(directory, { recursive: true, force: true }));

const manifests = ["examples/quickstart/fardel.yaml", "docs/reference.fardel.yaml"].map((path) =>
  readFileSync(join(root, path), "utf8"),
);
const fragment = fc.oneof(
  fc.constantFrom(
    "\t",
    "\r",
    "\r\n",
    "\n",
    "\ufeff",
    "\0",
    "\ud800",
    "\u202e",
    "  ",
    ": ",
    "- ",
    "? ",
    "# ",
    "---\n",
    "...",
  ),
  fc.constantFrom(
    "{",
    "}",
    "[",
    "]",
    "&a ",
    "*a",
    "&a [*a]",
    "<<: *a\n",
    "!!binary ",
    "!x ",
    "|\n",
    ">\n",
    "'",
    '"',
    "%",
  ),
  fc.constantFrom(
    "${",
    "${app}",
    "${${app}}",
    "${env.HOME}",
    "${services.web.url}",
    "$${",
    "${__proto__}",
    "${release}",
  ),
  fc.constantFrom(
    "__proto__: 1\n",
    "constructor: {}\n",
    "null",
    "~",
    ".inf",
    ".nan",
    "0x10",
    "1e400",
    "-0",
    "5s",
    "1GB",
    "../..",
  ),
  fc.string({ unit: "binary", maxLength: 30 }),
);

test("thousands of manifests, broken anywhere, are an app or a refusal that says where", () => {
  const edit = fc.record({ at: fc.double({ min: 0, max: 1, noNaN: true }), cut: fc.nat({ max: 60 }), put: fragment });
  const edits = fc.array(edit, { minLength: 1, maxLength: 6 });
  let refused = 0;
  fc.assert(
    fc.property(fc.constantFrom(...manifests), edits, (manifest, changes) => {
      const text = changes.reduce((written, { at, cut, put }) => {
        const place = Math.floor(at * written.length);
        return written.slice(0, place) + put + written.slice(place + cut);
      }, manifest);
      try {
        const source = manifestFromYaml({ name: "fardel.yaml", text }, join(directory, "fardel.yaml"));
        for (const environment of ["local", "production"]) resolveApp(source, environment, { hostEnvironment: {} });
      } catch (error) {
        if (!(error instanceof FardelError)) throw error;
        refused++;
        expect(error.exitCode).toBe(2);
        expect(`${error.message}\n${error.where}\n${error.why ?? error.fix}`).not.toMatch(
          /undefined|\[object|^\s+at /m,
        );
        if (error.code === "InvalidManifest") expect(error.why).toMatch(/^fardel\.yaml(:\d+:\d+)?/);
      }
    }),
    { numRuns: 5_000 },
  );
  expect(refused).toBeGreaterThan(1_000);
});
