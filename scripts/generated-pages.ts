import { globSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";

export const docs = join(import.meta.dirname, "..", "docs");

/** Generated pages by their path below docs/. */
export type Pages = Map<string, string>;

/** Writes the pages, and removes those of `folder` that are no more. */
export function writePages(pages: Pages, folder: string): void {
  for (const path of pagesIn(folder)) if (!pages.has(path)) rmSync(join(docs, path));
  for (const [path, text] of pages) {
    mkdirSync(dirname(join(docs, path)), { recursive: true });
    writeFileSync(join(docs, path), text);
  }
}

/** What there is: all of `folder`, and each of the pages beside it. */
export function writtenPages(pages: Pages, folder: string): Pages {
  const beside = [...pages.keys()].filter((path) => !path.startsWith(`${folder}/`));
  return new Map([...beside, ...pagesIn(folder)].sort().map((path) => [path, readFileSync(join(docs, path), "utf8")]));
}

function pagesIn(folder: string): string[] {
  return globSync(`${folder}/*.md`, { cwd: docs });
}
