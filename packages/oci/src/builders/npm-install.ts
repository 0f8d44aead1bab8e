import { spawn } from "node:child_process";
import { dirname } from "node:path";
import { createInterface } from "node:readline";
import { OciError } from "../errors.ts";
import type { Platform } from "../image.ts";

export type Libc = "glibc" | "musl";

/** Who the packages are for, in npm's words. */
export interface InstallTarget {
  os: string;
  cpu: string;
  libc: Libc | undefined;
}

const npmSystems: Record<string, string> = { windows: "win32" };
const npmProcessors: Record<string, string> = { amd64: "x64", "386": "ia32" };

export function installTarget(platform: Platform, libc: Libc | undefined): InstallTarget {
  const os = npmSystems[platform.os] ?? platform.os;
  const cpu = npmProcessors[platform.architecture] ?? platform.architecture;
  const own = os === process.platform && cpu === process.arch ? machineLibc() : undefined;
  return { os, cpu, libc: os === "linux" ? (libc ?? own ?? "glibc") : undefined };
}

/** Whether programs compiled here run there, and so packages' install scripts may. */
export function isThisMachine(target: InstallTarget): boolean {
  return target.os === process.platform && target.cpu === process.arch && target.libc === machineLibc();
}

let detectedLibc: Libc | undefined;

function machineLibc(): Libc | undefined {
  if (process.platform !== "linux") return undefined;
  detectedLibc ??= glibcVersion() === undefined ? "musl" : "glibc";
  return detectedLibc;
}

function glibcVersion(): string | undefined {
  // Without this it looks up the name of every connection's other end. (@types/node lacks the property.)
  Object.assign(process.report, { excludeNetwork: true });
  const { header } = process.report.getReport() as { header: { glibcVersionRuntime?: string } };
  return header.glibcVersionRuntime;
}

// Started from a script of npm, fardel has that npm's options in its environment: a --workspace or --dry-run meant for
// the outer one must not reach the inner. What says where packages come from must.
const inheritedSettings =
  /^npm_config_(registry|cache|userconfig|globalconfig|proxy|https_proxy|noproxy|ca|cafile|cert|key|strict_ssl|offline|prefer_offline|@.*|_.*|\/\/.*)$/i;
const keptLines = 15;

/**
 * Installs what production needs into `directory`, which holds package.json and lockfile.
 *
 * @throws OciError `npm-missing`, or `npm-failed` with the last lines npm wrote.
 */
export async function npmInstall(
  directory: string,
  target: InstallTarget,
  onProgress: (message: string) => void,
): Promise<void> {
  const flags = [
    "--omit=dev",
    "--no-audit",
    "--no-fund",
    "--no-update-notifier",
    `--os=${target.os}`,
    `--cpu=${target.cpu}`,
  ];
  if (target.libc !== undefined) flags.push(`--libc=${target.libc}`);
  if (!isThisMachine(target)) flags.push("--ignore-scripts");
  const npm = spawn("npm", ["ci", ...flags], {
    cwd: directory,
    env: npmEnvironment(),
    stdio: ["ignore", "pipe", "pipe"],
  });
  const lines: string[] = [];
  for (const stream of [npm.stdout, npm.stderr])
    createInterface({ input: stream }).on("line", (line) => {
      if (line.trim() === "") return;
      lines.push(line);
      onProgress(line);
    });
  const code = await new Promise<number | string | null>((resolve, reject) => {
    npm.once("error", (cause: NodeJS.ErrnoException) => reject(notStarted(cause)));
    npm.once("close", (exitCode, signal) => resolve(exitCode ?? signal));
  });
  if (code === 0) return;
  const told = lines.filter((line) => !/A complete log of this run|^npm (error|ERR!)\s+\S+_logs/.test(line));
  throw new OciError("npm-failed", `npm ci failed (${code}):\n${told.slice(-keptLines).join("\n")}`, {
    fix: "Run npm ci --omit=dev in a copy of the directory that has only package.json and the lockfile, to see it yourself.",
  });
}

function npmEnvironment(): NodeJS.ProcessEnv {
  const kept = Object.entries(process.env).filter(([name]) => !/^npm_/i.test(name) || inheritedSettings.test(name));
  // The Node that runs this must also be the one that install scripts compile for.
  return { ...Object.fromEntries(kept), PATH: `${dirname(process.execPath)}:${process.env.PATH ?? ""}` };
}

function notStarted(cause: NodeJS.ErrnoException): OciError {
  if (cause.code !== "ENOENT")
    return new OciError("npm-failed", `npm could not be started: ${cause.message}.`, { cause });
  return new OciError(
    "npm-missing",
    "There is no npm on the PATH, which the node builder installs dependencies with.",
    {
      fix: "Install npm (it comes with Node), or build with a Dockerfile.",
      cause,
    },
  );
}
