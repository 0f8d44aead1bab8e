import { randomBytes, randomInt } from "node:crypto";
import { join } from "node:path";
import type { ContainerDefinition } from "@aws-sdk/client-ecs";
import type { Region } from "../../region.ts";
import type { Collection } from "../../store/store.ts";
import type { PortBinding, StartedTask } from "./driver.ts";
import type { TaskSpec, TaskState } from "./task.ts";

/** Why a task is asked to stop, as DescribeTasks will show it. */
export interface StopRequest {
  stopCode: NonNullable<TaskState["stopCode"]>;
  reason: string;
}

/** What the runner keeps of a task until it is STOPPED. No secret is in it but the token of its credentials endpoint. */
export interface TaskRecord {
  spec: TaskSpec;
  state: TaskState;
  stopRequest?: StopRequest;
  containers: Record<string, ContainerRecord>;
  credentialsToken: string;
}

export interface ContainerRecord {
  runtimeId: string;
  ports: PortBinding[];
  /** The image's STOPSIGNAL, once it is known. */
  stopSignal?: string;
  createdAt?: Date;
  startedAt?: Date;
  finishedAt?: Date;
}

/** Records by task id. */
export function taskRecords(region: Region): Collection<TaskRecord> {
  return region.store.collection<TaskRecord>("tasks.runs");
}

/** `arn:aws:ecs:<region>:<account>:task/<cluster>/<id>` → id. */
export function taskIdOf(taskArn: string): string {
  return taskArn.slice(taskArn.lastIndexOf("/") + 1);
}

/** Where a task has its files on this machine; each container has a directory of its name in it. */
export function taskDirectory(region: Region, taskArn: string): string {
  return join(region.directory, "tasks", taskIdOf(taskArn));
}

export function createRecord(spec: TaskSpec): TaskRecord {
  return {
    spec,
    credentialsToken: randomBytes(24).toString("base64url"),
    containers: Object.fromEntries(
      spec.containerDefinitions.map(({ name = "" }) => [
        name,
        // Fargate's form: the task's id and ten digits.
        { runtimeId: `${taskIdOf(spec.taskArn)}-${randomInt(1e9, 1e10)}`, ports: [] },
      ]),
    ),
    state: {
      taskArn: spec.taskArn,
      lastStatus: "PROVISIONING",
      desiredStatus: "RUNNING",
      healthStatus: "UNKNOWN",
      containers: spec.containerDefinitions.map((definition) => ({
        name: definition.name ?? "",
        image: definition.image ?? "",
        imageDigest: spec.imageDigests[definition.name ?? ""],
        lastStatus: "PENDING",
        healthStatus: "UNKNOWN",
        networkBindings: [],
        networkInterfaces: [{ attachmentId: spec.network.attachmentId, privateIpv4Address: spec.network.address }],
      })),
    },
  };
}

/** The container ports a definition maps, in its order. */
export function containerPorts(definition: ContainerDefinition): number[] {
  return (definition.portMappings ?? []).map(({ containerPort }) => containerPort).filter((port) => port !== undefined);
}

/** What a driver is told of the task. */
export function startedTask({ taskArn, family, revision, serviceName }: TaskSpec): StartedTask {
  return { arn: taskArn, family, revision, ...(serviceName !== undefined && { serviceName }) };
}

export function isStopped(record: TaskRecord): boolean {
  return record.state.lastStatus === "STOPPED";
}
