import type { Deployment, Service } from "@aws-sdk/client-ecs";
import { primaryOf } from "../../../runtime/scheduler/deployments.ts";
import { isOngoing } from "../../../runtime/scheduler/rollout.ts";
import type { Ecs } from "../ecs.ts";
import { type ServiceRecord, serviceKey } from "../records.ts";
import { countTasks } from "./counts.ts";

/** A service as DescribeServices shows it; without tags, which are only shown when asked for. */
export function describeService(ecs: Ecs, record: ServiceRecord): Service {
  const { state, settings } = record;
  const primary = primaryOf(state);
  const { revision } = ecs.records.revisionOf(record, primary.id);
  const { running, pending } = countTasks(ecs, record);
  return {
    serviceArn: record.arn,
    serviceName: record.name,
    clusterArn: ecs.names.cluster(record.clusterName),
    status: record.status,
    desiredCount: state.desiredCount,
    runningCount: running,
    pendingCount: pending,
    launchType: revision.launchType,
    capacityProviderStrategy: revision.capacityProviderStrategy,
    platformVersion: revision.platformVersion,
    platformFamily: revision.platformFamily,
    taskDefinition: revision.taskDefinition,
    deploymentConfiguration: settings.deploymentConfiguration,
    deploymentController: { type: "ECS" },
    deployments: record.status === "INACTIVE" ? [] : describeDeployments(ecs, record),
    roleArn: `arn:aws:iam::${ecs.region.accountId}:role/aws-service-role/ecs.amazonaws.com/AWSServiceRoleForECS`,
    events: ecs.records.serviceEvents.get(serviceKey(record)) ?? [],
    createdAt: record.createdAt,
    createdBy: record.createdBy,
    ...(isOngoing(state.rollout)
      ? { currentServiceDeployment: ecs.names.serviceDeployment(serviceKey(record), record.serviceDeployment) }
      : {}),
    currentServiceRevisions: state.deployments.map((deployment) => {
      const counts = countTasks(ecs, record, deployment.id);
      return {
        arn: ecs.names.serviceRevision(serviceKey(record), deployment.id),
        requestedTaskCount: deployment.desiredCount,
        runningTaskCount: counts.running,
        pendingTaskCount: counts.pending,
      };
    }),
    loadBalancers: revision.loadBalancers ?? [],
    serviceRegistries: [],
    placementConstraints: [],
    placementStrategy: [],
    networkConfiguration: revision.networkConfiguration,
    healthCheckGracePeriodSeconds: settings.healthCheckGracePeriodSeconds,
    schedulingStrategy: "REPLICA",
    enableECSManagedTags: settings.enableECSManagedTags,
    propagateTags: settings.propagateTags,
    enableExecuteCommand: settings.enableExecuteCommand,
    availabilityZoneRebalancing: settings.availabilityZoneRebalancing,
  };
}

function describeDeployments(ecs: Ecs, record: ServiceRecord): Deployment[] {
  return record.state.deployments.map((deployment, index) => {
    const { revision } = ecs.records.revisionOf(record, deployment.id);
    const { running, pending } = countTasks(ecs, record, deployment.id);
    return {
      id: deployment.id,
      status: index === 0 ? "PRIMARY" : "ACTIVE",
      taskDefinition: revision.taskDefinition,
      desiredCount: deployment.desiredCount,
      runningCount: running,
      pendingCount: pending,
      failedTasks: deployment.failedTasks,
      createdAt: new Date(deployment.createdAt),
      updatedAt: new Date(deployment.updatedAt),
      launchType: revision.launchType,
      capacityProviderStrategy: revision.capacityProviderStrategy,
      platformVersion: revision.platformVersion,
      platformFamily: revision.platformFamily,
      networkConfiguration: revision.networkConfiguration,
      rolloutState: deployment.rolloutState,
      rolloutStateReason: deployment.rolloutStateReason,
    };
  });
}
