import { type ChildProcess, spawn } from "node:child_process";
import { chownSync, existsSync, openSync, readFileSync } from "node:fs";
import { mkdir, readdir, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { join } from "node:path";
import pg from "pg";
import { killByEnvironment } from "../tasks/process/process-table.ts";
import { postgresBinaries } from "./binaries.ts";

export interface PostgresOptions {
  /** Holds `data/` and `postgres.log`. */
  directory: string;
  version: string;
  port: number;
  /** Of the role `rdsadmin`, the cluster's superuser, which is drydock's own as it is AWS's on RDS. */
  adminPassword: string;
  parameters?: Record<string, string>;
}

export const adminRole = "rdsadmin";

/** A server could not start because another process listens on its port. */
export class PortTaken extends Error {
  constructor(port: number) {
    super(`another process listens on port ${port} of 127.0.0.1`);
  }
}

// PostgreSQL refuses to run as root. Then it runs as this user; CAP_DAC_OVERRIDE lets it into the 0700 state directory, and
// no_setuid_fixup lets access(2), by which it looks for its own programs, count that capability.
const nobody = 65534;
const dropRoot = [
  "setpriv",
  `--reuid=${nobody}`,
  `--regid=${nobody}`,
  "--clear-groups",
  "--inh-caps=-all,+dac_override",
  "--ambient-caps=-all,+dac_override",
  "--securebits=+no_setuid_fixup",
];

/** In the environment of initdb and of what it starts, with the server's directory. */
const initdbVariable = "DRYDOCK_INITDB";

/** Makes the data directory of a new cluster. */
export async function initialise(options: PostgresOptions): Promise<void> {
  const data = dataDirectory(options);
  await mkdir(data, { recursive: true, mode: 0o700 });
  giveUpOwnership(data);
  const { initdb } = await postgresBinaries(options.version);
  const flags = ["--auth=scram-sha-256", "--encoding=UTF8", "--locale=C", "--no-sync", "--no-instructions"];
  // initdb takes the password from a file only; it is there for as long as initdb runs.
  const passwordFile = join(options.directory, "admin-password");
  await writeFile(passwordFile, options.adminPassword, { mode: 0o600 });
  try {
    const argv = ["--pgdata", data, "--username", adminRole, "--pwfile", passwordFile, ...flags];
    await runToEnd(initdb, argv, { [initdbVariable]: options.directory });
  } finally {
    await rm(passwordFile, { force: true });
  }
}

/**
 * Starts the server, or finds it still running after a restart of drydock, and resolves when it takes connections.
 * It is its own process group: it outlives a kill -9 of drydock. Throws PortTaken.
 */
export async function start(options: PostgresOptions): Promise<void> {
  if (runningPid(options) === undefined) {
    const { postgres } = await postgresBinaries(options.version);
    const log = openSync(join(options.directory, "postgres.log"), "a", 0o600);
    const settings = {
      listen_addresses: "127.0.0.1",
      port: String(options.port),
      unix_socket_directories: "",
      shared_buffers: "32MB",
      // A failing CREATE ROLE would put its statement, password included, into the log.
      log_min_error_statement: "panic",
      ...options.parameters,
    };
    const flags = Object.entries(settings).flatMap(([name, value]) => ["-c", `${name}=${value}`]);
    const child = spawnUnprivileged(postgres, ["-D", dataDirectory(options), ...flags], {
      detached: true,
      stdio: ["ignore", log, log],
    });
    await startedOrExited(options, child);
    child.unref();
    return;
  }
  await waitUntilReady(options);
}

/**
 * Stops the server with a fast shutdown (SIGINT): open transactions are rolled back, nothing committed is lost. An initdb
 * that a drydock has left behind when it was killed would go on filling the directory: it is killed.
 */
export async function stop(options: Pick<PostgresOptions, "directory">): Promise<void> {
  await killByEnvironment(`${initdbVariable}=${options.directory}`);
  const pid = runningPid(options);
  if (pid === undefined) return;
  process.kill(pid, "SIGINT");
  const deadline = Date.now() + 30_000;
  while (runningPid(options) !== undefined) {
    if (Date.now() > deadline) process.kill(pid, "SIGQUIT");
    await delay(20);
  }
}

/** Runs statements as the superuser. */
export async function asAdmin<R>(
  options: PostgresOptions,
  database: string,
  work: (client: pg.Client) => Promise<R>,
): Promise<R> {
  const client = new pg.Client({
    host: "127.0.0.1",
    port: options.port,
    user: adminRole,
    password: options.adminPassword,
    database,
  });
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}

/** The wanted port when nothing listens there, otherwise any free one. */
export function freePort(wanted: number): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.once("error", () => (wanted === 0 ? reject(new Error("no free port")) : resolve(freePort(0))));
    probe.listen(wanted, "127.0.0.1", () => {
      const { port } = probe.address() as { port: number };
      probe.close(() => resolve(port));
    });
  });
}

