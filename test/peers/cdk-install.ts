// Installs the AWS CDK of test/peers/cdk where it isn't yet: 190 MB, which nobody needs but the tests of it. Ends with npm's code.
import { spawnSync } from "node:child_process";
import { cpSync, existsSync, mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { cdkDirectory, cdkSource } from "./cdk-cli.ts";

if (!existsSync(join(cdkDirectory, "node_modules/.package-lock.json"))) {
  mkdirSync(cdkDirectory, { recursive: true });
  for (const file of ["package.json", "package-lock.json"]) cpSync(join(cdkSource, file), join(cdkDirectory, file));
  const { status } = spawnSync("npm", ["ci", "--no-audit", "--no-fund", "--loglevel=error"], {
    cwd: cdkDirectory,
    stdio: "inherit",
  });
  if (status !== 0) rmSync(cdkDirectory, { recursive: true, force: true });
  process.exitCode = status ?? 1;
}
