import { spawn } from "node:child_process";
import { resolve } from "node:path";
import { expect } from "vitest";

const launcher = resolve(import.meta.dirname, "..", "packages", "cli", "bin", "fardel.js");

/** Variables of whoever runs the tests that would change what the command line does. */
const meddling = [
  "AWS_ENDPOINT_URL",
  "BITBUCKET_TAG",
  "CI",
  "CI_COMMIT_TAG",
  "FARDEL_LOCAL_STATE",
  "GITHUB_ACTOR",
  "GITHUB_REF",
  "GITLAB_USER_LOGIN",
];

/** Longer than any command takes; what hangs would hold its region's lock, and outlive the tests. */
const limit = { timeout: 300_000, killSignal: "SIGKILL" } as const;

export interface Ended {
  /** null when a signal ended it. */
  exitCode: number | null;
  signal: NodeJS.Signals | null;
  stdout: string;
  stderr: string;
  milliseconds: number;
}

/** Where a command runs, and what it sees. */
export interface CommandPlace {
  directory: string;
  /** Holds drydock's state and the cache: nothing of this user's own is read or written. */
  home: string;
  variables?: NodeJS.ProcessEnv;
  /** Told of all it has written to stderr so far, whenever that grows: for what has to be done while it runs. */
  onStderr?: (text: string) => void;
  /** Runs it in a terminal: told of all it has written to that, whenever it grows, and can press keys. Needs `script`. */
  atTerminal?: (text: string, press: (keys: string) => void) => void;
}

/** Runs `fardel` as a process, to its end. */
export function fardel(place: CommandPlace, ...args: string[]): Promise<Ended> {
  const { directory, home, variables, onStderr, atTerminal } = place;
  const env: NodeJS.ProcessEnv = { ...process.env, NO_COLOR: "1", XDG_STATE_HOME: home, XDG_CACHE_HOME: home };
  for (const name of meddling) delete env[name];
  const started = performance.now();
  const [program = "", ...rest] = atTerminal ? inTerminal(args) : [process.execPath, launcher, ...args];
  const terminal = atTerminal && { TERM: "xterm" };
  const child = spawn(program, rest, { ...limit, cwd: directory, env: { ...env, ...terminal, ...variables } });
  let stdout = "";
  let stderr = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    stdout += text;
    atTerminal?.(stdout, (keys) => void child.stdin.write(keys));
  });
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    stderr += text;
    onStderr?.(stderr);
  });
  return new Promise((settle, reject) => {
    child.once("error", reject);
    child.once("close", (exitCode, signal) =>
      settle({ exitCode, signal, stdout, stderr, milliseconds: performance.now() - started }),
    );
  });
}

/** `script` makes the terminal, of no size of its own, and hands on how the command has ended. */
function inTerminal(args: readonly string[]): string[] {
  const command = [process.execPath, launcher, ...args].map((word) => `'${word}'`).join(" ");
  return [
    "script",
    "--quiet",
    "--return",
    "--flush",
    "--command",
    `stty rows 40 cols 120; exec ${command}`,
    "/dev/null",
  ];
}

/** The same where it has to end well. */
export async function succeed(place: CommandPlace, ...args: string[]): Promise<Ended> {
  const ended = await fardel(place, ...args);
  expect(ended.exitCode, ended.stderr).toBe(0);
  return ended;
}

/** The last line of `--json`: what the command was asked for. */
export function resultOf({ stdout }: Pick<Ended, "stdout">) {
  return JSON.parse(stdout.trim().split("\n").at(-1) ?? "{}");
}
