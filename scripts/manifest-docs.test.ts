import { expect, test } from "vitest";
import { writtenPages } from "./generated-pages.ts";
import { folder, manifestDocs } from "./manifest-docs.ts";

test("docs/manifest.md and docs/manifest are what the schema says (npx node scripts/manifest-docs.ts writes them)", () => {
  const pages = manifestDocs();
  expect(Object.fromEntries(writtenPages(pages, folder))).toEqual(Object.fromEntries(pages));
});