function dataDirectory({ directory }: Pick<PostgresOptions, "directory">): string {
  return join(directory, "data");
}

/** The postmaster's pid from its lock file, when that process lives and is a postmaster's. */
function runningPid(options: Pick<PostgresOptions, "directory">): number | undefined {
  try {
    // The postmaster removes it as it ends, and with it goes what /proc tells: both may be at any moment.
    const pid = Number(readFileSync(join(dataDirectory(options), "postmaster.pid"), "utf8").split("\n")[0]);
    process.kill(pid, 0);
    // Where there is no /proc, a live process with the lock file's pid is taken for the postmaster, as pg_ctl does.
    if (!existsSync("/proc/self/cmdline")) return pid;
    return readFileSync(`/proc/${pid}/cmdline`, "utf8").includes("postgres") ? pid : undefined;
  } catch {
    return undefined;
  }
}

async function startedOrExited(options: PostgresOptions, child: ChildProcess): Promise<void> {
  const ended = new AbortController();
  const exited = new Promise<never>((_resolve, reject) => {
    child.once("error", (error) => reject(unprivilegedError(error)));
    child.once("exit", (code) => reject(exitError(options, code)));
  }).finally(() => ended.abort());
  await Promise.race([exited, waitUntilReady(options, ended.signal)]);
}

async function waitUntilReady(options: PostgresOptions, given?: AbortSignal): Promise<void> {
  const deadline = Date.now() + 60_000;
  for (;;) {
    try {
      await asAdmin(options, "postgres", (client) => client.query("SELECT 1"));
      return;
    } catch (error) {
      if (given?.aborted || Date.now() > deadline) throw error;
      await delay(25);
    }
  }
}

function exitError(options: PostgresOptions, code: number | null): Error {
  const lines = lastLogLines(options);
  if (/could not (bind|create any TCP)/.test(lines)) return new PortTaken(options.port);
  return new Error(`postgres exited with code ${code}: ${lines}`);
}

function lastLogLines({ directory }: PostgresOptions): string {
  const path = join(directory, "postgres.log");
  return existsSync(path) ? readFileSync(path, "utf8").trim().split("\n").slice(-4).join(" / ") : "no log";
}

function giveUpOwnership(path: string): void {
  if (process.getuid?.() === 0) chownSync(path, nobody, nobody);
}

function spawnUnprivileged(
  command: string,
  args: string[],
  options: object,
  variables: Record<string, string> = {},
): ChildProcess {
  const [program = command, ...rest] = process.getuid?.() === 0 ? [...dropRoot, command, ...args] : [command, ...args];
  return spawn(program, rest, { env: { PATH: process.env.PATH, LC_ALL: "C", TZ: "UTC", ...variables }, ...options });
}

function unprivilegedError(error: Error): Error {
  if ((error as NodeJS.ErrnoException).code !== "ENOENT" || process.getuid?.() !== 0) return error;
  return new Error("PostgreSQL can't run as root, and setpriv (util-linux), which would drop root, is not installed");
}

function runToEnd(command: string, args: string[], variables: Record<string, string>): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = spawnUnprivileged(command, args, { stdio: ["ignore", "ignore", "pipe"] }, variables);
    let errors = "";
    child.stderr?.on("data", (chunk) => {
      errors += chunk;
    });
    child.once("error", (error) => reject(unprivilegedError(error)));
    child.once("close", (code) => (code === 0 ? resolve() : reject(new Error(`${command} failed: ${errors.trim()}`))));
  });
}

/** Makes a copied directory the server's own again: copying as root gave it to root. */
export async function adopt(directory: string): Promise<void> {
  giveUpOwnership(join(directory, "data"));
  for (const entry of await readdir(join(directory, "data"), { recursive: true })) {
    giveUpOwnership(join(directory, "data", entry));
  }
}

/** Writes what a copied data directory needs to be recovered from a backup taken while the server ran. */
export async function writeBackupLabel(directory: string, label: string): Promise<void> {
  const path = join(directory, "data", "backup_label");
  await writeFile(path, label, { mode: 0o600 });
  giveUpOwnership(path);
}

function delay(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}
