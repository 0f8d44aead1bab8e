import { resolve } from "node:path";
import type { Container, ImageBuild, SecretSource, Sidecar, TaskDefinitionPatch, Workload } from "../app.ts";
import { isFargatePair, memoryForCpu, nearestFargatePairs } from "../fargate.ts";
import { nearest } from "../nearest.ts";
import type { ParsedTask } from "../schema/manifest.ts";
import { parseSecret } from "../secrets.ts";
import { didYouMean } from "../source/explain.ts";
import { formatSize } from "../units.ts";
import { resolveImageSource } from "./image.ts";
import type { ResolveScope } from "./scope.ts";

type ParsedContainer = Pick<ParsedTask, "image" | "command" | "env" | "secrets" | "dependsOn">;
type ParsedWorkload = Omit<ParsedTask, "schedule" | "timezone">;
type Path = readonly [section: "services" | "tasks", name: string];

/** What a service and a task have in common. */
export function resolveWorkload(
  scope: ResolveScope,
  path: Path,
  parsed: ParsedWorkload,
  images: Record<string, ImageBuild>,
): Workload {
  const container = resolveContainer(scope, path, path[1], parsed);
  const sidecars = resolveSidecars(scope, path, parsed);
  const cpuUnits = parsed.cpu * 1024;
  checkFargatePair(scope, path, cpuUnits, parsed.memory);
  checkDependencies(scope, path, container, sidecars);
  return {
    ...container,
    cpuUnits,
    memoryMiB: parsed.memory,
    architecture: resolveArchitecture(scope, path, [container, ...Object.values(sidecars)], images),
    sidecars,
    stopSeconds: parsed.stop,
    taskDefinition: resolveTaskDefinition(scope, path, parsed),
    spotPercent: spotPercent(parsed.capacity),
  };
}

function resolveContainer(
  scope: ResolveScope,
  path: readonly string[],
  name: string,
  parsed: ParsedContainer,
): Container {
  const secrets: Record<string, SecretSource> = {};
  let spread: SecretSource | undefined;
  for (const [variable, written] of Object.entries(parsed.secrets ?? {})) {
    const secret = parseSecret(written, scope.secrets());
    if ("message" in secret) scope.report([...path, "secrets", variable], secret.message, { fix: secret.fix });
    else if (variable === "*") spread = secret.source;
    else secrets[variable] = secret.source;
    // "The secret name must be unique": RegisterTaskDefinition refuses a variable that is in both lists.
    if (Object.hasOwn(parsed.env ?? {}, variable)) {
      scope.report([...path, "secrets", variable], `${variable} stands in env too`, {
        on: "key",
        fix: "keep one of them",
      });
    }
  }
  return {
    name,
    image: resolveImageSource(scope, [...path, "image"], parsed.image),
    command: parsed.command,
    env: Object.fromEntries(Object.keys(parsed.env ?? {}).map((key) => [key, scope.textAt(...path, "env", key)])),
    secrets,
    spread,
    dependsOn: Object.fromEntries(
      Object.entries(parsed.dependsOn ?? {}).map(([other, condition]) => [other, conditions[condition]]),
    ),
  };
}

const conditions = { start: "START", complete: "COMPLETE", success: "SUCCESS", healthy: "HEALTHY" } as const;

function resolveSidecars(scope: ResolveScope, path: Path, parsed: ParsedWorkload): Record<string, Sidecar> {
  return Object.fromEntries(
    Object.entries(parsed.sidecars ?? {}).map(([name, sidecar]) => {
      const at = [...path, "sidecars", name];
      if (name === path[1]) {
        scope.report(at, `a sidecar can't have the name of its ${path[0].slice(0, -1)}`, { on: "key" });
      }
      const health = sidecar.health && {
        command: sidecar.health.command,
        intervalSeconds: sidecar.health.interval,
        timeoutSeconds: sidecar.health.timeout,
        retries: sidecar.health.retries,
        startSeconds: sidecar.health.start,
      };
      return [name, { ...resolveContainer(scope, at, name, sidecar), essential: sidecar.essential, health }];
    }),
  );
}

