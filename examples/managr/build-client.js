// Builds the front end: client/ → public/, scripts and styles under names that change with their content, so that browsers
// may keep them. What a bundler does in a bigger app.
import { createHash } from "node:crypto";
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { basename, extname, join } from "node:path";

const from = join(import.meta.dirname, "client");
const to = join(import.meta.dirname, "public");
rmSync(to, { recursive: true, force: true });
mkdirSync(join(to, "assets"), { recursive: true });

let page = readFileSync(join(from, "index.html"), "utf8");
for (const file of readdirSync(from).filter((name) => name !== "index.html")) {
  const content = readFileSync(join(from, file));
  const hash = createHash("sha256").update(content).digest("hex").slice(0, 8);
  const built = `assets/${basename(file, extname(file))}-${hash}${extname(file)}`;
  writeFileSync(join(to, built), content);
  page = page.replaceAll(`"/${file}"`, `"/${built}"`);
}
writeFileSync(join(to, "index.html"), page);
console.log(`Built ${page.match(/assets\/[^"]+/g).join(", ")}.`);
