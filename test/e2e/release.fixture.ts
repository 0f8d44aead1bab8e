import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  type App,
  type Aws,
  applyInfrastructure,
  connectAws,
  type DeployRequest,
  deploy,
  type EnvironmentDescriptor,
  type FardelEvent,
  loadBalancerUrl,
  loadManifest,
  type Origin,
  publishImages,
  type ReleaseOutcome,
  resolveApp,
} from "@fardel/core";
import { type Drydock, type DrydockOptions, startDrydock } from "@fardel/drydock";

/** What the app of these tests is made of; each test changes what it needs. */
interface ShopOptions {
  /** What web answers with. */
  text?: string;
  /** `crash`: web ends at its start; `unhealthy`: its health path answers 500. */
  mode?: "healthy" | "crash" | "unhealthy";
  /** How long web's checks may fail after its start; default 60s. */
  grace?: string;
  /** Exit code of the migration. */
  migration?: number;
  /** Lines for the manifest's `services.web`. */
  web?: string;
  worker?: boolean;
  /** Further services, as lines of the manifest. */
  more?: string;
}

const webSource = `
const { createServer } = require("node:http");
const { MODE, TEXT } = require("./settings.json");
console.log("web starts, with " + process.env.DATABASE_PASSWORD);
if (MODE === "crash") {
  console.error("Error: no such table: rows");
  process.exit(1);
}
const server = createServer((request, response) => {
  response.statusCode = request.url === "/healthz" && MODE === "unhealthy" ? 500 : 200;
  if (request.url === "/missing") response.statusCode = 404;
  response.setHeader("x-target", TEXT);
  setTimeout(() => response.end(TEXT), request.url === "/slow" ? 1000 : 0);
});
server.keepAliveTimeout = 65_000;
server.listen(process.env.PORT);
process.on("SIGTERM", () => server.close(() => process.exit(0)));
`;

const workerSource = `
setInterval(() => console.log("worked"), 500);
process.on("SIGTERM", () => process.exit(0));
`;

const migrateSource = `
const { MIGRATION } = require("./settings.json");
console.log("migrating");
if (MIGRATION !== 0) console.error("migration failed: column exists");
process.exitCode = MIGRATION;
`;

/** An embedded region and an app in a directory, deployed through the engine's own functions. */
export interface Shop {
  directory: string;
  drydock: Drydock;
  aws: Aws;
  descriptor: EnvironmentDescriptor;
  /** Where the load balancer answers. */
  url: string;
  write(options: ShopOptions): void;
  app(): Promise<App>;
  setUp(): Promise<void>;
  deploy(request?: Partial<DeployRequest>): Promise<{ outcome: ReleaseOutcome; events: FardelEvent[] }>;
  close(): Promise<void>;
}

export const origin: Origin = { actor: "ada", host: "laptop" };

export async function startShop(options: Partial<DrydockOptions> = {}): Promise<Shop> {
  const root = mkdtempSync(join(tmpdir(), "fardel-release-"));
  const directory = join(root, "shop");
  mkdirSync(directory);
  const drydock = await startDrydock({ directory: join(root, "state"), port: 0, ...options });
  const aws = connectAws({ environment: "local", region: drydock.region, endpoint: drydock.endpoint }, {});
  const shop: Shop = {
    directory,
    drydock,
    aws,
    descriptor: undefined as never,
    url: "",
    write: (changed) => writeShop(directory, changed),
    app: async () => resolveApp(await loadManifest(directory), "local", { defaultRegion: drydock.region }),
    async setUp() {
      shop.descriptor = await applyInfrastructure(await shop.app(), aws, () => {});
      shop.url = (await loadBalancerUrl(aws, shop.descriptor)) ?? "";
    },
    async deploy(request = {}) {
      const events: FardelEvent[] = [];
      const app = await shop.app();
      const emit = (event: FardelEvent) => void events.push(event);
      const { descriptor } = shop;
      const images: DeployRequest["images"] = (release, emit) =>
        publishImages(app, {
          repositories: descriptor.repositories,
          aws,
          cacheDirectory: join(root, "cache"),
          commit: origin.commit ?? "",
          release,
          emit,
          ...(request.only && { workloads: request.only }),
        });
      const outcome = await deploy({ app, aws, descriptor, images, origin, emit, ...request });
      return { outcome, events };
    },
    async close() {
      await drydock.close();
      rmSync(root, { recursive: true, force: true });
    },
  };
  return shop;
}

function writeShop(directory: string, options: ShopOptions): void {
  const { text = "one", mode = "healthy", migration = 0 } = options;
  const files = {
    "package.json": JSON.stringify({ name: "shop", version: "1.0.0", scripts: { start: "node web.cjs" } }),
    "web.cjs": webSource,
    "worker.cjs": workerSource,
    "migrate.cjs": migrateSource,
    "settings.json": JSON.stringify({ TEXT: text, MODE: mode, MIGRATION: migration }),
    "fardel.yaml": manifest(options),
  };
  for (const [name, content] of Object.entries(files)) writeFileSync(join(directory, name), content);
}

const workerManifest = `
  worker:
    image: app
    command: [node, worker.cjs]
    health: { command: [node, -e, "0"], interval: 5s, timeout: 20s }
`;

function manifest({ grace = "60s", web = "", worker = true, more = "" }: ShopOptions): string {
  return `app: shop
region: eu-west-1
images:
  app: { build: ., builder: node }
services:
  web:
    image: app
    command: [node, web.cjs]
    port: 8080
    route: { path: /* }
    health: { path: /healthz, interval: 5s, timeout: 2s, healthy: 2, unhealthy: 2, grace: ${grace}, drain: 2s }
    scale: 2
    secrets: { DATABASE_PASSWORD: database-password }
${web}
${worker ? workerManifest : ""}
${more}
tasks:
  migrate: { image: app, command: [node, migrate.cjs] }
release:
  before: [migrate]
`;
}

/** A second service behind the load balancer, with a path of its own: for `more`. */
export const apiService = `
  api:
    image: app
    command: [node, web.cjs]
    port: 8080
    route: { path: /api/* }
    health: { path: /healthz, interval: 5s, timeout: 2s, healthy: 2, unhealthy: 2, grace: 60s, drain: 2s }
`;
