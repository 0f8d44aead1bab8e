// What the processes of one drydock do, as the kernel tells: Linux only.
import { readdirSync, readFileSync, readlinkSync } from "node:fs";

/** Ids of the live processes that belong to a directory: they run in it, or it is in their arguments or variables. */
export function processesOf(directory: string): number[] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => pid !== process.pid)
    .filter((pid) =>
      [link(`/proc/${pid}/cwd`), file(`/proc/${pid}/cmdline`), file(`/proc/${pid}/environ`)].some((text) =>
        text.includes(directory),
      ),
    );
}

/** Arguments of a process, joined by spaces; empty when it has just ended. */
export function commandLineOf(pid: number): string {
  return file(`/proc/${pid}/cmdline`).replaceAll("\0", " ").trim();
}

/** Addresses that a process listens on, in the kernel's hexadecimal: `0100007F:11D6` is 127.0.0.1:4566. */
export function listeningAddresses(pid: number): string[] {
  const sockets = new Set(
    entries(`/proc/${pid}/fd`).flatMap(
      (entry) => /^socket:\[(\d+)\]$/.exec(link(`/proc/${pid}/fd/${entry}`))?.[1] ?? [],
    ),
  );
  const listening = "0A";
  return ["tcp", "tcp6"].flatMap((table) =>
    file(`/proc/net/${table}`)
      .split("\n")
      .slice(1)
      .flatMap((line) => {
        const [, local = "", , state, , , , , , inode = ""] = line.trim().split(/\s+/);
        return state === listening && sockets.has(inode) ? [local] : [];
      }),
  );
}

/** 127.0.0.0/8, or ::1: a group of the kernel's notation is a 32-bit word in the machine's (little-endian) order. */
export function isLoopbackAddress(address: string): boolean {
  return /^[0-9A-F]{6}7F:/.test(address) || address.startsWith("00000000000000000000000001000000:");
}

function file(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    // The process has ended since.
    return "";
  }
}

function link(path: string): string {
  try {
    return readlinkSync(path);
  } catch {
    return "";
  }
}

function entries(path: string): string[] {
  try {
    return readdirSync(path);
  } catch {
    return [];
  }
}
