import type { ContainerDefinition, KeyValuePair, RegisterTaskDefinitionRequest, Secret } from "@aws-sdk/client-ecs";
import type { Container, ContainerHealth, Reference, SecretSource, Service, Sidecar, Task } from "../../config/app.ts";
import { fillText } from "../../config/references.ts";
import { imageKey } from "../../images/needed-images.ts";
import type { EnvironmentDescriptor } from "../../infra/descriptor.ts";
import { familyName } from "../names.ts";
import type { ServiceAddress } from "../routing/addresses.ts";
import { type BaseDefinition, overBase, patched } from "./definition-merge.ts";

export type TaskDefinitionInput = RegisterTaskDefinitionRequest & { containerDefinitions: ContainerDefinition[] };

/** What a task definition depends on besides the manifest. */
export interface DefinitionContext {
  descriptor: EnvironmentDescriptor;
  /** Reference by digest, by `imageKey`. */
  images: ReadonlyMap<string, string>;
  /** ARN in Secrets Manager by secret name, for the manifest's named secrets. */
  secretArns: ReadonlyMap<string, string>;
  /** Keys of each JSON secret that is spread, by `spreadId`. */
  secretKeys: ReadonlyMap<string, readonly string[]>;
  /** By workload: the file that its task definition starts from. */
  bases: ReadonlyMap<string, BaseDefinition>;
  /** By service with a route. */
  addresses: Record<string, ServiceAddress>;
  /** Number of the release, for `${release}`. */
  release: number;
  /** For `${commit}`; empty when unknown. */
  commit: string;
}

/** What RegisterTaskDefinition is to be called with for a service or task, without its tags. The own container comes first. */
export function taskDefinition(workload: Service | Task, context: DefinitionContext): TaskDefinitionInput {
  const own = ownDefinition(workload, context);
  const base = context.bases.get(workload.name);
  if (base !== undefined) return overBase(own, base);
  return workload.taskDefinition?.kind === "patch" ? patched(own, workload.taskDefinition.patch) : own;
}

function ownDefinition(workload: Service | Task, context: DefinitionContext): TaskDefinitionInput {
  const { descriptor } = context;
  return {
    family: familyName(descriptor, workload.name),
    networkMode: "awsvpc",
    requiresCompatibilities: ["FARGATE"],
    cpu: String(workload.cpuUnits),
    memory: String(workload.memoryMiB),
    runtimePlatform: {
      operatingSystemFamily: "LINUX",
      cpuArchitecture: workload.architecture === "arm64" ? "ARM64" : "X86_64",
    },
    executionRoleArn: descriptor.roles.execution,
    taskRoleArn: descriptor.roles.task,
    containerDefinitions: [
      {
        ...container(workload, workload.name, context),
        essential: true,
        stopTimeout: workload.stopSeconds,
        ...portOf(workload),
        ...("containerHealth" in workload && healthCheckOf(workload.containerHealth)),
      },
      ...Object.values(workload.sidecars).map((sidecar) => sidecarContainer(sidecar, workload, context)),
    ],
  };
}

/** A sidecar has as long to stop as the task it stands beside. */
function sidecarContainer(sidecar: Sidecar, workload: Service | Task, context: DefinitionContext): ContainerDefinition {
  return {
    ...container(sidecar, workload.name, context),
    essential: sidecar.essential,
    stopTimeout: workload.stopSeconds,
    ...healthCheckOf(sidecar.health),
  };
}

function container(source: Container, workload: string, context: DefinitionContext): ContainerDefinition {
  const { descriptor, images } = context;
  const dependsOn = Object.entries(source.dependsOn).map(([containerName, condition]) => ({
    containerName,
    condition,
  }));
  return {
    name: source.name,
    image: images.get(imageKey(source.image)) ?? "",
    ...(source.command && { command: source.command }),
    ...(dependsOn.length > 0 && { dependsOn }),
    environment: environment(source, context),
    secrets: secrets(source, context),
    logConfiguration: {
      logDriver: "awslogs",
      options: {
        "awslogs-group": descriptor.logGroups[workload] ?? "",
        "awslogs-region": descriptor.region,
        "awslogs-stream-prefix": workload,
      },
    },
  };
}

