import type {
  CapacityProviderStrategyItem,
  Cluster,
  DeploymentConfiguration,
  LaunchType,
  PropagateTags,
  ServiceEvent,
  ServiceRevision,
  ServiceRevisionSummary,
  Tag,
  TaskDefinition,
  TaskOverride,
} from "@aws-sdk/client-ecs";
import type { Region } from "../../region.ts";
import type { Rollout, ServiceState, ServiceTask } from "../../runtime/scheduler/state.ts";
import type { TaskNetwork, TaskState } from "../../runtime/tasks/task.ts";
import type { Collection } from "../../store/store.ts";
import { deploymentDigits } from "./names.ts";
import { TaskRecords } from "./task-records.ts";
import type { NetworkPlacement } from "./tasks/network.ts";

export interface ServiceRecord {
  clusterName: string;
  name: string;
  arn: string;
  status: "ACTIVE" | "DRAINING" | "INACTIVE";
  createdAt: Date;
  createdBy: string;
  clientToken?: string;
  /** What isn't part of a revision. */
  settings: ServiceSettings;
  /** What the scheduler remembers; its tasks are in the task records. */
  state: ServiceState;
  /** The id of the newest service deployment. */
  serviceDeployment: string;
  /** The ids of those whose stop a newer one has requested. */
  superseded: string[];
  inactiveAt?: Date;
}

export interface ServiceSettings {
  deploymentConfiguration: DeploymentConfiguration;
  healthCheckGracePeriodSeconds: number;
  propagateTags: PropagateTags;
  enableECSManagedTags: boolean;
  enableExecuteCommand: boolean;
  availabilityZoneRebalancing: "ENABLED" | "DISABLED";
}

/** What a deployment runs, and what had to be looked up for it once. */
export interface RevisionRecord {
  revision: ServiceRevision;
  placement: NetworkPlacement;
  /** Every tag that drydock's registry knows has its digest in `revision.containerImages`. */
  imagesResolved: boolean;
}

export interface Subnet {
  subnetId: string;
  vpcId?: string;
  cidrBlock: string;
  availabilityZone: string;
}

/** A service deployment; counts as they were when it was last looked at. */
export interface RolloutRecord {
  arn: string;
  id: string;
  serviceArn: string;
  clusterArn: string;
  rollout: Rollout;
  threshold: number;
  deploymentConfiguration: DeploymentConfiguration;
  sources: ServiceRevisionSummary[];
  target: ServiceRevisionSummary;
}

export interface TaskRecord {
  id: string;
  arn: string;
  clusterName: string;
  taskDefinitionArn: string;
  family: string;
  group: string;
  startedBy?: string;
  clientToken?: string;
  launchType: LaunchType;
  capacityProviderName?: string;
  platformVersion: string;
  cpu?: string;
  memory?: string;
  ephemeralStorageGiB: number;
  architecture: string;
  overrides: TaskOverride;
  enableExecuteCommand: boolean;
  createdAt: Date;
  network: TaskNetwork;
  securityGroups: string[];
  networkInterfaceId: string;
  containerIds: Record<string, string>;
  /** The runner's last report. */
  state: TaskState;
  version: number;
  protectedUntil?: Date;
  service?: ServiceTaskRecord;
}

/** What ties a task to its service. */
export interface ServiceTaskRecord {
  name: string;
  deployment: string;
  targets: { targetGroupArn: string; port: number }[];
  /** An essential container has a health check. */
  hasHealthCheck: boolean;
  retirement?: ServiceTask["retirement"];
  wasHealthy: boolean;
  settled: boolean;
  /** It has stopped and left its target groups: the scheduler needn't see it any more. */
  gone: boolean;
}

/** Everything ECS keeps, as collections of the region's store. */
export class Records {
  readonly clusters: Collection<Cluster>;
  readonly taskDefinitions: Collection<TaskDefinition>;
  /** By `<cluster>/<service>`. */
  readonly services: Collection<ServiceRecord>;
  /** By `<cluster>/<service>`, newest first. */
  readonly serviceEvents: Collection<ServiceEvent[]>;
  /** By `<cluster>/<service>/<digits of the deployment>`. */
  readonly revisions: Collection<RevisionRecord>;
  /** By `<cluster>/<service>/<id>`. */
  readonly rollouts: Collection<RolloutRecord>;
  readonly tasks: TaskRecords;
  /** By ARN. */
  readonly tags: Collection<Tag[]>;
  readonly accountSettings: Collection<string>;
  /** Availability Zones that have failed, by name. */
  readonly lostZones: Collection<true>;

  constructor({ store }: Region) {
    this.clusters = store.collection("ecs.clusters");
    this.taskDefinitions = store.collection("ecs.task-definitions");
    this.services = store.collection("ecs.services");
    this.serviceEvents = store.collection("ecs.service-events");
    this.revisions = store.collection("ecs.service-revisions");
    this.rollouts = store.collection("ecs.service-deployments");
    this.tasks = new TaskRecords(store.collection("ecs.tasks"));
    this.tags = store.collection("ecs.tags");
    this.accountSettings = store.collection("ecs.account-settings");
    this.lostZones = store.collection("ecs.lost-zones");
  }

  /** A service's tasks that the scheduler still sees. */
  serviceTasks({ clusterName, name }: Pick<ServiceRecord, "clusterName" | "name">): TaskRecord[] {
    return this.tasks.ofService(clusterName, name);
  }

  revisionOf(service: Pick<ServiceRecord, "clusterName" | "name">, deployment: string): RevisionRecord {
    const record = this.revisions.get(revisionKey(service, deployment));
    if (!record) throw new Error(`Service ${serviceKey(service)} has no revision for ${deployment}.`);
    return record;
  }
}

export function serviceKey(service: Pick<ServiceRecord, "clusterName" | "name">): string {
  return `${service.clusterName}/${service.name}`;
}

export function revisionKey(service: Pick<ServiceRecord, "clusterName" | "name">, deployment: string): string {
  return `${serviceKey(service)}/${deploymentDigits(deployment)}`;
}

export function taskKey(task: Pick<TaskRecord, "clusterName" | "id">): string {
  return `${task.clusterName}/${task.id}`;
}

/** Where a task of a service or a RunTask call may run. */
export interface Capacity {
  launchType?: LaunchType;
  capacityProviderStrategy?: CapacityProviderStrategyItem[];
}
