import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { request } from "node:http";
import { homedir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { type Finding, failed, ok, skipped } from "./finding.ts";

const run = promisify(execFile);
const patience = 5_000;

export function checkNode(): Finding {
  // An older one never gets here: see bin/fardel.js.
  return ok("Node", `${process.versions.node} at ${process.execPath}`);
}

/** Images of Node apps are made from what npm installs. */
export async function checkNpm(): Promise<Finding[]> {
  try {
    const { stdout: version } = await run("npm", ["--version"], { timeout: patience });
    return [ok("npm", version.trim()), await checkRegistry()];
  } catch {
    return [failed("npm", "can't be run", "Install it (it comes with Node), and have it on the PATH.")];
  }
}

async function checkRegistry(): Promise<Finding> {
  const check = "npm registry";
  try {
    const { stdout } = await run("npm", ["ping", "--json"], { timeout: 2 * patience });
    const { registry, time } = JSON.parse(stdout) as { registry: string; time: number };
    return ok(check, `${registry} answers in ${time} ms`);
  } catch (error) {
    const reason = /npm error (?!code)(.+)/.exec(String((error as { stderr?: string }).stderr))?.[1];
    return failed(
      check,
      `does not answer${reason ? `: ${reason}` : ""}`,
      "Images whose packages aren't cached yet can't be built. Check the network, and `npm config get registry`.",
    );
  }
}

export async function checkGit(directory: string): Promise<Finding> {
  try {
    const { stdout } = await run("git", ["log", "-1", "--format=%h %s"], { cwd: directory, timeout: patience });
    return ok("Git", stdout.trim());
  } catch {
    return skipped("Git", "no commit to be read here; releases are recorded without one");
  }
}

/** Nothing needs a container engine yet; what is there is told. */
export async function checkDocker(): Promise<Finding> {
  const check = "Docker";
  const socket = [
    process.env.DOCKER_HOST?.replace(/^unix:\/\//, ""),
    "/var/run/docker.sock",
    join(homedir(), ".docker/run/docker.sock"),
  ].find((path) => path?.startsWith("/") && existsSync(path));
  if (socket === undefined) return skipped(check, "no engine found; none is needed");
  const version = await engineVersion(socket);
  return version === undefined
    ? skipped(check, `no answer at ${socket}; none is needed`)
    : ok(check, `engine ${version} at ${socket}`);
}

function engineVersion(socketPath: string): Promise<string | undefined> {
  return new Promise((resolve) => {
    const sent = request({ socketPath, path: "/version", timeout: patience }, async (response) => {
      const chunks: Buffer[] = [];
      for await (const chunk of response) chunks.push(chunk as Buffer);
      try {
        resolve((JSON.parse(Buffer.concat(chunks).toString("utf8")) as { Version?: string }).Version);
      } catch {
        // Something else listens there.
        resolve(undefined);
      }
    });
    sent.on("timeout", () => sent.destroy());
    sent.on("error", () => resolve(undefined));
    sent.end();
  });
}

/** AWS refuses requests signed more than five minutes off; drydock doesn't mind. */
const toleratedSkew = 5 * 60_000;

export async function checkClock(): Promise<Finding> {
  const check = "clock";
  try {
    const response = await fetch("https://sts.amazonaws.com", {
      method: "HEAD",
      redirect: "manual",
      signal: AbortSignal.timeout(patience),
    });
    const skew = Date.now() - Date.parse(response.headers.get("date") ?? "");
    if (Number.isNaN(skew)) return skipped(check, "AWS gave no time to compare with");
    const seconds = Math.round(Math.abs(skew) / 1000);
    return Math.abs(skew) < toleratedSkew
      ? ok(check, `${seconds} s off AWS's`)
      : failed(
          check,
          `${seconds} s off AWS's`,
          "AWS refuses requests more than five minutes off: switch the synchronisation of time on.",
        );
  } catch {
    return skipped(check, "AWS can't be reached to compare with");
  }
}
