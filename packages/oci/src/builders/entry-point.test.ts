import { describe, expect, test } from "vitest";
import { findEntryPoint } from "./entry-point.ts";
import type { PackageManifest } from "./package-manifest.ts";

const files = new Set(["server.js", "index.js", "dist/main.js", "lib/index.mjs", "bin/cli.js", "app.ts"]);

function commandOf(manifest: PackageManifest, present: string[] = [...files]): string {
  return findEntryPoint(manifest, new Set(present)).join(" ");
}

describe("the entry point", () => {
  test.each([
    ["node dist/main.js", "node dist/main.js"],
    ["  node   --enable-source-maps dist/main.js --port 1 ", "node --enable-source-maps dist/main.js --port 1"],
    ["node .", "node ."],
    ["node ./dist/main", "node ./dist/main"],
    ["node lib", "node lib"],
  ])("is a start script that needs no shell: %s", (start, expected) => {
    expect(commandOf({ scripts: { start }, main: "server.js" })).toBe(expected);
  });

  test.each([
    "NODE_OPTIONS=--trace-warnings node dist/main.js",
    "node dist/main.js | pino-pretty",
    "node a.js && node b.js",
    "node $FILE",
    "node 'a b.js'",
    "next start",
    "nodemon dist/main.js",
    "node",
  ])("is not a start script that needs one, or is not node: %s", (start) => {
    expect(commandOf({ scripts: { start }, main: "./dist/main" })).toBe("node dist/main.js");
  });

  test.each<[string, PackageManifest, string]>([
    ["main as written", { main: "./dist/main.js" }, "node dist/main.js"],
    ["main without its extension", { main: "app" }, "node app.ts"],
    ["the index of the directory that main names", { main: "lib/" }, "node lib/index.mjs"],
    ["the one bin", { bin: "bin/cli.js" }, "node bin/cli.js"],
    [
      "the bin of the package's name",
      { name: "@me/tool", bin: { other: "x.js", tool: "./bin/cli.js" } },
      "node bin/cli.js",
    ],
    ["the only bin", { bin: { other: "bin/cli.js" } }, "node bin/cli.js"],
    ["main before bin", { main: "dist/main.js", bin: "bin/cli.js" }, "node dist/main.js"],
    ["server.js where main is not there", { main: "gone.js" }, "node server.js"],
    ["server.js before index.js", {}, "node server.js"],
  ])("is %s", (_, manifest, expected) => {
    expect(commandOf(manifest)).toBe(expected);
  });

  test("is index.js when there is nothing else", () => {
    expect(commandOf({}, ["index.js"])).toBe("node index.js");
  });

  test("must be in the image when the start script names it", () => {
    expect(() => commandOf({ scripts: { start: "node build/server.js" } })).toThrowErrorMatchingInlineSnapshot(
      `[OciError: package.json starts 'build/server.js', which is not among the files of the image.]`,
    );
  });

  test("is asked for when nothing names it", () => {
    expect(() =>
      commandOf({ scripts: { start: "next start" }, main: "gone.js" }, ["page.tsx"]),
    ).toThrowErrorMatchingInlineSnapshot(
      `[OciError: Nothing says how this app starts: scripts.start ('next start') is not a plain node command; main ('gone.js') is not among the files; there is no server.js or index.js.]`,
    );
  });
});
