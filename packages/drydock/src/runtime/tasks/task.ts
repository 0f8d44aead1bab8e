import type {
  ContainerDefinition,
  HealthStatus,
  NetworkBinding,
  NetworkInterface,
  RuntimePlatform,
  Tag,
  TaskOverride,
  TaskStopCode,
} from "@aws-sdk/client-ecs";

export type TaskStatus =
  | "PROVISIONING"
  | "PENDING"
  | "ACTIVATING"
  | "RUNNING"
  | "DEACTIVATING"
  | "STOPPING"
  | "DEPROVISIONING"
  | "STOPPED";

/** Everything the runner has to know to live one task's life. A plain value: it is kept in the store as it is. */
export interface TaskSpec {
  taskArn: string;
  clusterArn: string;
  family: string;
  revision: number;
  /** As registered; image and digest decide what runs (see `imageDigests`). */
  containerDefinitions: ContainerDefinition[];
  overrides?: TaskOverride;
  /** Container name → `sha256:…`, where the deployment (or RunTask) has resolved the image's tag already. */
  imageDigests: Record<string, string>;
  /** After overrides. */
  taskRoleArn?: string;
  executionRoleArn?: string;
  runtimePlatform?: RuntimePlatform;
  /** As the task definition writes them: CPU units and MiB, after overrides. */
  cpu?: string;
  memory?: string;
  network: TaskNetwork;
  /** Container name → ARN as DescribeTasks shows it, for the metadata endpoint. */
  containerArns?: Record<string, string>;
  launchType: string;
  /** Of the service that wants this task; shown by the metadata endpoint. */
  serviceName?: string;
  tags: Tag[];
  /** Milliseconds since the epoch. */
  createdAt: number;
}

/** The task's network interface in the API; on this machine its ports are others (`runtime/network.ts`). */
export interface TaskNetwork {
  /** The private IPv4 address, unique among the region's running tasks. */
  address: string;
  attachmentId: string;
  macAddress?: string;
  vpcId?: string;
  subnetId: string;
  subnetCidrBlock?: string;
  availabilityZone: string;
}

/**
 * What the runner knows of a task; every report is the whole of it, so that the receiver can overwrite its own copy.
 * Members are named as in the ECS API's Task; what isn't known yet is absent.
 */
export interface TaskState {
  taskArn: string;
  lastStatus: TaskStatus;
  desiredStatus: "RUNNING" | "STOPPED";
  connectivity?: "CONNECTED" | "DISCONNECTED";
  connectivityAt?: Date;
  pullStartedAt?: Date;
  pullStoppedAt?: Date;
  startedAt?: Date;
  stoppingAt?: Date;
  executionStoppedAt?: Date;
  stoppedAt?: Date;
  stopCode?: TaskStopCode;
  stoppedReason?: string;
  /** UNKNOWN while any essential container with a health check hasn't answered, and without any health check. */
  healthStatus: HealthStatus;
  /** In the order of the container definitions. */
  containers: ContainerState[];
}

export interface ContainerState {
  name: string;
  /** As the task definition writes it. */
  image: string;
  imageDigest?: string;
  runtimeId?: string;
  lastStatus: "PENDING" | "RUNNING" | "STOPPED";
  /** Absent for a container that never started. */
  exitCode?: number;
  reason?: string;
  healthStatus: HealthStatus;
  networkBindings: NetworkBinding[];
  networkInterfaces: NetworkInterface[];
}
