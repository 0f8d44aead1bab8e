#!/usr/bin/env node
// Plain JavaScript, because it runs on whatever Node the machine has when `fardel` is typed. fardel's own sources are
// TypeScript, which Node runs by stripping the types; where it can't, the command line is handed over to the Node that the
// project has installed (the npm package `node`).
import { spawn } from "node:child_process";
import { existsSync, realpathSync } from "node:fs";
import module from "node:module";
import { homedir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

/** The Node that npm has installed for this package, or for a directory above it. */
function installedNode() {
  for (let at = dirname(realpathSync(fileURLToPath(import.meta.url))); ; at = dirname(at)) {
    const path = join(at, "node_modules", "node", "bin", process.platform === "win32" ? "node.exe" : "node");
    if (existsSync(path)) return path;
    if (at === dirname(at)) return undefined;
  }
}

/** Runs the same command line on another Node; signals reach it, and its end becomes this process's. */
function handOver(node) {
  const child = spawn(node, process.argv.slice(1), { stdio: "inherit", env: { ...process.env, FARDEL_NODE: node } });
  // A terminal sends Ctrl-C to both, and what to do about it is the child's to decide.
  process.on("SIGINT", () => {});
  for (const signal of ["SIGTERM", "SIGHUP"]) process.on(signal, () => child.kill(signal));
  child.on("error", (error) => refuse(`${node} can't be started: ${error.message}`));
  child.on("exit", (code, signal) => {
    if (signal === null) {
      process.exitCode = code;
    } else {
      process.removeAllListeners(signal);
      process.kill(process.pid, signal);
    }
  });
}

function refuse(why) {
  console.error(`fardel needs Node 22.18 or later; this is ${process.versions.node}. ${why}`);
  console.error("Install a current Node (https://nodejs.org), or one for the project: npm install --save-dev node@24");
  process.exitCode = 1;
}

const node = installedNode();
if (process.features.typescript) {
  module.enableCompileCache?.(join(process.env.XDG_CACHE_HOME || join(homedir(), ".cache"), "fardel", "compiled"));
  await import("../src/main.ts");
} else if (node === undefined) {
  refuse("There is no other Node in node_modules.");
} else if (process.env.FARDEL_NODE === node) {
  refuse(`The one in ${node} is too old as well.`);
} else {
  handOver(node);
}
