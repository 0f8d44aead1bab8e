import { spawn } from "node:child_process";
import type { TestProject } from "vitest/node";

declare module "vitest" {
  interface ProvidedContext {
    /** Where moto answers; empty when it isn't installed. */
    moto: string;
  }
}

/** One moto for all files of a run, on a port of its own choice. `moto_server` may be a shim without a program behind it. */
export default async function setup(project: TestProject): Promise<(() => void) | undefined> {
  const server = spawn("moto_server", ["-H", "127.0.0.1", "-p", "0"], {
    env: { ...process.env, MOTO_IAM_LOAD_MANAGED_POLICIES: "true" },
    stdio: ["ignore", "ignore", "pipe"],
  });
  const endpoint = await new Promise<string>((resolve) => {
    let printed = "";
    server.on("error", () => resolve(""));
    server.on("exit", () => resolve(""));
    server.stderr.on("data", (chunk) => {
      printed += chunk;
      const address = /Running on (http:\/\/127\.0\.0\.1:\d+)/.exec(printed)?.[1];
      if (address) resolve(address);
    });
  });
  project.provide("moto", endpoint);
  // moto logs every request: what is written must go somewhere, or the pipe fills and moto stands still.
  server.stderr.resume();
  return endpoint === "" ? undefined : () => void server.kill();
}
