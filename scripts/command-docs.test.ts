import { expect, test } from "vitest";
import { commandDocs, folder } from "./command-docs.ts";
import { writtenPages } from "./generated-pages.ts";

test("docs/commands is what --help says (npx node scripts/command-docs.ts writes it)", async () => {
  const pages = await commandDocs();
  expect(Object.fromEntries(writtenPages(pages, folder))).toEqual(Object.fromEntries(pages));
});

test("a page tells a command's arguments, options with defaults, and what stands below its help", async () => {
  const page = (await commandDocs()).get("commands/history.md") ?? "";
  expect(page).toContain("fardel history [options] [environment] [release]");
  expect(page).toContain("| `-n, --limit <count>` | list so many releases (default: `20`) |");
  expect(page).toContain("fardel history production 12");
});
