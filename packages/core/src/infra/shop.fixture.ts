import type { App, Service, Task, Workload } from "../config/app.ts";

const workload: Omit<Workload, "name" | "image"> = {
  command: undefined,
  env: {},
  secrets: {},
  spread: undefined,
  dependsOn: {},
  cpuUnits: 256,
  memoryMiB: 512,
  architecture: "arm64",
  sidecars: {},
  stopSeconds: 30,
  taskDefinition: undefined,
  spotPercent: 0,
};

const web: Service = {
  ...workload,
  name: "web",
  image: { kind: "build", build: "web" },
  secrets: {
    DATABASE_URL: { kind: "database", database: "main", field: "url" },
    STRIPE_KEY: { kind: "named", name: "stripe-key", secretName: "/shop/production/stripe-key", jsonKey: undefined },
  },
  port: 8080,
  containerHealth: undefined,
  route: {
    host: undefined,
    path: "/*",
    port: 8080,
    health: {
      path: "/healthz",
      intervalSeconds: 5,
      timeoutSeconds: 2,
      healthyThreshold: 2,
      unhealthyThreshold: 3,
      graceSeconds: 30,
      drainSeconds: 10,
    },
  },
  scale: {
    min: 2,
    max: 2,
    cpuPercent: undefined,
    memoryPercent: undefined,
    requestsPerTask: undefined,
    queue: undefined,
  },
  rollout: {
    strategy: "rolling",
    approve: "automatic",
    check: undefined,
    gateSeconds: 3600,
    onGateTimeout: "roll-back",
    bakeSeconds: 0,
    stepPercent: 10,
    stepSeconds: 360,
    alarms: [],
    earlySuccessPercent: undefined,
  },
};

const worker: Service = {
  ...web,
  name: "worker",
  secrets: {},
  spread: { kind: "arn", arn: "arn:aws:ssm:eu-west-1:123456789012:parameter/shared", jsonKey: undefined },
  port: undefined,
  route: undefined,
};

const migrate: Task = {
  ...workload,
  name: "migrate",
  image: { kind: "registry", reference: "123456789012.dkr.ecr.eu-west-1.amazonaws.com/shared/migrate:1" },
  secrets: { DATABASE_URL: { kind: "database", database: "main", field: "url" } },
  schedule: undefined,
};

/** An app with one of everything that has infrastructure. */
export const shop: App = {
  name: "shop",
  environment: "production",
  region: "eu-west-1",
  account: "123456789012",
  cluster: "prod",
  partial: true,
  directory: "/shop",
  images: {
    web: {
      name: "web",
      builder: "node",
      context: "/shop",
      dockerfile: undefined,
      target: undefined,
      args: {},
      base: undefined,
      platform: { os: "linux", architecture: "arm64" },
    },
  },
  services: { web, worker },
  tasks: { migrate },
  databases: {
    main: {
      name: "main",
      engine: "postgres",
      version: "16",
      instance: "db.t4g.micro",
      storageGiB: 20,
      multiAz: true,
      backupDays: 7,
    },
  },
  queues: {},
  release: { before: ["migrate"], after: [], waves: [["web", "worker"]], together: [], tags: [] },
  written: [],
};

/** The same without anything optional: no image of its own, no route, no database. */
export const tinyShop: App = {
  ...shop,
  images: {},
  services: {
    worker: { ...worker, image: { kind: "registry", reference: "public.ecr.aws/docker/library/busybox:1" } },
  },
  tasks: {},
  databases: {},
};
