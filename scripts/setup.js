// Installs what package-lock.json names when node_modules is missing or older, then runs the script it is given, if any, on the
// Node that came with it. Plain JavaScript, because it runs on whatever Node the machine has.
import { spawn, spawnSync } from "node:child_process";
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

const [script, ...parameters] = process.argv.slice(2);
if (script) {
  const node = join(root, "node_modules", "node", "bin", process.platform === "win32" ? "node.exe" : "node");
  // Ctrl-C reaches the script as well; this process waits for how it ends.
  process.on("SIGINT", () => {});
  spawn(node, [join(root, script), ...parameters], { cwd: root, stdio: "inherit" }).on("exit", (code) => {
    process.exitCode = code ?? 1;
  });
}
