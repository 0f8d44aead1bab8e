import { expect, test } from "vitest";
import { whereItLeaves } from "./carry-out.ts";

const returned = (complete: boolean, ...superseded: string[]) => ({ complete, superseded });

test.each([
  [returned(true), 4, "rolled back", "release 4 serves again"],
  [returned(true), undefined, "failed", "there is no earlier release to return to"],
  [returned(false), 4, "failed", "not every service could be brought back"],
  [
    returned(true, "api"),
    4,
    "superseded",
    "the other services run release 4 again, and somebody else has deployed api in the meantime, which stays",
  ],
  [
    returned(false, "api", "web"),
    4,
    "failed",
    "not every service could be brought back, and somebody else has deployed api, web in the meantime, which stays",
  ],
] as const)("after %j of release %s it is told as %s", (way, before, result, told) => {
  expect(whereItLeaves(way, before)).toEqual({ result, told });
});
