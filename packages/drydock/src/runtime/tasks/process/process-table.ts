import { execFile, execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { readdir, readFile } from "node:fs/promises";
import { setTimeout as wait } from "node:timers/promises";
import { promisify } from "node:util";

// Together two seconds: one that hangs in the kernel can't be helped.
const maximumSweeps = 200;
const sweepMilliseconds = 10;

/** Linux counts processor time in USER_HZ, which is 100 a second on every machine that Node runs on. */
const tickMilliseconds = 10;
let pageBytes: number | undefined;

/** True while the process, or with a negative number any process of the group, is there; a zombie counts. */
export function processExists(target: number): boolean {
  try {
    process.kill(target, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}

/** True while any process of the group lives. Zombies don't count: where nobody reaps orphans they stay for good. */
export async function groupIsAlive(group: number): Promise<boolean> {
  if (!processExists(-group)) return false;
  if (process.platform !== "linux") return true;
  for (const pid of await processIds()) {
    const text = await readFile(`/proc/${pid}/stat`, "utf8").catch(() => "");
    // pid (name) state ppid pgrp …; the name may hold anything. https://man7.org/linux/man-pages/man5/proc_pid_stat.5.html
    const [state, , member] = text.slice(text.lastIndexOf(")") + 2).split(" ");
    if (Number(member) === group && state !== "Z" && state !== "X") return true;
  }
  return false;
}

/**
 * Sends a signal to a process, or with a negative number to a group. One that is gone already is no error, nor is one that
 * has become another user's (set-user-ID) and takes no signal of ours.
 */
export function signalProcess(target: number, signal: NodeJS.Signals): void {
  try {
    process.kill(target, signal);
  } catch (error) {
    if (!["ESRCH", "EPERM"].includes((error as NodeJS.ErrnoException).code ?? "")) throw error;
  }
}

/** The command line of a process, arguments joined by spaces or NULs; undefined for one that is gone or a zombie. */
export function commandLine(pid: number): string | undefined {
  try {
    const text =
      process.platform === "linux"
        ? readFileSync(`/proc/${pid}/cmdline`, "utf8")
        : execFileSync("ps", ["-ww", "-o", "command=", "-p", String(pid)], { encoding: "utf8" });
    return text === "" ? undefined : text;
  } catch {
    return undefined;
  }
}

/**
 * Kills every process whose environment holds the entry `NAME=value`, however it left its process group, and waits until they are
 * gone. Only Linux shows environments; elsewhere a process that made a session of its own is not found.
 */
export async function killByEnvironment(entry: string): Promise<void> {
  if (process.platform !== "linux") return;
  for (let sweep = 0; sweep < maximumSweeps; sweep++) {
    const found = await findByEnvironment(entry);
    if (found.length === 0) return;
    for (const pid of found) signalProcess(pid, "SIGKILL");
    await wait(sweepMilliseconds);
  }
}

async function findByEnvironment(entry: string): Promise<number[]> {
  const found: number[] = [];
  for (const pid of await processIds()) {
    if (pid === process.pid) continue;
    const environment = await readFile(`/proc/${pid}/environ`, "utf8").catch(() => "");
    if (environment.split("\0").includes(entry)) found.push(pid);
  }
  return found;
}

export interface Usage {
  memoryBytes: number;
  cpuMilliseconds: number;
}

let underWay: Promise<Map<number, Usage>> | undefined;

/**
 * Resident memory and processor time of all processes of a group. Looking at one group costs what looking at all does, so
 * that those who ask at the same time are answered by the same look.
 */
export async function groupUsage(group: number): Promise<Usage> {
  underWay ??= (process.platform === "linux" ? usageFromProc() : usageFromPs()).finally(() => {
    underWay = undefined;
  });
  return (await underWay).get(group) ?? { memoryBytes: 0, cpuMilliseconds: 0 };
}

/** Linux tells hundredths of a second, ps only whole ones. https://man7.org/linux/man-pages/man5/proc_pid_stat.5.html */
async function usageFromProc(): Promise<Map<number, Usage>> {
  pageBytes ??= Number(execFileSync("getconf", ["PAGESIZE"], { encoding: "utf8" }));
  const groups = new Map<number, Usage>();
  for (const pid of await processIds()) {
    const text = await readFile(`/proc/${pid}/stat`, "utf8").catch(() => "");
    if (text === "") continue;
    const fields = text.slice(text.lastIndexOf(")") + 2).split(" ");
    // From the third field on: state ppid pgrp …; 14 to 17 are utime, stime and those of children that have ended, 24 is rss.
    const ticks = fields.slice(11, 15).reduce((sum, field) => sum + Number(field), 0);
    addUsage(groups, Number(fields[2]), Number(fields[21]) * pageBytes, ticks * tickMilliseconds);
  }
  return groups;
}

async function usageFromPs(): Promise<Map<number, Usage>> {
  const { stdout } = await promisify(execFile)("ps", ["-A", "-o", "pgid=,rss=,time="]);
  const groups = new Map<number, Usage>();
  for (const line of stdout.split("\n")) {
    const [group, kilobytes, time = ""] = line.trim().split(/\s+/);
    addUsage(groups, Number(group), Number(kilobytes) * 1024, processorTime(time));
  }
  return groups;
}

function addUsage(groups: Map<number, Usage>, group: number, memoryBytes: number, cpuMilliseconds: number): void {
  const before = groups.get(group) ?? { memoryBytes: 0, cpuMilliseconds: 0 };
  groups.set(group, {
    memoryBytes: before.memoryBytes + memoryBytes,
    cpuMilliseconds: before.cpuMilliseconds + cpuMilliseconds,
  });
}

/** `[[days-]hours:]minutes:seconds[.fraction]`, as ps prints it on Linux and macOS. */
function processorTime(text: string): number {
  const [clock = "", days = "0"] = text.split("-").reverse();
  const seconds = clock.split(":").reduce((total, part) => total * 60 + Number(part), 0);
  return (Number(days) * 86_400 + seconds) * 1000;
}

async function processIds(): Promise<number[]> {
  return (await readdir("/proc")).map(Number).filter(Number.isInteger);
}