function portOf(workload: Service | Task): Pick<ContainerDefinition, "portMappings"> {
  if (!("port" in workload) || workload.port === undefined) return {};
  return { portMappings: [{ containerPort: workload.port, protocol: "tcp" }] };
}

function healthCheckOf(health: ContainerHealth | undefined): Pick<ContainerDefinition, "healthCheck"> {
  if (health === undefined) return {};
  const { command, intervalSeconds, timeoutSeconds, retries, startSeconds } = health;
  return {
    healthCheck: {
      command: ["CMD", ...command],
      interval: intervalSeconds,
      timeout: timeoutSeconds,
      retries,
      startPeriod: startSeconds,
    },
  };
}

/** Sorted, so that the order in the manifest makes no difference. PORT tells an app where it is expected to listen. */
function environment(source: Container, context: DefinitionContext): KeyValuePair[] {
  const port = "port" in source && typeof source.port === "number" ? String(source.port) : undefined;
  const written = Object.fromEntries(
    Object.entries(source.env).map(([name, text]) => [name, fillText(text, (part) => valueFor(part, context))]),
  );
  const preset: Record<string, string> = port !== undefined && source.secrets.PORT === undefined ? { PORT: port } : {};
  return byName({ ...preset, ...written }).map(([name, value]) => ({ name, value }));
}

/** What is written by name wins over a key of the spread secret: a variable may be there once only. */
function secrets(source: Container, context: DefinitionContext): Secret[] {
  const { spread } = source;
  const keys = spread === undefined ? [] : (context.secretKeys.get(spreadId(spread)) ?? []);
  const fromSpread = keys
    .filter(
      (key) => !Object.hasOwn(source.env, key) && !("port" in source && source.port !== undefined && key === "PORT"),
    )
    .map((key) => [key, { ...spread, jsonKey: key }] as [string, SecretSource]);
  const all = { ...Object.fromEntries(fromSpread), ...source.secrets };
  return byName(all).map(([name, secret]) => ({ name, valueFrom: valueFrom(secret, context) }));
}

/** By what the keys of a spread secret are found: its name or ARN. */
export function spreadId(source: SecretSource): string {
  if (source.kind === "named") return source.secretName;
  return source.kind === "arn" ? source.arn : databaseReference(source);
}

/**
 * `<ARN>` or, for one key of a JSON secret, `<ARN>:<key>::` (version stage and id left to Secrets Manager).
 * https://docs.aws.amazon.com/AmazonECS/latest/developerguide/secrets-envvar-secrets-manager.html
 */
function valueFrom(secret: SecretSource, { descriptor, secretArns }: DefinitionContext): string {
  if (secret.kind === "database") return descriptor.secrets[databaseReference(secret)] ?? "";
  const arn = secret.kind === "arn" ? secret.arn : (secretArns.get(secret.secretName) ?? "");
  return secret.jsonKey === undefined ? arn : `${arn}:${secret.jsonKey}::`;
}

/** The descriptor's key for a field of a database. */
export function databaseReference({ database, field }: Extract<SecretSource, { kind: "database" }>): string {
  return `databases.${database}.${field}`;
}

function valueFor(reference: Reference, { descriptor, addresses, release, commit }: DefinitionContext): string {
  switch (reference.kind) {
    case "service":
      return addresses[reference.name]?.[reference.attribute] ?? "";
    case "release":
      return String(release);
    case "commit":
      return commit;
    case "queue":
      return descriptor.queues[reference.name] ?? "";
  }
}

function byName<Value>(record: Record<string, Value>): [string, Value][] {
  return Object.entries(record).sort(([a], [b]) => (a < b ? -1 : 1));
}
