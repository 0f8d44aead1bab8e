import type { ContainerDefinition } from "@aws-sdk/client-ecs";
import { StartFailure } from "./driver.ts";
import type { TaskSpec } from "./task.ts";

/**
 * Members of a container definition that would change what the container does and aren't built. What only isolates or
 * limits a container (user, ulimits, cpu, memory, linuxParameters, …) has no effect and is accepted.
 */
const unsupported: [keyof ContainerDefinition, (definition: ContainerDefinition) => boolean][] = [
  ["environmentFiles", ({ environmentFiles = [] }) => environmentFiles.length > 0],
  ["mountPoints", ({ mountPoints = [] }) => mountPoints.length > 0],
  ["volumesFrom", ({ volumesFrom = [] }) => volumesFrom.length > 0],
  ["links", ({ links = [] }) => links.length > 0],
  ["extraHosts", ({ extraHosts = [] }) => extraHosts.length > 0],
  ["resourceRequirements", ({ resourceRequirements = [] }) => resourceRequirements.length > 0],
  ["credentialSpecs", ({ credentialSpecs = [] }) => credentialSpecs.length > 0],
  ["firelensConfiguration", ({ firelensConfiguration }) => firelensConfiguration !== undefined],
  ["repositoryCredentials", ({ repositoryCredentials }) => repositoryCredentials !== undefined],
  ["restartPolicy", ({ restartPolicy }) => restartPolicy?.enabled === true],
  ["interactive", ({ interactive }) => interactive === true],
  ["pseudoTerminal", ({ pseudoTerminal }) => pseudoTerminal === true],
  [
    "portMappings",
    ({ portMappings = [] }) => portMappings.some(({ containerPortRange }) => containerPortRange !== undefined),
  ],
];

/** Throws a StartFailure that names the first thing a task wants and drydock can't do. */
export function refuseUnsupported(spec: TaskSpec): void {
  for (const definition of spec.containerDefinitions) {
    const member = unsupported.find(([, isUsed]) => isUsed(definition))?.[0];
    if (member) throw refusal(member === "portMappings" ? "containerPortRange" : member, definition.name);
  }
  for (const override of spec.overrides?.containerOverrides ?? []) {
    if (override.environmentFiles?.length) throw refusal("environmentFiles", override.name);
  }
}

function refusal(member: string, container: string | undefined): StartFailure {
  return new StartFailure(
    "ResourceInitializationError",
    `drydock's process driver doesn't support ${member} (container "${container}"); run the task without it`,
    container,
  );
}
