import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { manifestDocs, manifestPage } from "./manifest-docs.ts";

test("docs/manifest.md is what the schema says (npx node scripts/manifest-docs.ts writes it)", () => {
  expect(readFileSync(manifestPage, "utf8")).toBe(manifestDocs());
});
