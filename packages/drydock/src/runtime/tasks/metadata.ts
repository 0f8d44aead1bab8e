import type { ContainerDefinition } from "@aws-sdk/client-ecs";
import { containerPorts, type TaskRecord } from "./record.ts";
import type { ContainerState } from "./task.ts";

/**
 * What the task metadata endpoint, version 4, tells about a task and its containers, with the names of Fargate's answers.
 * https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task-metadata-endpoint-v4-fargate-response.html
 * Left out is what a process on this machine has no truth for: clock drift, ephemeral storage, snapshotter, name servers.
 */
export function taskMetadata(record: TaskRecord, options: { tags: boolean }): Record<string, unknown> {
  const { spec, state } = record;
  return {
    Cluster: spec.clusterArn,
    TaskARN: spec.taskArn,
    Family: spec.family,
    Revision: String(spec.revision),
    ...(spec.serviceName && { ServiceName: spec.serviceName }),
    DesiredStatus: state.desiredStatus,
    KnownStatus: state.lastStatus,
    ...(spec.cpu && spec.memory && { Limits: { CPU: Number(spec.cpu) / 1024, Memory: Number(spec.memory) } }),
    PullStartedAt: state.pullStartedAt,
    PullStoppedAt: state.pullStoppedAt,
    AvailabilityZone: spec.network.availabilityZone,
    LaunchType: spec.launchType,
    Containers: state.containers.map(({ name }) => containerMetadata(record, name)),
    ...(options.tags && { TaskTags: Object.fromEntries(spec.tags.map(({ key = "", value = "" }) => [key, value])) }),
    FaultInjectionEnabled: false,
  };
}

/** One container's part of it, undefined when the task has no container of that name. */
export function containerMetadata(record: TaskRecord, name: string): Record<string, unknown> | undefined {
  const { spec } = record;
  const definition = spec.containerDefinitions.find((candidate) => candidate.name === name);
  const state = record.state.containers.find((candidate) => candidate.name === name);
  const container = record.containers[name];
  if (!definition || !state || !container) return undefined;
  return {
    DockerId: container.runtimeId,
    Name: name,
    DockerName: name,
    Image: state.image,
    ImageID: state.imageDigest,
    Ports: containerPorts(definition).map((port) => ({ ContainerPort: port, Protocol: "tcp" })),
    Labels: labels(record, definition),
    DesiredStatus: record.state.desiredStatus,
    KnownStatus: state.lastStatus,
    ExitCode: state.exitCode,
    Limits: { CPU: definition.cpu ?? 0, ...(definition.memory && { Memory: definition.memory }) },
    CreatedAt: container.createdAt,
    StartedAt: container.startedAt,
    FinishedAt: container.finishedAt,
    Type: "NORMAL",
    ...(definition.healthCheck && { Health: { status: state.healthStatus } }),
    ...logging(definition),
    ContainerARN: spec.containerArns?.[name],
    Networks: [network(record, state)],
  };
}

function labels({ spec }: TaskRecord, definition: ContainerDefinition): Record<string, string> {
  return {
    ...definition.dockerLabels,
    "com.amazonaws.ecs.cluster": spec.clusterArn,
    "com.amazonaws.ecs.container-name": definition.name ?? "",
    "com.amazonaws.ecs.task-arn": spec.taskArn,
    "com.amazonaws.ecs.task-definition-family": spec.family,
    "com.amazonaws.ecs.task-definition-version": String(spec.revision),
  };
}

function logging({ logConfiguration }: ContainerDefinition): Record<string, unknown> {
  return logConfiguration ? { LogDriver: logConfiguration.logDriver, LogOptions: logConfiguration.options ?? {} } : {};
}

function network({ spec }: TaskRecord, state: ContainerState): Record<string, unknown> {
  const { address, macAddress, subnetCidrBlock } = spec.network;
  return {
    NetworkMode: "awsvpc",
    IPv4Addresses: state.networkInterfaces.map(({ privateIpv4Address }) => privateIpv4Address),
    AttachmentIndex: 0,
    MACAddress: macAddress,
    IPv4SubnetCIDRBlock: subnetCidrBlock,
    PrivateDNSName: `ip-${address.replaceAll(".", "-")}.${spec.taskArn.split(":")[3]}.compute.internal`,
  };
}
