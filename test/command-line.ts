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
}

/** Runs `fardel` as a process, to its end. */
export function fardel({ directory, home, variables, onStderr }: CommandPlace, ...args: string[]): Promise<Ended> {
  const env: NodeJS.ProcessEnv = { ...process.env, NO_COLOR: "1", XDG_STATE_HOME: home, XDG_CACHE_HOME: home };
  for (const name of meddling) delete env[name];
  const started = performance.now();
  const child = spawn(process.execPath, [launcher, ...args], { cwd: directory, env: { ...env, ...variables } });
  let stdout = "";
  let stderr = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    stdout += text;
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
