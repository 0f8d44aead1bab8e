import { homedir } from "node:os";
import { join } from "node:path";
import { FardelError } from "@fardel/core/errors.ts";
import {
  type DrydockStatus,
  defaultDirectory,
  readStatus,
  type StartOptions,
  startDetached,
  stopDetached,
} from "@fardel/drydock/control.ts";
import type { Output } from "./render/output.ts";

/** Where drydock keeps its state unless FARDEL_LOCAL_STATE names another directory. */
export function localDirectory(): string {
  return process.env.FARDEL_LOCAL_STATE || defaultDirectory();
}

/** Layers and installed packages, kept between builds: `$XDG_CACHE_HOME/fardel`, or `~/.cache/fardel`. */
export function cacheDirectory(): string {
  return join(process.env.XDG_CACHE_HOME || join(homedir(), ".cache"), "fardel");
}

/** The drydock of this user: the one that runs, or one that is started now, which is told. */
export async function ensureDrydock(
  output: Output,
  options: Omit<StartOptions, "directory"> = {},
): Promise<DrydockStatus> {
  const directory = localDirectory();
  const running = await readStatus(directory);
  if (running !== undefined) return running;
  const started = await startDrydock({ ...options, directory });
  output.note(`Started drydock, the embedded AWS region, at ${started.endpoint}.`);
  return started;
}

const doctor = "`fardel doctor` checks what it needs.";

/** By words of drydock's last lines. */
const remedies: [words: string, fix: string][] = [
  ["EADDRINUSE", "Stop what listens there, or start drydock on any free port: `fardel local start --port 0`."],
  [
    "can't be written",
    "Make room or make it writable, then run the command again; or name another directory in FARDEL_LOCAL_STATE.",
  ],
  [
    "can't be used",
    "`fardel local reset` removes it, and every local environment with it; the next start begins anew.",
  ],
  ["by a later fardel", "Update fardel, or name another directory in FARDEL_LOCAL_STATE."],
];

/** @throws FardelError with the end of drydock's log when it doesn't come up. */
export async function startDrydock(options: StartOptions): Promise<DrydockStatus> {
  try {
    return await startDetached(options);
  } catch (error) {
    const [what = "", ...log] = messageOf(error).split("\n");
    throw new FardelError("DrydockNotStarted", "drydock, the embedded AWS region, did not start.", {
      where: join(options.directory, "drydock.log"),
      why: log.length > 0 ? log.join("\n") : what,
      fix: remedies.find(([words]) => log.some((line) => line.includes(words)))?.[1] ?? doctor,
      cause: error,
    });
  }
}

/** @throws FardelError when it doesn't end. */
export async function stopDrydock(directory: string): Promise<boolean> {
  try {
    return await stopDetached(directory);
  } catch (error) {
    throw new FardelError("DrydockNotStopped", "drydock did not stop.", {
      where: directory,
      why: messageOf(error),
      fix: `Its log is ${join(directory, "drydock.log")}; \`kill -9\` ends it, and the next start puts things in order.`,
      cause: error,
    });
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
