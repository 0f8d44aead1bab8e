import { expect, test } from "vitest";
import { generatedName } from "./physical-name.ts";

test("a generated name has the stack, the logical id and an end of its own", () => {
  const name = generatedName("shop-web", "TaskRole", "token", 64);
  expect(name).toMatch(/^shop-web-TaskRole-[0-9a-f]{12}$/);
  expect(generatedName("shop-web", "TaskRole", "token", 64)).toBe(name);
  expect(generatedName("shop-web", "TaskRole", "other", 64)).not.toBe(name);
});

test.each([32, 63, 64])("one of at most %d characters keeps its end", (longest) => {
  const name = generatedName(
    "a-stack-with-quite-a-long-name-indeed",
    "AResourceWithALongLogicalIdAsWell",
    "t",
    longest,
  );
  expect(name.length).toBeLessThanOrEqual(longest);
  expect(name).toMatch(/^a-stack[a-z-]*-AResour[A-Za-z]*-[0-9a-f]{12}$/);
});
