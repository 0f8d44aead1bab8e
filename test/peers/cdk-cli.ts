import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { cpSync, mkdirSync, readFileSync, symlinkSync } from "node:fs";
import { join, resolve } from "node:path";
import { promisify } from "node:util";
import { clientEnvironment } from "./aws-cli.ts";

const run = promisify(execFile);

export const cdkSource = join(import.meta.dirname, "cdk");
const lockfile = createHash("sha256")
  .update(readFileSync(join(cdkSource, "package-lock.json")))
  .digest("hex");
/** Where cdk-install.ts puts the AWS CDK: another directory for every lockfile. */
export const cdkDirectory = resolve(
  import.meta.dirname,
  `../../node_modules/.cache/fardel-peers/cdk-${lockfile.slice(0, 12)}`,
);

/** The `cdk` command in a copy of test/peers/cdk; answers what it printed, and fails with that where it fails. */
export function cdkIn(directory: string, region: { endpoint: string; region: string }) {
  const cwd = join(directory, "cdk");
  mkdirSync(cwd);
  cpSync(join(cdkSource, "app.cjs"), join(cwd, "app.cjs"));
  symlinkSync(join(cdkDirectory, "node_modules"), join(cwd, "node_modules"));
  const env = {
    ...clientEnvironment(region),
    // Where it remembers whose credentials it has seen.
    HOME: directory,
    CI: "true",
    CDK_DISABLE_CLI_TELEMETRY: "true",
    CDK_DISABLE_VERSION_CHECK: "1",
  };
  const command = join(cdkDirectory, "node_modules/aws-cdk/bin/cdk");
  return {
    async run(words: string, environment: Record<string, string> = {}): Promise<string> {
      const args = [command, "--no-notices", "--no-color", ...words.split(" ")];
      const { stdout, stderr } = await run(process.execPath, args, { cwd, env: { ...env, ...environment } });
      return stdout + stderr;
    },
    /** What the app comes to with this text for its service, in a directory for `--app`. */
    async synthesize(text: string): Promise<string> {
      const output = join(cwd, `assembly-${text}`);
      await run(process.execPath, ["app.cjs"], { cwd, env: { ...env, TEXT: text, CDK_OUTDIR: output } });
      return output;
    },
  };
}
