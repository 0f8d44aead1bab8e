import type { ChildProcess } from "node:child_process";
import { mkdtempSync } from "node:fs";
import { dirname, join } from "node:path";
import { type Machine, printed } from "./machine.ts";

/** Something that answers AWS calls. */
export interface RunningRegion {
  process: ChildProcess;
  endpoint: string;
  /** Milliseconds from the start of the process to its first answer. */
  readyMs: number;
}

/** drydock as `fardel local start` runs it, on an empty state directory. */
export async function startDrydock(machine: Machine, ...more: string[]): Promise<RunningRegion> {
  const main = join(dirname(machine.fardel), "..", "dist", "main.js");
  const directory = mkdtempSync(join(machine.directory, "state-"));
  // What `fardel local start` hands on, so that the second start has nothing to compile.
  const env = { ...process.env, NODE_COMPILE_CACHE: join(machine.directory, "cache", "fardel", "compiled") };
  const args = ["--disable-warning=ExperimentalWarning", main, "--directory", directory, "--port", "0", ...more];
  return startRegion(machine, process.execPath, args, /ready on (http:\S+)/, env);
}

export async function startMoto(machine: Machine): Promise<RunningRegion> {
  return startRegion(machine, "moto_server", ["-H", "127.0.0.1", "-p", "0"], /Running on (http:\S+)/, process.env);
}

async function startRegion(
  machine: Machine,
  program: string,
  args: readonly string[],
  ready: RegExp,
  env: NodeJS.ProcessEnv,
): Promise<RunningRegion> {
  const started = performance.now();
  const child = machine.start(program, args, { env, stdio: ["ignore", "pipe", "pipe"] });
  const endpoint = await printed(child, ready);
  // Any answer will do: that the service is unknown takes no less of a region than another.
  await fetch(endpoint).then((response) => response.arrayBuffer());
  return { process: child, endpoint, readyMs: performance.now() - started };
}
