import { accessSync, closeSync, constants, existsSync, openSync, readSync, statSync } from "node:fs";

/** What the kernel would see in a file it is asked to execute. */
export type ExecutableFormat =
  | { format: "elf"; machine: number; loader?: string }
  | { format: "script"; interpreter: string; argument?: string }
  | { format: "other" };

// e_machine of the ELF header, by Node's name of the architecture. https://refspecs.linuxfoundation.org/elf/gabi4+/ch4.eheader.html
const elfMachines: Partial<Record<NodeJS.Architecture, number>> = { x64: 62, arm64: 183 };
const programInterpreter = 3;
const headBytes = 4096;

/** True for a regular file with the right to execute it. */
export function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return statSync(file).isFile();
  } catch {
    return false;
  }
}

/** Reads the head of an executable file. */
export function inspectExecutable(file: string): ExecutableFormat {
  const head = readHead(file);
  if (head.subarray(0, 2).toString("latin1") === "#!") {
    const line = head.subarray(2).toString("utf8").split("\n", 1)[0] ?? "";
    const [, interpreter = "", argument] = /^\s*(\S+)\s*(.*?)\s*$/.exec(line) ?? [];
    return { format: "script", interpreter, ...(argument && { argument }) };
  }
  if (head.length >= 64 && head.subarray(0, 4).toString("latin1") === "\x7fELF") return inspectElf(head);
  return { format: "other" };
}

/**
 * Why this machine can't execute the file, in the kernel's words, or undefined when it can: a binary of another
 * architecture or system is an exec format error, one whose loader is missing (a musl binary on a glibc machine) is
 * "no such file or directory".
 */
export function executionObstacle(executable: ExecutableFormat): string | undefined {
  if (executable.format !== "elf") return undefined;
  if (process.platform !== "linux" || executable.machine !== elfMachines[process.arch]) return "exec format error";
  if (executable.loader && !existsSync(executable.loader)) return "no such file or directory";
  return undefined;
}

function inspectElf(head: Buffer): ExecutableFormat {
  const machine = head.readUInt16LE(18);
  if (head[4] !== 2) return { format: "elf", machine };
  const tableOffset = Number(head.readBigUInt64LE(32));
  const entrySize = head.readUInt16LE(54);
  const entries = head.readUInt16LE(56);
  for (let index = 0; index < entries; index++) {
    const at = tableOffset + index * entrySize;
    if (at + 40 > head.length) break;
    if (head.readUInt32LE(at) !== programInterpreter) continue;
    const start = Number(head.readBigUInt64LE(at + 8));
    const end = start + Number(head.readBigUInt64LE(at + 32)) - 1;
    if (end <= head.length) return { format: "elf", machine, loader: head.subarray(start, end).toString("utf8") };
  }
  return { format: "elf", machine };
}

function readHead(file: string): Buffer {
  const descriptor = openSync(file, "r");
  try {
    const buffer = Buffer.alloc(headBytes);
    return buffer.subarray(0, readSync(descriptor, buffer, 0, headBytes, 0));
  } finally {
    closeSync(descriptor);
  }
}
