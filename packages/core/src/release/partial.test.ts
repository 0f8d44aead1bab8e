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

test("row B8: an environment may forbid partial releases", () => {
  expect(() => releasedNames({ ...shop, partial: false }, ["web"])).toThrow(
    "Releases of shop to production have to be whole.",
  );
});

const bundled = { ...shop, release: { ...shop.release, together: [["worker", "migrate"]] } };

test.each([
  [
    ["worker", "migrate"],
    ["worker", "migrate"],
  ],
  [["web"], ["web"]],
  [
    ["web", "worker", "migrate"],
    ["web", "worker", "migrate"],
  ],
])("row B8: a partial release of %s parts no bundle", (only, names) => {
  expect([...releasedNames(bundled, only)]).toEqual(names);
});

test("row B8: what goes together is not parted, and the rule is named", () => {
  const error = thrown(() => releasedNames(bundled, ["web", "worker"]));
  expect(error).toMatchObject({
    code: "SPLIT_BUNDLE",
    message: "worker and migrate go together: a partial release may not part them.",
    why: "--only names worker, and not migrate. Nothing was changed.",
    fix: "Add --only migrate, or leave worker out.",
    exitCode: 2,
  });
});

function thrown(work: () => unknown): unknown {
  try {
    work();
  } catch (error) {
    return error;
  }
  throw new Error("nothing was thrown");
}
