import { describe, expect, test } from "vitest";
import { parseIgnoreRules } from "./ignore-rules.ts";

/** The paths among `paths` that stay in the image. */
function kept(rules: string, paths: string[]): string[] {
  const parsed = parseIgnoreRules(rules);
  return paths.filter((path) => !parsed.ignores(path));
}

describe("patterns", () => {
  test.each([
    // [pattern, ignored, kept]
    ["dist", ["dist", "dist/a/b.js"], ["src/dist", "dist2", "distribution/x"]],
    ["/dist/", ["dist", "dist/a"], ["src/dist"]],
    ["./dist", ["dist/a"], ["src/dist"]],
    ["src/../dist", ["dist"], ["src/dist"]],
    ["*.log", ["a.log"], ["logs/a.log", "a.logs", "alog"]],
    ["*/*.log", ["logs/a.log"], ["a.log", "x/logs/a.log"]],
    ["*/temp*", ["somedir/temporary.txt", "somedir/temp/x"], ["temp", "a/b/temp"]],
    ["**/*.log", ["a.log", "x/y/a.log"], ["a.log.gz"]],
    ["**/node_modules", ["node_modules/x", "packages/a/node_modules/b"], ["my_node_modules"]],
    ["**.log", ["a.log", "x/b.log"], ["a.log2"]],
    ["src/**", ["src/a", "src/a/b"], ["src", "lib/src/a"]],
    ["src/**/test", ["src/test", "src/a/b/test/x"], ["src/a/testing", "test"]],
    ["**", ["a", "a/b"], []],
    ["temp?", ["tempa", "tempé"], ["temp", "temp/", "tempab"]],
    ["[ab].js", ["a.js", "b.js"], ["c.js", "ab.js"]],
    ["[^ab].js", ["c.js"], ["a.js"]],
    ["a[0-9]", ["a5"], ["ab"]],
    ["app/(auth)/x+y.$1", ["app/(auth)/x+y.$1"], ["app/auth/xxy.1"]],
    ["{a,b}", ["{a,b}"], ["a", "b"]],
    ["\\*.js", ["*.js"], ["a.js"]],
    ["a|b", ["a|b"], ["a", "b"]],
  ])("%s", (pattern, ignored, remaining) => {
    expect(kept(pattern, [...ignored, ...remaining])).toEqual(remaining);
  });

  test("are case-sensitive, as in Docker", () => {
    expect(kept("README.md", ["readme.md", "README.md"])).toEqual(["readme.md"]);
  });
});

describe("the file", () => {
  test("skips comments, blank lines, a byte order mark and the pattern '.'", () => {
    expect(kept("\uFEFF# all of it\r\n\r\n  \r\n.\r\n  a  \r\n", ["a", "b", "# all of it"])).toEqual([
      "b",
      "# all of it",
    ]);
  });

  test("lets the last matching line decide", () => {
    const paths = ["README.md", "README-secret.md", "other.md"];
    expect(kept("*.md\n!README*.md\nREADME-secret.md", paths)).toEqual(["README.md"]);
    expect(kept("*.md\nREADME-secret.md\n!README*.md", paths)).toEqual(["README.md", "README-secret.md"]);
  });

  test("brings back a file inside an ignored directory, unlike Git", () => {
    const rules = parseIgnoreRules("*\n!src/index.js\n!lib");
    expect(rules.hasExceptions).toBe(true);
    expect(["src/index.js", "lib/deep/a.js"].map((path) => rules.ignores(path))).toEqual([false, false]);
    expect(["src", "src/other.js", "package.json"].map((path) => rules.ignores(path))).toEqual([true, true, true]);
  });

  test("says which line cannot be read", () => {
    expect(() => parseIgnoreRules("ok\n[a-")).toThrow(
      ".dockerignore line 2: '[a-' is not a pattern: '[' has no closing ']'.",
    );
    expect(() => parseIgnoreRules("! ")).toThrow(
      ".dockerignore line 1: '!' is not a pattern: nothing follows the '!'.",
    );
  });
});

test("patterns of many wildcards are matched as fast as others", () => {
  const rules = parseIgnoreRules(`${"*a".repeat(100)}*b\n${"**/".repeat(100)}x\n${"a/**/".repeat(100)}x`);
  expect(rules.ignores("a".repeat(4_000))).toBe(false);
  expect(rules.ignores(`${"a/".repeat(1_500)}b`)).toBe(false);
  expect(rules.ignores(`${"a".repeat(200)}b`)).toBe(true);
});
