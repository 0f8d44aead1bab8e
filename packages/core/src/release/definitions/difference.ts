import { isDeepStrictEqual } from "node:util";
import type { ContainerDefinition, HealthCheck, PortMapping, TaskDefinition } from "@aws-sdk/client-ecs";
import type { TaskDefinitionInput } from "./task-definitions.ts";

/** One value that differs. */
export interface Difference {
  /** Such as `web.environment.LOG_LEVEL` (a container's name first), `cpu`, or `service.desiredCount`. */
  path: string;
  /** Undefined where there was none. */
  before: unknown;
  after: unknown;
}

export type Comparable = { [key: string]: Comparable | string | number | boolean | string[] };

/** What DescribeTaskDefinition says of a definition besides what was registered. */
export const saidByEcs = [
  "taskDefinitionArn",
  "revision",
  "status",
  "requiresAttributes",
  "compatibilities",
  "registeredAt",
  "registeredBy",
  "deregisteredAt",
];

/** What RegisterTaskDefinition stores without having been asked, or says of the definition instead of in it. */
const notCompared = new Set([...saidByEcs, "enableFaultInjection"]);

/**
 * What is different between a registered task definition and one to be registered; none, and registering would only make
 * a copy. What ECS completes a definition by, and the order of what has no order, makes no difference.
 */
export function definitionDifferences(before: TaskDefinition | undefined, after: TaskDefinitionInput): Difference[] {
  return differences(before === undefined ? {} : comparable(before), comparable(after));
}

/** Path by path, in alphabetical order. */
export function differences(before: Comparable, after: Comparable, prefix = ""): Difference[] {
  const keys = [...new Set([...Object.keys(before), ...Object.keys(after)])].sort();
  return keys.flatMap((key) => {
    const [old, now] = [before[key], after[key]];
    const path = prefix === "" ? key : `${prefix}.${key}`;
    if (isMap(old) || isMap(now)) return differences(isMap(old) ? old : {}, isMap(now) ? now : {}, path);
    return isDeepStrictEqual(old, now) ? [] : [{ path, before: old, after: now }];
  });
}

function comparable({ containerDefinitions = [], ...definition }: TaskDefinition | TaskDefinitionInput): Comparable {
  const sized = { ...definition, cpu: units(definition.cpu), memory: units(definition.memory) };
  const rest = Object.fromEntries(Object.entries(sized).filter(([key]) => !notCompared.has(key)));
  const containers = containerDefinitions.map((each): [string, unknown] => [each.name ?? "", container(each)]);
  return (plain({ ...rest, ...Object.fromEntries(containers) }) ?? {}) as Comparable;
}

/** Lists with names become maps, so that a difference is told by name; ECS's defaults go. */
function container({ name: _, ...definition }: ContainerDefinition): unknown {
  const { cpu, essential = true, portMappings = [], environment = [], secrets = [], ...more } = definition;
  const { dependsOn = [], ulimits = [], mountPoints = [], healthCheck, ...rest } = more;
  return {
    ...rest,
    essential,
    // "If you don't set it, 0 is used", which is no limit within the task's.
    cpu: cpu === 0 ? undefined : cpu,
    environment: Object.fromEntries(environment.map(({ name = "", value }) => [name, value])),
    secrets: Object.fromEntries(secrets.map(({ name = "", valueFrom }) => [name, valueFrom])),
    dependsOn: Object.fromEntries(dependsOn.map(({ containerName = "", condition }) => [containerName, condition])),
    ulimits: Object.fromEntries(ulimits.map(({ name = "", softLimit, hardLimit }) => [name, { softLimit, hardLimit }])),
    mountPoints: Object.fromEntries(
      mountPoints.map(({ containerPath = "", readOnly = false, ...mount }) => [containerPath, { ...mount, readOnly }]),
    ),
    portMappings: portMappings.map(port).sort(),
    healthCheck: healthCheck && checked(healthCheck),
  };
}

/** Without the host's port, which with `awsvpc` is the container's. */
function port({ containerPort, containerPortRange, protocol = "tcp", name, appProtocol }: PortMapping): string {
  return [`${containerPort ?? containerPortRange}/${protocol}`, name, appProtocol].filter(Boolean).join(" ");
}

/** "The default value is 30 seconds", "5 seconds", "3 retries"; "by default, the startPeriod is off". */
function checked({ interval = 30, timeout = 5, retries = 3, startPeriod = 0, ...health }: HealthCheck): HealthCheck {
  return { ...health, interval, timeout, retries, startPeriod };
}

/** "1 vCPU" and "1 GB" are what a person may write: they "are converted to an integer" of units and MiB. */
function units(size: string | undefined): string | undefined {
  const [, number = "", unit] = /^\s*([\d.]+)\s*(vcpu|gb)\s*$/i.exec(size ?? "") ?? [];
  return unit === undefined ? size : String(Math.round(Number(number) * 1024));
}

/** Without what is empty: ECS adds empty lists, and leaves out what is empty. */
function plain(value: unknown): unknown {
  if (Array.isArray(value)) return value.length === 0 ? undefined : value;
  if (typeof value !== "object" || value === null) return value === null ? undefined : value;
  const kept = Object.entries(value).flatMap(([key, each]): [string, unknown][] => {
    const settled = plain(each);
    return settled === undefined ? [] : [[key, settled]];
  });
  return kept.length === 0 ? undefined : Object.fromEntries(kept);
}

function isMap(value: unknown): value is Comparable {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
