import { accessSync, constants, existsSync } from "node:fs";
import { statfs } from "node:fs/promises";
import { createServer } from "node:net";
import { dirname } from "node:path";
import { readStatus } from "@fardel/drydock/control.ts";
import { formatBytes } from "../render/quantities.ts";
import { type Finding, failed, ok, skipped } from "./finding.ts";

const usualPort = 4566;
/** A PostgreSQL server and a few unpacked images. */
const neededBytes = 1e9;

export async function checkStateDirectory(directory: string): Promise<Finding> {
  const check = "state directory";
  const existing = nearestExisting(directory);
  try {
    accessSync(existing, constants.W_OK | constants.X_OK);
  } catch {
    return failed(
      check,
      `${existing} can't be written to`,
      "Make it yours, or set FARDEL_LOCAL_STATE to another directory.",
    );
  }
  const { bavail, bsize } = await statfs(existing);
  const free = bavail * bsize;
  return free < neededBytes
    ? failed(
        check,
        `${directory}: only ${formatBytes(free)} free`,
        "Make room, or set FARDEL_LOCAL_STATE to a directory on another disk.",
      )
    : ok(check, `${directory}, ${formatBytes(free)} free`);
}

function nearestExisting(directory: string): string {
  return existsSync(directory) ? directory : nearestExisting(dirname(directory));
}

export async function checkDrydock(directory: string): Promise<Finding> {
  const check = "drydock";
  const running = await readStatus(directory);
  if (running !== undefined) return ok(check, `answers at ${running.endpoint} (pid ${running.pid})`);
  if (await isFree(usualPort)) return ok(check, `not running; its port ${usualPort} is free`);
  // LocalStack and moto use the same one.
  return skipped(check, `not running; something else has port ${usualPort}, so it will take another`);
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once("error", () => resolve(false));
    server.listen(port, "127.0.0.1", () => server.close(() => resolve(true)));
  });
}
