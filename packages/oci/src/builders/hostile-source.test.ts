import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { OciError } from "../errors.ts";
import { buildNodeImage } from "./build-node-image.ts";

let root: string;
let directory: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "fardel-hostile-"));
  directory = join(root, "app");
  mkdirSync(directory);
  write("server.js", "");
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

const write = (name: string, content: string) => writeFileSync(join(directory, name), content);
const build = () =>
  buildNodeImage({
    directory,
    platform: { os: "linux", architecture: "amd64" },
    cacheDirectory: join(root, "cache"),
  });

/** The code of the refusal; "built" when there is none. Anything but an OciError is a defect. */
async function outcome(): Promise<string> {
  try {
    await build();
    return "built";
  } catch (error) {
    if (!(error instanceof OciError)) throw error;
    expect(error.message).not.toMatch(/undefined|\[object/);
    return error.code;
  }
}

describe.each(["package.json", "package-lock.json", ".npmrc", ".dockerignore"])("%s", (name) => {
  beforeEach(() => {
    write("package.json", '{ "dependencies": { "a": "1" } }');
    write("package-lock.json", '{ "packages": { "node_modules/a": {} } }');
    rmSync(join(directory, name), { force: true });
  });

  test("that is a pipe isn't waited for", async () => {
    execFileSync("mkfifo", [join(directory, name)]);
    expect(await outcome()).toBe("source-unreadable");
  });

  test("that is a device isn't read", async () => {
    symlinkSync("/dev/zero", join(directory, name));
    expect(await outcome()).toBe("source-unreadable");
  });

  test("that is a directory is refused", async () => {
    mkdirSync(join(directory, name));
    expect(await outcome()).toBe("source-unreadable");
  });
});

test.each([
  { name: 5 },
  { main: {} },
  { scripts: null },
  { scripts: { start: 5 } },
  { bin: { a: [] } },
  { dependencies: 5 },
  { dependencies: { a: null } },
  { engines: { node: 24 } },
  { workspaces: { packages: "a" } },
])("a package.json with %j is refused", async (manifest) => {
  write("package.json", JSON.stringify(manifest));
  expect(await outcome()).toBe("package-json");
});

test.each([
  5,
  null,
  { "node_modules/a": null },
  { "node_modules/a": { resolved: 5 } },
  { "node_modules/a": { link: true } },
  { "node_modules/a": { link: true, resolved: "a\0b" } },
])("a lockfile with packages %j is refused", async (packages) => {
  write("package.json", '{ "dependencies": { "a": "1" } }');
  write("package-lock.json", JSON.stringify({ packages }));
  expect(await outcome()).toBe("lockfile");
});

test("a dependency that is a link to outside is refused", async () => {
  mkdirSync(join(root, "outside"));
  symlinkSync(join(root, "outside"), join(directory, "inside"));
  write("package.json", '{ "dependencies": { "a": "file:inside" } }');
  for (const entry of [{ resolved: "inside", link: true }, { resolved: "file:inside" }]) {
    write("package-lock.json", JSON.stringify({ packages: { "node_modules/a": entry } }));
    expect(await outcome()).toBe("dependency-outside");
  }
});

test("package.json and .dockerignore of anything give an image or a refusal in words", async () => {
  const field = fc.constantFrom(
    "name",
    "main",
    "bin",
    "scripts",
    "engines",
    "workspaces",
    "type",
    "__proto__",
    "files",
  );
  const manifest = fc.oneof(
    fc.dictionary(field, fc.jsonValue({ maxDepth: 2 })).map((value) => JSON.stringify(value)),
    fc.string(),
  );
  const rules = fc.string({ unit: fc.constantFrom(..."*?[]^-\\!#/. \t\r\nab\0\u{1f600}"), maxLength: 40 });
  await fc.assert(
    fc.asyncProperty(manifest, rules, async (text, ignored) => {
      write("package.json", text);
      write(".dockerignore", ignored);
      expect([
        "built",
        "package-json",
        "ignore-pattern",
        "entry-point-missing",
        "entry-point-not-found",
        "lockfile-missing",
      ]).toContain(await outcome());
    }),
    { numRuns: 150 },
  );
}, 60_000);
