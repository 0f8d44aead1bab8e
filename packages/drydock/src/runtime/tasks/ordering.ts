import type { ContainerDefinition, HealthStatus } from "@aws-sdk/client-ecs";

/** How far a container has come, as far as the order of starting and stopping is concerned. */
export interface ContainerProgress {
  phase: "waiting" | "starting" | "running" | "stopping" | "stopped";
  healthStatus: HealthStatus;
  exitCode?: number;
  /** Its startTimeout has passed since it was started. */
  startTimedOut?: boolean;
}

export type Progress = Record<string, ContainerProgress>;

export interface StartSteps {
  /** Containers whose dependencies are met. */
  start: string[];
  /** Why the task can never start completely. */
  failure?: { container: string; reason: string };
}

export function isEssential(definition: ContainerDefinition): boolean {
  return definition.essential !== false;
}

/** What to start next, by `dependsOn`. A condition is looked at until the container has started, never afterwards. */
export function startSteps(definitions: ContainerDefinition[], progress: Progress): StartSteps {
  const start: string[] = [];
  for (const { name = "", dependsOn = [] } of definitions) {
    if (progress[name]?.phase !== "waiting") continue;
    const states = dependsOn.map(({ containerName = "", condition = "START" }) => ({
      containerName,
      state: conditionState(condition, progress[containerName]),
    }));
    const broken = states.find(({ state }) => state !== "met" && state !== "open");
    if (broken) {
      const ordering = `dependency graph: container ordering dependency [${broken.containerName}] for target [${name}]`;
      return { start: [], failure: { container: name, reason: `${ordering} ${broken.state}` } };
    }
    if (states.every(({ state }) => state === "met")) start.push(name);
  }
  return { start };
}

/**
 * What to stop next: "When a dependency is defined for container startup, for container shutdown it is reversed", so a
 * container is stopped when none that depends on it lives any more.
 */
export function stopSteps(definitions: ContainerDefinition[], progress: Progress): string[] {
  const lives = (name: string) => ["starting", "running", "stopping"].includes(progress[name]?.phase ?? "");
  return definitions
    .filter(({ name = "" }) => progress[name]?.phase === "running")
    .filter(
      ({ name }) =>
        !definitions.some(
          ({ name: other = "", dependsOn = [] }) =>
            lives(other) && dependsOn.some(({ containerName }) => containerName === name),
        ),
    )
    .map(({ name = "" }) => name);
}

/**
 * Unhealthy as soon as one essential container is, healthy when all essential containers that have a health check are;
 * UNKNOWN without any health check.
 */
export function taskHealth(definitions: ContainerDefinition[], progress: Progress): HealthStatus {
  const states = definitions
    .filter((definition) => isEssential(definition) && definition.healthCheck)
    .map(({ name = "" }) => progress[name]?.healthStatus ?? "UNKNOWN");
  if (states.includes("UNHEALTHY")) return "UNHEALTHY";
  return states.length > 0 && states.every((state) => state === "HEALTHY") ? "HEALTHY" : "UNKNOWN";
}

type ConditionState =
  | "met"
  | "open"
  | "has timed out."
  | "can't be met as the dependency has stopped."
  | "can't be met as the dependency did not exit successfully.";

function conditionState(condition: string, dependency: ContainerProgress | undefined): ConditionState {
  if (!dependency) return "can't be met as the dependency has stopped.";
  const { phase, exitCode, healthStatus } = dependency;
  const stopped = phase === "stopped";
  const open = dependency.startTimedOut ? "has timed out." : "open";
  switch (condition) {
    case "COMPLETE":
      return stopped ? "met" : open;
    case "SUCCESS":
      if (!stopped) return open;
      return exitCode === 0 ? "met" : "can't be met as the dependency did not exit successfully.";
    case "HEALTHY":
      if (stopped) return "can't be met as the dependency has stopped.";
      return healthStatus === "HEALTHY" ? "met" : open;
    default:
      return phase === "waiting" || phase === "starting" ? "open" : "met";
  }
}