function checkFargatePair(scope: ResolveScope, path: Path, cpuUnits: number, memoryMiB: number): void {
  if (isFargatePair(cpuUnits, memoryMiB)) return;
  const pairs = nearestFargatePairs(cpuUnits, memoryMiB).map(
    (pair) => `cpu: ${pair.cpuUnits / 1024} with memory: ${formatSize(pair.memoryMiB)}`,
  );
  const key = scope.has(...path, "memory") ? "memory" : "cpu";
  const found = `found ${formatSize(memoryMiB)}${key === "cpu" ? " (the default)" : ""}`;
  scope.report(
    [...path, key],
    `Fargate has no such pair: cpu ${cpuUnits / 1024} goes with ${memoryForCpu(cpuUnits)}, ${found}`,
    {
      fix: `write ${pairs.join(", or ")}`,
    },
  );
}

/** https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_ContainerDependency.html */
function checkDependencies(scope: ResolveScope, path: Path, main: Container, sidecars: Record<string, Sidecar>): void {
  const containers: Container[] = [main, ...Object.values(sidecars)];
  for (const container of containers) {
    const at = container === main ? path : [...path, "sidecars", container.name];
    for (const [other, condition] of Object.entries(container.dependsOn)) {
      const names = containers.map((each) => each.name).filter((name) => name !== container.name);
      const report = (message: string) => scope.report([...at, "dependsOn", other], message, { on: "key" });
      const target = Object.hasOwn(sidecars, other) ? sidecars[other] : undefined;
      if (!names.includes(other)) {
        report(`no container "${other}" beside ${container.name}${didYouMean(nearest(other, names))}`);
      } else if ((condition === "COMPLETE" || condition === "SUCCESS") && (target === undefined || target.essential)) {
        report(`${other} is essential, so the task ends when it does: nothing can wait for its end`);
      } else if (condition === "HEALTHY" && target?.health === undefined) {
        report(`${other} has no health check to wait for`);
      } else if (waitsFor(containers, other, container.name)) {
        report(`${container.name} and ${other} wait for each other`);
      }
    }
  }
}

function waitsFor(containers: readonly Container[], from: string, to: string, seen = new Set<string>()): boolean {
  if (seen.has(from)) return false;
  seen.add(from);
  const next = Object.keys(containers.find((container) => container.name === from)?.dependsOn ?? {});
  return next.includes(to) || next.some((name) => waitsFor(containers, name, to, seen));
}

/** All containers of a task run on the same machine. */
function resolveArchitecture(
  scope: ResolveScope,
  path: Path,
  containers: readonly Container[],
  images: Record<string, ImageBuild>,
): "amd64" | "arm64" {
  const architectures = containers.flatMap(({ image }) => {
    const build = image.kind === "build" && Object.hasOwn(images, image.build) ? images[image.build] : undefined;
    return build === undefined ? [] : [build.platform.architecture];
  });
  const first = architectures[0] ?? (scope.local ? scope.surroundings.platform.architecture : "amd64");
  if (architectures.some((architecture) => architecture !== first)) {
    scope.report(path, `its images are made for different platforms: ${architectures.join(", ")}`, {
      on: "key",
      fix: "give the images the same platform",
    });
  }
  return first === "arm64" ? "arm64" : "amd64";
}

function resolveTaskDefinition(
  scope: ResolveScope,
  path: Path,
  parsed: ParsedWorkload,
): TaskDefinitionPatch | undefined {
  if (parsed.taskDefinition === undefined) return undefined;
  if (typeof parsed.taskDefinition !== "string") return { kind: "patch", patch: parsed.taskDefinition };
  const file = resolve(scope.surroundings.directory, parsed.taskDefinition);
  if (scope.surroundings.look(file) !== "file") {
    scope.report([...path, "taskDefinition"], `there is no file ${parsed.taskDefinition} beside the manifest`);
  }
  return { kind: "base", file };
}

function spotPercent(capacity: ParsedWorkload["capacity"]): number {
  if (typeof capacity === "object") return capacity.spot;
  return capacity === "spot" ? 100 : 0;
}
