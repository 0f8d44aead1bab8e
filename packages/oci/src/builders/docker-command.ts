import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import type { Readable } from "node:stream";
import { text } from "node:stream/consumers";
import { OciError } from "../errors.ts";

/** What a failure still shows of what docker said. */
const keptLines = 30;

/**
 * Runs `docker` and tells what it says, line by line. The command and not the engine's API, because it knows where the
 * engine is (contexts, DOCKER_HOST, ssh), brings BuildKit and its caches, and reads `.dockerignore` and logins.
 *
 * @throws OciError `docker-missing`, `docker-failed` with docker's last lines.
 */
export async function runDocker(args: string[], onLine: (line: string) => void): Promise<void> {
  const { stdout, stderr, ended } = startDocker(args);
  const lines: string[] = [];
  for (const stream of [stdout, stderr])
    createInterface({ input: stream }).on("line", (line) => {
      if (line.trim() === "") return;
      lines.push(line);
      onLine(line);
    });
  const code = await ended;
  if (code !== 0) throw failed(args, code, lines.slice(-keptLines).join("\n"));
}

/** Runs `docker` and hands what it writes to `read`, whole or as it comes. Throws as `runDocker`. */
export async function readDocker<T>(
  args: string[],
  read: (output: AsyncIterable<Uint8Array>) => Promise<T>,
): Promise<T> {
  const { stdout, stderr, ended } = startDocker(args);
  const said = text(stderr);
  const reading = read(stdout).finally(() => stdout.resume());
  // What docker says of its end explains why its output was cut short, so it comes first.
  const [code] = await Promise.all([ended, reading.catch(() => {})]);
  if (code !== 0) throw failed(args, code, (await said).trim());
  return reading;
}

/**
 * Asks for the engine.
 *
 * @throws OciError `docker-missing` without the command, `docker-engine` when no engine answers it.
 */
export async function checkEngine(): Promise<void> {
  try {
    await readDocker(["version", "--format", "{{.Server.Version}}"], text);
  } catch (error) {
    if (!(error instanceof OciError) || error.code === "docker-missing") throw error;
    const [, ...said] = error.message.split("\n");
    throw new OciError(
      "docker-engine",
      ["No container engine answers, which building with a Dockerfile needs.", ...said].join("\n"),
      { fix: `Start Docker, or build without it: ${withoutEngine}`, cause: error },
    );
  }
}

const withoutEngine = "`builder: node` makes an image of a Node app and needs no engine.";

interface RunningDocker {
  stdout: Readable;
  stderr: Readable;
  /** Exit code, or the signal that ended it. */
  ended: Promise<number | string | null>;
}

function startDocker(args: string[]): RunningDocker {
  // Otherwise newer engines wrap each image into an index, with a statement of how it was built.
  const env = { ...process.env, BUILDX_NO_DEFAULT_ATTESTATIONS: "1" };
  const docker = spawn("docker", args, { env, stdio: ["ignore", "pipe", "pipe"] });
  const ended = new Promise<number | string | null>((resolve, reject) => {
    docker.once("error", (cause: NodeJS.ErrnoException) => reject(notStarted(cause)));
    docker.once("close", (exitCode, signal) => resolve(exitCode ?? signal));
  });
  return { stdout: docker.stdout, stderr: docker.stderr, ended };
}

function failed([command]: string[], code: number | string | null, said: string): OciError {
  return new OciError("docker-failed", `docker ${command} failed (${code}):\n${said}`);
}

function notStarted(cause: NodeJS.ErrnoException): OciError {
  if (cause.code !== "ENOENT")
    return new OciError("docker-failed", `docker could not be started: ${cause.message}.`, { cause });
  return new OciError("docker-missing", "There is no docker on the PATH, which building with a Dockerfile needs.", {
    fix: `Install Docker and start it, or build without it: ${withoutEngine}`,
    cause,
  });
}
