import type { RunTaskRequest, TaskDefinition, TaskOverride } from "@aws-sdk/client-ecs";
import { checkCompatibility, chooseCapacity } from "../capacity.ts";
import { activeCluster } from "../clusters.ts";
import type { Ecs } from "../ecs.ts";
import { invalidParameter, unsupported } from "../errors.ts";
import type { EcsOperations } from "../operations.ts";
import { activeTaskDefinition } from "../task-definitions/find.ts";
import { resolveImages } from "../tasks/images.ts";
import { launchTask } from "../tasks/launch.ts";
import { lookUpNetwork } from "../tasks/network.ts";
import { describeTask } from "../tasks/view.ts";
import { capacityUnavailable, placeableNow } from "../zones.ts";

/** "Up to 128 letters (uppercase and lowercase), numbers, hyphens (-), forward slash (/), and underscores (_) are allowed." */
const startedByPattern = /^[A-Za-z0-9/_-]{1,128}$/;

export function runTaskOperation(ecs: Ecs) {
  const { records, region } = ecs;
  return {
    RunTask: async (input) => {
      const cluster = activeCluster(ecs, input.cluster);
      const { clusterName } = cluster;
      const { count = 1, overrides = {}, networkConfiguration, tags = [] } = input;
      if (count < 1 || count > 10) throw invalidParameter("count must be between 1 and 10.");
      if (input.startedBy !== undefined && !startedByPattern.test(input.startedBy))
        throw invalidParameter(
          "startedBy must be up to 128 letters, numbers, hyphens, forward slashes and underscores.",
        );
      if (input.group?.startsWith("service:")) throw invalidParameter("Invalid namespace for group.");
      if (input.volumeConfigurations?.length) throw unsupported("drydock doesn't build volumeConfigurations yet.");
      const taskDefinition = activeTaskDefinition(ecs, input.taskDefinition);
      checkCompatibility(taskDefinition);
      checkOverrides(overrides, taskDefinition);
      const capacity = chooseCapacity(cluster, input);
      const earlier = input.clientToken
        ? records.tasks.list(`${clusterName}/`).filter((task) => task.clientToken === input.clientToken)
        : [];
      if (earlier.length > 0) return { tasks: earlier.map((task) => describeTask(ecs, task)), failures: [] };
      const placement = placeableNow(ecs, await lookUpNetwork(region, networkConfiguration));
      if (placement.subnets.length === 0) {
        return { tasks: [], failures: Array.from({ length: count }, () => ({ reason: capacityUnavailable })) };
      }
      const images = await resolveImages(region, taskDefinition.containerDefinitions ?? []);

      const allTags = tagsOf(ecs, input, taskDefinition, clusterName);
      const started = region.store.transaction(() =>
        Array.from({ length: count }, () =>
          launchTask(ecs, {
            clusterName,
            taskDefinition,
            images,
            placement,
            capacity,
            platformVersion: platformVersion(input.platformVersion),
            group: input.group ?? `family:${taskDefinition.family}`,
            ...(input.startedBy ? { startedBy: input.startedBy } : {}),
            ...(input.clientToken ? { clientToken: input.clientToken } : {}),
            overrides,
            enableExecuteCommand: input.enableExecuteCommand ?? false,
            tags: allTags,
          }),
        ),
      );
      return { tasks: started.map((task) => ({ ...describeTask(ecs, task), tags })), failures: [] };
    },
  } satisfies EcsOperations;
}

/** LATEST is 1.4.0 on Linux, and has been since 2020. */
export function platformVersion(requested: string | undefined): string {
  if (requested === undefined || requested === "LATEST") return "1.4.0";
  if (!["1.3.0", "1.4.0"].includes(requested))
    throw invalidParameter(`The platform version ${requested} is not valid.`);
  return requested;
}

function checkOverrides(
  { containerOverrides = [] }: TaskOverride,
  { containerDefinitions = [] }: TaskDefinition,
): void {
  for (const { name } of containerOverrides) {
    if (!containerDefinitions.some((container) => container.name === name)) {
      throw invalidParameter(`Override for container named ${name} is not a container in the TaskDefinition.`);
    }
  }
}

function tagsOf({ records }: Ecs, input: RunTaskRequest, taskDefinition: TaskDefinition, clusterName: string) {
  const propagated =
    input.propagateTags === "TASK_DEFINITION" ? (records.tags.get(taskDefinition.taskDefinitionArn ?? "") ?? []) : [];
  const managed = input.enableECSManagedTags ? [{ key: "aws:ecs:clusterName", value: clusterName }] : [];
  const byKey = new Map([...propagated, ...(input.tags ?? []), ...managed].map((tag) => [tag.key, tag]));
  return [...byKey.values()];
}
