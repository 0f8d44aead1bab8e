import type { Platform } from "@fardel/oci";

/**
 * One app in one environment: the manifest with its defaults, overrides and units settled. A plain value (it survives
 * JSON), and all that infrastructure, images and releases read. Durations are whole seconds, as in the ECS and ELB APIs;
 * memory is MiB, storage GiB, CPU is CPU units (1024 = 1 vCPU). Records keep the order of the manifest.
 */
export interface App {
  name: string;
  /** The environment's name, such as `production`; `local` is the embedded region. */
  environment: string;
  region: string;
  /** The twelve digits a release must find itself in, or undefined where any account will do (always in `local`). */
  account: string | undefined;
  /** Name of the ECS cluster and of the stack that holds it; unless told, the environment's name. */
  cluster: string;
  /** May a release be made of some services only (`--only`)? */
  partial: boolean;
  /** Absolute: the directory of the manifest; every path in it is relative to here. */
  directory: string;
  images: Record<string, ImageBuild>;
  services: Record<string, Service>;
  tasks: Record<string, Task>;
  databases: Record<string, Database>;
  queues: Record<string, Queue>;
  release: ReleaseRules;
  /** Every key a person wrote, for errors found later: `whereWritten(app, "services.web.image")`. */
  written: WrittenKey[];
}

export interface ImageBuild {
  name: string;
  builder: "node" | "docker";
  /** Absolute: the directory that is built. */
  context: string;
  /** For `docker`: absolute path of the Dockerfile. */
  dockerfile: string | undefined;
  /** For `docker`: the stage to stop at. */
  target: string | undefined;
  /** For `docker`: build arguments. */
  args: Record<string, Text>;
  /** For `node`: registry reference of the image whose layers come first. */
  base: string | undefined;
  /** What the image is made for. In `local` the machine's own, unless `environments.local` says otherwise. */
  platform: Platform;
}

/** What every container has: a service's or task's own one, and each sidecar. */
export interface Container {
  name: string;
  image: ImageSource;
  /** Replaces the image's command (and, with the `node` builder, the start script); undefined leaves it. */
  command: string[] | undefined;
  env: Record<string, Text>;
  /** Environment variable → where ECS finds its value. */
  secrets: Record<string, SecretSource>;
  /** `"*"`: a JSON secret whose every key becomes an environment variable. */
  spread: SecretSource | undefined;
  /** Other containers of the same task to wait for. */
  dependsOn: Record<string, "START" | "COMPLETE" | "SUCCESS" | "HEALTHY">;
}

export interface Sidecar extends Container {
  /** Does the task stop when this container does? */
  essential: boolean;
  health: ContainerHealth | undefined;
}

/** A container health check as ECS runs it inside the container. */
export interface ContainerHealth {
  command: string[];
  intervalSeconds: number;
  timeoutSeconds: number;
  retries: number;
  startSeconds: number;
}

/** What services and tasks share: one task definition each. */
export interface Workload extends Container {
  /** 256 to 16384; together with `memoryMiB` one of Fargate's pairs. */
  cpuUnits: number;
  memoryMiB: number;
  architecture: "amd64" | "arm64";
  sidecars: Record<string, Sidecar>;
  /** From SIGTERM to SIGKILL, 2 to 120. */
  stopSeconds: number;
  /** Merged over what fardel registers; a base to start from when it was read from a file. */
  taskDefinition: TaskDefinitionPatch | undefined;
  /** Percentage of tasks on Fargate Spot: 0 is all on demand, 100 all spot. */
  spotPercent: number;
}

export type TaskDefinitionPatch =
  | { kind: "patch"; patch: Record<string, unknown> }
  /** Absolute path of a JSON file: the task definition that fardel's own is merged over. */
  | { kind: "base"; file: string };

export interface Service extends Workload {
  /** The port the container listens on. */
  port: number | undefined;
  /** Set for a service behind the load balancer. */
  route: Route | undefined;
  /** How a service without a route is found healthy; without it, by having run for a while. */
  containerHealth: ContainerHealth | undefined;
  scale: Scale;
  rollout: Rollout;
}

/** How the load balancer reaches a service. */
export interface Route {
  /** Host header pattern; undefined is every host. */
  host: string | undefined;
  /** Path pattern, such as `/*`. */
  path: string;
  /** The same as the service's. */
  port: number;
  health: Health;
}

