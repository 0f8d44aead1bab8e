import type { Attachment, Container, Task } from "@aws-sdk/client-ecs";
import type { Ecs } from "../ecs.ts";
import type { TaskRecord } from "../records.ts";

/** A task as DescribeTasks shows it; without tags, which are only shown when asked for. */
export function describeTask(ecs: Ecs, record: TaskRecord): Task {
  const { state, network } = record;
  return {
    attachments: [networkInterface(ecs, record)],
    attributes: [{ name: "ecs.cpu-architecture", value: record.architecture }],
    availabilityZone: network.availabilityZone,
    capacityProviderName: record.capacityProviderName,
    clusterArn: ecs.names.cluster(record.clusterName),
    connectivity: state.connectivity,
    connectivityAt: state.connectivityAt,
    containers: containers(ecs, record),
    cpu: record.cpu,
    createdAt: record.createdAt,
    desiredStatus: desiredStatus(record),
    enableExecuteCommand: record.enableExecuteCommand,
    ephemeralStorage: { sizeInGiB: record.ephemeralStorageGiB },
    executionStoppedAt: state.executionStoppedAt,
    fargateEphemeralStorage: { sizeInGiB: record.ephemeralStorageGiB },
    group: record.group,
    healthStatus: state.healthStatus,
    inferenceAccelerators: [],
    lastStatus: lastStatus(record),
    launchType: record.launchType,
    memory: record.memory,
    overrides: { containerOverrides: [], inferenceAcceleratorOverrides: [], ...record.overrides },
    platformFamily: "Linux",
    platformVersion: record.platformVersion,
    pullStartedAt: state.pullStartedAt,
    pullStoppedAt: state.pullStoppedAt,
    startedAt: state.startedAt,
    startedBy: record.startedBy,
    stopCode: state.stopCode,
    stoppedAt: state.stoppedAt,
    stoppedReason: state.stoppedReason,
    stoppingAt: state.stoppingAt,
    taskArn: record.arn,
    taskDefinitionArn: record.taskDefinitionArn,
    version: record.version,
  };
}

/** A task whose targets are being drained is DEACTIVATING: the runner will hear of the stop afterwards. */
export function lastStatus({ state, service }: TaskRecord): string {
  return state.lastStatus === "RUNNING" && service?.retirement ? "DEACTIVATING" : state.lastStatus;
}

export function desiredStatus({ state, service }: TaskRecord): "RUNNING" | "STOPPED" {
  return service?.retirement ? "STOPPED" : state.desiredStatus;
}

function containers(ecs: Ecs, record: TaskRecord): Container[] {
  const definitions = ecs.records.taskDefinitions.get(taskDefinitionKeyOf(record.taskDefinitionArn));
  return record.state.containers.map((container) => {
    const definition = definitions?.containerDefinitions?.find(({ name }) => name === container.name);
    return {
      ...container,
      containerArn: ecs.names.container(record.clusterName, record.id, record.containerIds[container.name] ?? ""),
      taskArn: record.arn,
      cpu: String(definition?.cpu ?? 0),
      ...(definition?.memory ? { memory: String(definition.memory) } : {}),
      ...(definition?.memoryReservation ? { memoryReservation: String(definition.memoryReservation) } : {}),
    };
  });
}

/** `family:revision` with the revision padded, so that keys sort as revisions do. */
export function taskDefinitionKeyOf(arn: string): string {
  const [family = "", revision = ""] = arn.slice(arn.lastIndexOf("/") + 1).split(":");
  return `${family}:${revision.padStart(8, "0")}`;
}

function networkInterface(ecs: Ecs, { state, network, networkInterfaceId }: TaskRecord): Attachment {
  const status = { PROVISIONING: "PRECREATED", STOPPED: "DELETED" }[state.lastStatus as string] ?? "ATTACHED";
  const host = `ip-${network.address.replaceAll(".", "-")}.${ecs.region.name}.compute.internal`;
  return {
    id: network.attachmentId,
    type: "ElasticNetworkInterface",
    status,
    details: [
      { name: "subnetId", value: network.subnetId },
      { name: "networkInterfaceId", value: networkInterfaceId },
      ...(network.macAddress ? [{ name: "macAddress", value: network.macAddress }] : []),
      { name: "privateDnsName", value: host },
      { name: "privateIPv4Address", value: network.address },
    ],
  };
}
