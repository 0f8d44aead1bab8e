import { expect, test } from "vitest";
import { releasedNames } from "./partial.ts";
import { shop } from "./release.fixture.ts";

test("a release is of everything, or of what is named", () => {
  expect([...releasedNames(shop, undefined)]).toEqual(["web", "worker", "migrate"]);
  expect([...releasedNames(shop, ["worker"])]).toEqual(["worker"]);
});

test("an unknown name is answered with the nearest", () => {
  expect(() => releasedNames(shop, ["wroker"])).toThrow("shop has no service or task wroker; did you mean worker?");
});

test("an environment may forbid partial releases", () => {
  expect(() => releasedNames({ ...shop, partial: false }, ["web"])).toThrow(
    "Releases of shop to production have to be whole.",
  );
});
