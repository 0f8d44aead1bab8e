#!/usr/bin/env node
// The launcher of the released package, where everything is one bundle of JavaScript in ../dist (scripts/pack.ts makes both).
import { readFileSync } from "node:fs";
import module from "node:module";
import { homedir } from "node:os";
import { join } from "node:path";

const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);
const [argument, ...others] = process.argv.slice(2);

if (major < 22 || (major === 22 && minor < 13)) {
  console.error(
    `fardel needs Node 22.13 or later; this is ${process.versions.node}: https://nodejs.org has a current one.`,
  );
  process.exitCode = 1;
} else if (others.length === 0 && (argument === "--version" || argument === "-V")) {
  // Asked for by scripts and prompts, so it loads nothing.
  console.log(JSON.parse(readFileSync(new URL("../package.json", import.meta.url), "utf8")).version);
} else {
  module.enableCompileCache(join(process.env.XDG_CACHE_HOME || join(homedir(), ".cache"), "fardel", "compiled"));
  await import("../dist/fardel.js");
}
