// Installs what package-lock.json names when node_modules is missing or older. Plain JavaScript, because it runs on
// whatever Node the machine has; every later step of an npm script then finds the pinned Node in node_modules/.bin.
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const lockfile = join(root, "package-lock.json");
const stamp = join(root, "node_modules", ".fardel-installed");
const wanted = createHash("sha256").update(readFileSync(lockfile)).digest("hex");

if (!existsSync(stamp) || readFileSync(stamp, "utf8") !== wanted) {
  console.log("Installing dependencies (npm ci) …");
  const { status } = spawnSync("npm", ["ci", "--no-audit", "--no-fund", "--loglevel=error"], {
    cwd: root,
    stdio: "inherit",
  });
  if (status !== 0) {
    console.error("npm ci failed; its output is above. fardel needs npm and its registry for the first install.");
    process.exit(status ?? 1);
  }
  writeFileSync(stamp, wanted);
}
