import { randomUUID } from "node:crypto";
import type { ContainerImage, Tag, TaskDefinition, TaskOverride } from "@aws-sdk/client-ecs";
import type { TaskSpec } from "../../../runtime/tasks/task.ts";
import { chooseProvider } from "../capacity.ts";
import type { Ecs } from "../ecs.ts";
import { newTaskId } from "../names.ts";
import { type Capacity, type ServiceTaskRecord, type TaskRecord, taskKey } from "../records.ts";
import { digestsByContainer } from "./images.ts";
import { type NetworkPlacement, placeTask } from "./network.ts";

export interface Launch {
  clusterName: string;
  taskDefinition: TaskDefinition;
  images: ContainerImage[];
  /** Its subnets are those in which a task can be placed now. */
  placement: NetworkPlacement;
  capacity: Capacity;
  platformVersion: string;
  group: string;
  startedBy?: string;
  clientToken?: string;
  overrides: TaskOverride;
  enableExecuteCommand: boolean;
  tags: Tag[];
  service?: Omit<ServiceTaskRecord, "wasHealthy" | "settled" | "gone" | "hasHealthCheck">;
}

/**
 * Records a new task and has the runner begin it. To be called inside a store transaction: record and task are kept together or not
 * at all.
 */
export function launchTask(ecs: Ecs, launch: Launch): TaskRecord {
  const { records, runner, names } = ecs;
  const { taskDefinition, clusterName, overrides } = launch;
  const containers = taskDefinition.containerDefinitions ?? [];
  const id = newTaskId();
  const arn = names.task(clusterName, id);
  const network = placeTask(ecs, launch.placement.subnets, clusterName, launch.group);
  const createdAt = new Date(ecs.region.clock.now());
  const cpu = overrides.cpu ?? taskDefinition.cpu;
  const memory = overrides.memory ?? taskDefinition.memory;
  const record: TaskRecord = {
    id,
    arn,
    clusterName,
    taskDefinitionArn: taskDefinition.taskDefinitionArn ?? "",
    family: taskDefinition.family ?? "",
    group: launch.group,
    ...(launch.startedBy ? { startedBy: launch.startedBy } : {}),
    ...(launch.clientToken ? { clientToken: launch.clientToken } : {}),
    ...capacityOf(launch.capacity, records.tasks.places(clusterName, launch.group)),
    platformVersion: launch.platformVersion,
    ...(cpu ? { cpu } : {}),
    ...(memory ? { memory } : {}),
    ephemeralStorageGiB: (overrides.ephemeralStorage ?? taskDefinition.ephemeralStorage)?.sizeInGiB ?? 20,
    architecture: taskDefinition.runtimePlatform?.cpuArchitecture === "ARM64" ? "arm64" : "x86_64",
    overrides,
    enableExecuteCommand: launch.enableExecuteCommand,
    createdAt,
    network,
    securityGroups: launch.placement.securityGroups,
    networkInterfaceId: `eni-0${id.slice(0, 16)}`,
    containerIds: Object.fromEntries(containers.map(({ name = "" }) => [name, randomUUID()])),
    state: {
      taskArn: arn,
      lastStatus: "PROVISIONING",
      desiredStatus: "RUNNING",
      healthStatus: "UNKNOWN",
      containers: [],
    },
    version: 1,
    ...(launch.service ? { service: { ...launch.service, ...newInService(taskDefinition) } } : {}),
  };
  records.tasks.put(taskKey(record), record);
  if (launch.tags.length > 0) records.tags.put(arn, launch.tags);
  runner.start(taskSpec(ecs, record, launch));
  return records.tasks.get(taskKey(record)) ?? record;
}

function newInService(
  taskDefinition: TaskDefinition,
): Pick<ServiceTaskRecord, "hasHealthCheck" | "wasHealthy" | "settled" | "gone"> {
  const hasHealthCheck = (taskDefinition.containerDefinitions ?? []).some(
    (container) => container.healthCheck && container.essential !== false,
  );
  return { hasHealthCheck, wasHealthy: false, settled: false, gone: false };
}

function capacityOf(
  { launchType, capacityProviderStrategy: strategy = [] }: Capacity,
  neighbours: { capacityProvider: string | undefined }[],
): Pick<TaskRecord, "launchType" | "capacityProviderName"> {
  if (strategy.length === 0) return { launchType: launchType ?? "FARGATE" };
  const placed = Map.groupBy(neighbours, ({ capacityProvider }) => capacityProvider);
  return {
    launchType: "FARGATE",
    capacityProviderName: chooseProvider(strategy, (name) => placed.get(name)?.length ?? 0),
  };
}

function taskSpec(ecs: Ecs, record: TaskRecord, launch: Launch): TaskSpec {
  const { taskDefinition, overrides } = launch;
  const taskRoleArn = overrides.taskRoleArn ?? taskDefinition.taskRoleArn;
  const executionRoleArn = overrides.executionRoleArn ?? taskDefinition.executionRoleArn;
  const { runtimePlatform } = taskDefinition;
  return {
    taskArn: record.arn,
    clusterArn: ecs.names.cluster(record.clusterName),
    family: record.family,
    revision: taskDefinition.revision ?? 0,
    containerDefinitions: taskDefinition.containerDefinitions ?? [],
    overrides,
    imageDigests: digestsByContainer(launch.images),
    ...(taskRoleArn ? { taskRoleArn } : {}),
    ...(executionRoleArn ? { executionRoleArn } : {}),
    ...(runtimePlatform ? { runtimePlatform } : {}),
    ...(record.cpu ? { cpu: record.cpu } : {}),
    ...(record.memory ? { memory: record.memory } : {}),
    network: record.network,
    launchType: record.launchType,
    ...(record.service ? { serviceName: record.service.name } : {}),
    tags: launch.tags,
    createdAt: record.createdAt.getTime(),
  };
}
