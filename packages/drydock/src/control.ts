import { spawn } from "node:child_process";
import { mkdirSync, openSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { getCompileCacheDir } from "node:module";
import { homedir } from "node:os";
import { dirname, extname, join } from "node:path";
import { fileURLToPath } from "node:url";
import type { TaskRuntime } from "./region.ts";
import { lockedByAnother } from "./store/instance-lock.ts";
import { storageProblem } from "./store/storage-problem.ts";

export interface DrydockStatus {
  /** `http://127.0.0.1:4566` */
  endpoint: string;
  region: string;
  accountId: string;
  runtime: TaskRuntime;
  pid: number;
}

export interface StartOptions {
  /** The state directory; made when missing. */
  directory: string;
  port?: number;
  region?: string;
  accountId?: string;
  /** Default: the one this directory had before; at first `process`. */
  runtime?: TaskRuntime;
  /** Default: the one this directory had before; at first 1. */
  timeScale?: number;
}

export const statusFile = "drydock.json";
const logFile = "drydock.log";

const startTimeout = 30_000;
/** How long another start on the same directory may take to answer. */
const otherStartTimeout = 10_000;
const stopTimeout = 60_000;

/** Per user: `$XDG_STATE_HOME/fardel/local`, or `~/.local/state/fardel/local`. */
export function defaultDirectory(): string {
  return join(process.env.XDG_STATE_HOME ?? join(homedir(), ".local", "state"), "fardel", "local");
}

/**
 * The drydock of a state directory as a detached process: the one that runs, or one started now. Resolves when it
 * answers. Throws an Error with the last lines of its log when it ends instead.
 */
export async function startDetached(options: StartOptions): Promise<DrydockStatus> {
  const running = await readStatus(options.directory);
  if (running) return running;
  makeWritable(options.directory);
  const logPath = join(options.directory, logFile);
  const log = openSync(logPath, "a", 0o600);
  const start = statSync(logPath).size;
  // Beside this file, as TypeScript and in the released bundle alike.
  const main = new URL(`main${extname(import.meta.url)}`, import.meta.url);
  const args = ["--disable-warning=ExperimentalWarning", fileURLToPath(main)];
  args.push("--directory", options.directory);
  if (options.port !== undefined) args.push("--port", String(options.port));
  if (options.region !== undefined) args.push("--region", options.region);
  if (options.accountId !== undefined) args.push("--account", options.accountId);
  if (options.runtime !== undefined) args.push("--runtime", options.runtime);
  if (options.timeScale !== undefined) args.push("--time-scale", String(options.timeScale));
  const child = spawn(process.execPath, args, {
    detached: true,
    stdio: ["ignore", log, log],
    cwd: options.directory,
    env: { ...process.env, ...compileCache() },
  });
  child.unref();
  let exited = false;
  child.once("exit", () => {
    exited = true;
  });
  const logged = () => readFileSync(logPath).subarray(start).toString().split("\n").filter(Boolean);
  const deadline = Date.now() + startTimeout;
  const lostDeadline = Date.now() + otherStartTimeout;
  while (Date.now() < deadline) {
    const status = await readStatus(options.directory);
    if (status) {
      // Another start was faster; this one's process must not take the directory over when that one ends.
      if (status.pid !== child.pid) child.kill("SIGKILL");
      return status;
    }
    // A second start at the same moment loses the directory's lock to the first, which then is the one to wait for.
    if (exited && !(Date.now() < lostDeadline && logged().some((line) => line.includes(lockedByAnother)))) break;
    await delay(20);
  }
  const lines = logged().slice(-5);
  if (child.signalCode !== null) lines.push(`It was killed by ${child.signalCode}.`);
  else if (!exited) lines.push(`It has not answered within ${startTimeout / 1000} s.`);
  throw new Error(`drydock did not start:\n${lines.join("\n")}`);
}

/** A full disk could not even take the log line that says so. */
function makeWritable(directory: string): void {
  const probe = join(directory, `.writable-${process.pid}`);
  try {
    mkdirSync(directory, { recursive: true, mode: 0o700 });
    writeProbe(probe);
  } catch (error) {
    const why = storageProblem(error) ?? (error as Error).message;
    throw new Error(`drydock did not start:\nThe state directory ${directory} can't be written: ${why}.`, {
      cause: error,
    });
  }
}

function writeProbe(path: string): void {
  try {
    writeFileSync(path, Buffer.alloc(64 * 1024), { mode: 0o600 });
  } finally {
    rmSync(path, { force: true });
  }
}

/** What this process has, so that drydock is stripped of its types and compiled once only. Tasks don't get its environment. */
function compileCache(): { NODE_COMPILE_CACHE?: string } {
  const versioned = getCompileCacheDir();
  return versioned === undefined ? {} : { NODE_COMPILE_CACHE: dirname(versioned) };
}

/** The drydock that runs on a state directory; undefined when none answers. */
export async function readStatus(directory: string): Promise<DrydockStatus | undefined> {
  let status: DrydockStatus;
  try {
    status = JSON.parse(readFileSync(join(directory, statusFile), "utf8"));
    process.kill(status.pid, 0);
  } catch {
    return undefined;
  }
  return (await answers(status)) ? status : undefined;
}

/** Ends the drydock of a state directory and everything it runs; its state stays. False when none was running. */
export async function stopDetached(directory: string): Promise<boolean> {
  const status = await readStatus(directory);
  if (!status) return false;
  process.kill(status.pid, "SIGTERM");
  const deadline = Date.now() + stopTimeout;
  while (isAlive(status.pid)) {
    if (Date.now() > deadline)
      throw new Error(`drydock (pid ${status.pid}) did not end within ${stopTimeout / 1000} s`);
    await delay(20);
  }
  return true;
}

/** A process id alone can have been given to another process; the region says who it is. */
async function answers(status: DrydockStatus): Promise<boolean> {
  try {
    const response = await fetch(new URL("/_drydock/status", status.endpoint), { signal: AbortSignal.timeout(5000) });
    const { pid } = (await response.json()) as { pid: number };
    return pid === status.pid;
  } catch {
    return false;
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

function delay(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}
