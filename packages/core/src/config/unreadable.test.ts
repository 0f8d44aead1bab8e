import { describe, expect, test } from "vitest";
import { screenOf } from "./fixture.ts";

describe("files that are no manifest yet", () => {
  test.each([
    ["empty", ""],
    ["only a comment", "# later\n"],
    ["a list", "- app: shop\n"],
    ["a single value", "shop\n"],
    ["no app", "services: {}\n"],
  ])("%s", (_, text) => expect(screenOf(text)).toMatchSnapshot());
});

describe("YAML that can't be read", () => {
  test.each([
    ["a tab", "app: shop\nservices:\n\tweb: {}\n"],
    ["an unquoted reference", "app: shop\nservices: { web: { env: { A: ${app} }\n"],
    ["an open list", "app: shop\nrelease: { before: [migrate }\n"],
    ["a colon in a value", "app: shop: two\n"],
    ["an open quote", "app: 'shop\n"],
    ["two documents", "app: shop\n---\napp: shop\n"],
    ["a tag", "app: !Ref shop\n"],
    ["the same key twice", "app: shop\nregion: eu-west-1\napp: shop\n"],
    ["an unknown anchor", "app: shop\nservices: { web: *base }\n"],
    ["an anchor in itself", "app: shop\nservices: &all { web: *all }\n"],
    ["a merge of no map", "app: &name shop\nservices: { web: { <<: *name, image: 'nginx:1' } }\n"],
    ["a key that is a map", "app: shop\n? { a: 1 }\n: 2\n"],
    ["__proto__", "app: shop\nservices: { __proto__: { image: 'nginx:1' } }\n"],
  ])("%s", (_, text) => expect(screenOf(text)).toMatchSnapshot());

  test("nesting without end", () => {
    expect(screenOf(`app: ${"[".repeat(20_000)}`)).toContain("not valid YAML: nested too deeply");
  });

  test("aliases that grow out of hand", () => {
    const levels = Array.from(
      { length: 9 },
      (_, level) => `l${level + 1}: &l${level + 1} [${`*l${level},`.repeat(9)}]`,
    );
    expect(screenOf(`l0: &l0 [x]\n${levels.join("\n")}\n`)).toContain("the manifest has more than 10000 values");
  });
});
