import type { ContainerDefinition } from "@aws-sdk/client-ecs";
import { clientException } from "../errors.ts";
import { checkName } from "../names.ts";

/** What ECS asks of a task definition's containers, on Fargate or not. Throws ClientException or InvalidParameterException. */
export function checkContainers(containers: ContainerDefinition[]): void {
  if (containers.length === 0) throw clientException("Container list cannot be empty.");
  if (containers.length > 10) throw clientException("Task definition can have at most 10 containers.");
  const names = new Set<string>();
  for (const { name, image } of containers) {
    if (!name) throw clientException("Container.name should not be null or empty.");
    checkName(name, "Container name");
    if (!image) throw clientException("Container.image should not be null or empty.");
    if (/\s/.test(image)) throw clientException("Container.image contains invalid characters.");
    if (names.has(name)) throw clientException(`Duplicate container name ${name} found in the task definition.`);
    names.add(name);
  }
  if (containers.every(({ essential }) => essential === false)) {
    throw clientException("At least one container in a task definition must be marked as essential.");
  }
  checkDependencies(containers);
}

function checkDependencies(containers: ContainerDefinition[]): void {
  for (const { name, dependsOn = [] } of containers) {
    for (const { containerName, condition } of dependsOn) {
      const other = containers.find((candidate) => candidate.name === containerName);
      if (!other) {
        throw clientException(`Container ${name} depends on ${containerName}, which is not in the task definition.`);
      }
      if (condition === "HEALTHY" && !other.healthCheck) {
        throw clientException(
          `Container ${containerName} has no health check, but ${name} waits for it to be HEALTHY.`,
        );
      }
      if ((condition === "COMPLETE" || condition === "SUCCESS") && other.essential !== false) {
        throw clientException(
          `A container dependency can't have condition ${condition} on the essential container ${containerName}.`,
        );
      }
    }
  }
  const visit = (name: string | undefined, path: (string | undefined)[]) => {
    if (path.includes(name)) throw clientException("Found cyclic dependencies in the task definition.");
    const container = containers.find((candidate) => candidate.name === name);
    for (const { containerName } of container?.dependsOn ?? []) visit(containerName, [...path, name]);
  };
  for (const { name } of containers) visit(name, []);
}
