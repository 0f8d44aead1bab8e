// What a user does: install the packed tarball into an empty directory, and release the quickstart with nothing else there.
import { execFile } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, test } from "vitest";
import { pack, writePackage } from "../../scripts/pack.ts";

const run = promisify(execFile);
const root = join(import.meta.dirname, "..", "..");

let directory: string;
let app: string;
let env: NodeJS.ProcessEnv;
const fardel = async (...args: string[]) =>
  (await run(join(directory, "node_modules", ".bin", "fardel"), args, { cwd: app, env })).stdout.trim();

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), "fardel-installed-"));
  app = join(directory, "app");
  env = {
    ...process.env,
    PATH: `${dirname(process.execPath)}:${process.env.PATH}`,
    FARDEL_LOCAL_STATE: join(directory, "state"),
    XDG_CACHE_HOME: join(directory, "cache"),
  };
  const built = join(directory, "package");
  mkdirSync(built);
  await writePackage(built);
  writeFileSync(join(directory, "package.json"), '{ "private": true }');
  const flags = ["--prefer-offline", "--no-audit", "--no-fund", "--loglevel=error"];
  await run("npm", ["install", ...flags, pack(built, directory)], { cwd: directory, env });
  cpSync(join(root, "examples", "quickstart"), app, {
    recursive: true,
    filter: (path) => !path.endsWith("node_modules"),
  });
});
afterAll(async () => {
  await fardel("local", "stop").catch(() => {});
  rmSync(directory, { recursive: true, force: true });
});

test("the installed CLI releases the quickstart, PostgreSQL included, and releases it again", async () => {
  expect(await fardel("--version")).toMatch(/^\d+\.\d+\.\d+$/);
  await fardel("local", "start", "--port", "0");
  const url = await fardel("up");
  expect((await fetch(`${url}/healthz`)).status).toBe(200);
  writeFileSync(join(app, "worker.js"), "\n// Changed.\n", { flag: "a" });
  await fardel("deploy");
  expect(await fardel("plan")).toContain("Nothing would change.");
});
