// The process that `fardel local start` leaves running. Its standard output is drydock.log in the state directory.
import { renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { statusFile } from "./control.ts";
import { startDrydock } from "./drydock.ts";
import type { TaskRuntime } from "./region.ts";

const { values } = parseArgs({
  options: {
    directory: { type: "string" },
    port: { type: "string" },
    region: { type: "string" },
    account: { type: "string" },
    runtime: { type: "string" },
    "time-scale": { type: "string" },
  },
});

function log(message: string): void {
  console.log(`${new Date().toISOString()} ${message}`);
}

async function main(directory: string): Promise<void> {
  const drydock = await startDrydock({
    directory,
    log,
    ...(values.port !== undefined && { port: Number(values.port) }),
    ...(values.region !== undefined && { region: values.region }),
    ...(values.account !== undefined && { accountId: values.account }),
    ...(values.runtime !== undefined && { runtime: values.runtime as TaskRuntime }),
    ...(values["time-scale"] !== undefined && { timeScale: Number(values["time-scale"]) }),
  });
  const { endpoint, region, accountId, runtime } = drydock;
  const path = join(directory, statusFile);
  writeFileSync(`${path}.new`, JSON.stringify({ endpoint, region, accountId, runtime, pid: process.pid }));
  renameSync(`${path}.new`, path);
  log(`ready on ${endpoint}`);

  let closing = false;
  const close = async (signal: string) => {
    if (closing) return;
    closing = true;
    log(`${signal}: closing`);
    rmSync(path, { force: true });
    await drydock.close();
    log("closed");
    process.exit(0);
  };
  for (const signal of ["SIGTERM", "SIGINT"]) process.on(signal, () => void close(signal));
}

// One request's failure must not take the tasks of every service down with the process.
process.on("unhandledRejection", (reason) => log(`unhandled rejection: ${(reason as Error)?.stack ?? reason}`));

main(values.directory ?? ".").catch((error: Error) => {
  log(`could not start: ${error.message}`);
  process.exit(1);
});
