import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { FardelError } from "../errors.ts";
import { screenOf } from "./fixture.ts";
import { loadManifest } from "./load.ts";
import { readValue } from "./source/read-code.ts";

const lines = (count: number, line: (index: number) => string) =>
  Array.from({ length: count }, (_, i) => line(i)).join("\n");

describe("text made to take for ever is refused at once", () => {
  const service = (env: string) => `app: a\nservices: { web: { image: "nginx:1", env: { A: '${env}' } } }`;
  test.each([
    ["keys nobody knows", `app: a\n${lines(9_000, (i) => `k${i}: 1`)}`, "unknown key"],
    ["anchors", `app: a\n${lines(9_000, (i) => `k${i}: &a${i} 1`)}`, "unknown key"],
    ["aliases", `app: &x a\n${lines(50_000, (i) => `k${i}: *x`)}`, "more than 10000 values"],
    [
      "aliases of aliases",
      lines(30, (i) => `k${i}: &a${i} [${i === 0 ? "x" : `*a${i - 1}, *a${i - 1}`}]`),
      "more than 10000",
    ],
    [
      "merge keys",
      `b: &b\n${lines(3_000, (i) => `  k${i}: 1`)}\n${lines(3_000, (i) => `m${i}: {<<: *b}`)}`,
      "more than 10000",
    ],
    ["services", `app: a\nservices:\n${lines(40_000, (i) => `  s${i}: {image: "nginx:1"}`)}`, "more than 10000 values"],
    [
      "environments of services",
      `app: a\nservices:\n${lines(900, (i) => `  s${i}: {image: "nginx:1"}`)}\nenvironments:\n${lines(900, (i) => `  e${i}: {}`)}`,
      "900 environments are too many for a manifest of this size",
    ],
    ["open references", service("${".repeat(300_000)), "a reference has no closing }"],
    ["references in references", service("${a${".repeat(100_000)), "a reference has no closing }"],
    ["brackets", `app: a\nx: ${"[".repeat(200_000)}`, "nested too deeply"],
    ["braces", `app: a\nx: ${"{a: ".repeat(100_000)}`, "nested too deeply"],
    ["indentation", lines(1_300, (i) => `${" ".repeat(i)}a:`), "nested too deeply"],
    ["a name", `app: a\nservices: { web: { image: "${"a-_./".repeat(100_000)}!" } }`, "no image"],
    [
      "a host",
      `app: a\nservices: { web: { image: "a:1", port: 1, route: { host: "${"a.".repeat(200_000)}1" } } }`,
      "expected a host",
    ],
  ])(
    "%s",
    (_name, text, expected) => {
      const screen = screenOf(text);
      expect(screen).toContain(expected);
      expect(screen.length).toBeLessThan(100_000);
    },
    60_000,
  );

  test("values of code that grow without containing themselves", () => {
    let value: unknown = ["x"];
    for (let level = 0; level < 40; level++) value = [value, value];
    expect(readValue({ app: "a", services: value }).problems).toMatchObject([
      { message: "expected no more than 10000 values" },
    ]);
  });
});

test("what is quoted can't move the cursor or fill the screen", () => {
  const screen = screenOf(`app: a\nservices: { web: { image: "\\e[2J${"x".repeat(5_000)}\\u202e" } }`);
  expect(screen).not.toMatch(/[^\P{C}\n]/u);
  expect(Math.max(...screen.split("\n").map((line) => line.length))).toBeLessThan(1_100);
});

describe("a manifest that is no file", () => {
  let directory: string;
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), "fardel-hostile-"));
  });
  afterEach(() => rmSync(directory, { recursive: true, force: true }));

  async function refusal(): Promise<string> {
    const error = await loadManifest(directory).then(
      () => undefined,
      (reason: unknown) => reason,
    );
    if (error instanceof FardelError) return error.message;
    throw new Error("expected a FardelError", { cause: error });
  }

  test.each(["fardel.yaml", "fardel.config.ts"])("%s", async (name) => {
    const path = join(directory, name);
    execFileSync("mkfifo", [path]);
    expect(await refusal()).toBe(`${name} can't be read: it is a pipe`);
    rmSync(path);
    symlinkSync("/dev/zero", path);
    expect(await refusal()).toBe(`${name} can't be read: it is a device`);
    rmSync(path);
    mkdirSync(path);
    expect(await refusal()).toBe(`${name} can't be read: it is a directory`);
  });

  test("or does not end", async () => {
    writeFileSync(join(directory, "fardel.config.ts"), "process.exit(0);");
    expect(await refusal()).toMatch(/^fardel\.config\.ts doesn't end by itself: it ends the process/);
  });
});