/** The target group's health check and its neighbours. */
export interface Health {
  path: string;
  intervalSeconds: number;
  timeoutSeconds: number;
  /** Passing checks in a row before an unhealthy target is healthy again. */
  healthyThreshold: number;
  unhealthyThreshold: number;
  /** ECS ignores failing checks this long after a task's start. */
  graceSeconds: number;
  /** Deregistration delay: how long requests in flight may take to finish. */
  drainSeconds: number;
}

/** `min` equal to `max` is a fixed count; else at least one target is set. */
export interface Scale {
  min: number;
  max: number;
  /** Average CPU use to keep, per cent. */
  cpuPercent: number | undefined;
  memoryPercent: number | undefined;
  /** Requests per task and minute to keep. */
  requestsPerTask: number | undefined;
  /** Messages waiting per task to keep. */
  queue: { name: string; messagesPerTask: number } | undefined;
}

export interface Rollout {
  strategy: "rolling" | "blue-green" | "linear" | "canary";
  /** `manual`: waits for a person before production traffic. */
  approve: "automatic" | "manual";
  /** Must pass against the test address before production traffic; rolling: against the service's own, once it serves. */
  check: { kind: "path"; path: string } | { kind: "task"; task: string } | undefined;
  /** How long a gate waits, and what happens then. */
  gateSeconds: number;
  onGateTimeout: "roll-back" | "continue";
  /** How long the new revision is watched when it has all traffic; both revisions stay meanwhile, except with rolling. */
  bakeSeconds: number;
  /** Linear: traffic per step; canary: traffic of the first step. */
  stepPercent: number;
  stepSeconds: number;
  /** CloudWatch alarms that fail the rollout. */
  alarms: string[];
  /** Rolling: percentage of healthy new tasks at which the rollout counts as done. */
  earlySuccessPercent: number | undefined;
}

export interface Task extends Workload {
  schedule: { cron: string; timezone: string } | undefined;
}

export interface Database {
  name: string;
  engine: "postgres";
  /** Major, or major.minor. */
  version: string;
  /** RDS instance class. */
  instance: string;
  storageGiB: number;
  multiAz: boolean;
  /** Days automatic backups are kept; 0 is none. */
  backupDays: number;
}

export interface Queue {
  name: string;
  visibilitySeconds: number;
  /** Receives before a message moves to the dead-letter queue. */
  retries: number;
}

export interface ReleaseRules {
  /** Tasks run one after the other before any service changes. */
  before: string[];
  /** Tasks run when every old task has stopped. */
  after: string[];
  /** Names of services; every service is in exactly one wave. */
  waves: string[][];
  /** Services and tasks that a partial release may not part. */
  together: string[][];
  /** Templates such as `{environment}-{commit}`, for image tags. */
  tags: string[];
}

/** Either `images.<build>`, or an image somebody else built. */
export type ImageSource = { kind: "build"; build: string } | { kind: "registry"; reference: string };

/** Text, or text with parts that are known only once infrastructure or release are there; see `fillText`. */
export type Text = string | (string | Reference)[];

export type Reference =
  | { kind: "service"; name: string; attribute: "url" | "host" }
  | { kind: "queue"; name: string; attribute: "url" }
  | { kind: "release" }
  | { kind: "commit" };

export const databaseFields = ["url", "host", "port", "name", "user", "password"] as const;

export type SecretSource =
  | { kind: "database"; database: string; field: (typeof databaseFields)[number] }
  /** `secretName` is the name in Secrets Manager: `/<app>/<environment>/<name as written>`. */
  | { kind: "named"; name: string; secretName: string; jsonKey: string | undefined }
  /** A secret of Secrets Manager or a parameter of SSM (which has no JSON keys). */
  | { kind: "arn"; arn: string; jsonKey: string | undefined };

export interface WrittenKey {
  /** As if written at the top: `["services", "web", "scale", "min"]`; list items by index. */
  path: string[];
  /** Path in the file, such as `environments.production.services.web.scale.min`. */
  source: string;
  file: string;
  /** From 1; undefined for a manifest that is code. */
  line: number | undefined;
}
