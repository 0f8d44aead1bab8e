import { cpSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type Aws, connectAws, type EnvironmentDescriptor, readDescriptor } from "@fardel/core";
import type { Machine } from "./machine.ts";

const manifest = `
app: shop
region: eu-west-1
images: { app: { build: . } }
services:
  web:
    image: app
    command: [node, server.js]
    port: 3000
    route: { path: /* }
    health: { path: /healthz, interval: 5s, timeout: 2s, healthy: 2, drain: 4s }
`;

/** A web service with the quickstart's dependencies, released by the packed CLI to a drydock of its own. */
export interface Shop {
  directory: string;
  aws: Aws;
  endpoint: string;
  descriptor: EnvironmentDescriptor;
  /** Changes one line of its source. */
  change(): void;
  fardel(...args: string[]): Promise<string>;
  close(): Promise<void>;
}

export async function openShop(machine: Machine): Promise<Shop> {
  const directory = join(machine.directory, "shop");
  const state = join(machine.directory, "shop-state");
  mkdirSync(directory);
  const quickstart = join(import.meta.dirname, "..", "examples", "quickstart");
  for (const name of ["package.json", "package-lock.json"]) cpSync(join(quickstart, name), join(directory, name));
  writeFileSync(join(directory, "fardel.yaml"), manifest);
  let changes = 0;
  const change = () => writeFileSync(join(directory, "server.js"), server(`change ${++changes}`));
  const fardel = (...args: string[]) => machine.cli(args, directory, state);
  const close = async () => void (await fardel("local", "stop"));
  change();
  try {
    await fardel("local", "start", "--port", "0");
    await fardel("up");
    const { endpoint, region, accountId } = JSON.parse(await fardel("local", "status", "--json"));
    const aws = connectAws({ environment: "local", region, accountId, endpoint });
    return { directory, aws, endpoint, descriptor: await readDescriptor(aws, "shop", "local"), change, fardel, close };
  } catch (error) {
    await close();
    throw error;
  }
}

function server(text: string): string {
  return `import { createServer } from "node:http";
const server = createServer((request, response) => response.end("${text}\\n"));
server.keepAliveTimeout = 65_000;
server.listen(process.env.PORT);
process.on("SIGTERM", () => server.close(() => process.exit(0)));
`;
}
