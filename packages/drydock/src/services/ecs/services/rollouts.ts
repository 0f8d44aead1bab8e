import type { ServiceDeployment, ServiceDeploymentLifecycleStage, ServiceRevisionSummary } from "@aws-sdk/client-ecs";
import { failureThreshold } from "../../../runtime/scheduler/circuit-breaker.ts";
import { isOngoing, stopRollout } from "../../../runtime/scheduler/rollout.ts";
import type { Rollout } from "../../../runtime/scheduler/state.ts";
import type { Ecs } from "../ecs.ts";
import { type RolloutRecord, type ServiceRecord, serviceKey } from "../records.ts";
import { countTasks } from "./counts.ts";

/** Keeps the newest service deployment of a service as it is now; one that has ended stays as it was then. */
export function keepRollout(ecs: Ecs, service: ServiceRecord): void {
  const key = `${serviceKey(service)}/${service.serviceDeployment}`;
  const before = ecs.records.rollouts.get(key);
  if (before && !isOngoing(before.rollout)) return;
  const record = rolloutRecord(ecs, service);
  // What a deployment does in stages it has settled when it began, whatever has been set for the next one since.
  const settled = before && service.state.rollout.lifecycle ? before.deploymentConfiguration : undefined;
  ecs.records.rollouts.put(key, settled ? { ...record, deploymentConfiguration: settled } : record);
}

/** Ends the service deployments that a newer one has asked to stop. */
export function stopSupersededRollouts({ records, region }: Ecs, service: ServiceRecord): void {
  if (service.superseded.length === 0) return;
  for (const id of service.superseded) {
    const key = `${serviceKey(service)}/${id}`;
    const record = records.rollouts.get(key);
    if (record) records.rollouts.put(key, { ...record, rollout: stopRollout(record.rollout, region.clock.now()) });
  }
  records.services.put(serviceKey(service), { ...service, superseded: [] });
}

function rolloutRecord(ecs: Ecs, service: ServiceRecord): RolloutRecord {
  const { desiredCount, circuitBreaker, deployments, rollout } = service.state;
  // While the breaker watches, the count is the deployment's; what it was when the breaker triggered, the rollout keeps.
  const watched = rollout.circuitBreaker.status === "MONITORING";
  const failures = watched
    ? (deployments.find(({ id }) => id === rollout.deployment)?.failedTasks ?? 0)
    : rollout.circuitBreaker.failureCount;
  const summary = (deployment: string): ServiceRevisionSummary => {
    const wanted = deployments.find(({ id }) => id === deployment)?.desiredCount ?? 0;
    const { running, pending } = countTasks(ecs, service, deployment);
    return {
      arn: ecs.names.serviceRevision(serviceKey(service), deployment),
      requestedTaskCount: wanted,
      runningTaskCount: running,
      pendingTaskCount: pending,
      ...trafficWeights(service, deployment),
    };
  };
  return {
    arn: ecs.names.serviceDeployment(serviceKey(service), service.serviceDeployment),
    id: service.serviceDeployment,
    serviceArn: service.arn,
    clusterArn: ecs.names.cluster(service.clusterName),
    rollout: { ...rollout, circuitBreaker: { ...rollout.circuitBreaker, failureCount: failures } },
    threshold: failureThreshold(circuitBreaker.threshold, desiredCount),
    deploymentConfiguration: service.settings.deploymentConfiguration,
    sources: rollout.sources.map(summary),
    target: summary(rollout.deployment),
  };
}

/** Only of a deployment that has shifted traffic, or is going to. */
function trafficWeights({ state }: ServiceRecord, deployment: string): Partial<ServiceRevisionSummary> {
  const { traffic } = state;
  if (!traffic) return {};
  return {
    requestedTestTrafficWeight: traffic.test.weights[deployment] ?? 0,
    requestedProductionTrafficWeight: traffic.production.weights[deployment] ?? 0,
  };
}

/** A service deployment as DescribeServiceDeployments shows it. */
export function describeRollout(ecs: Ecs, record: RolloutRecord): ServiceDeployment {
  const { rollout } = record;
  const { rollback, circuitBreaker } = rollout;
  const key = record.serviceArn.slice(record.serviceArn.indexOf("/") + 1);
  return {
    serviceDeploymentArn: record.arn,
    serviceArn: record.serviceArn,
    clusterArn: record.clusterArn,
    createdAt: new Date(rollout.createdAt),
    ...(rollout.startedAt === undefined ? {} : { startedAt: new Date(rollout.startedAt) }),
    updatedAt: new Date(rollout.updatedAt),
    ...(rollout.finishedAt === undefined ? {} : { finishedAt: new Date(rollout.finishedAt) }),
    ...(rollout.stoppedAt === undefined ? {} : { stoppedAt: new Date(rollout.stoppedAt) }),
    sourceServiceRevisions: record.sources,
    targetServiceRevision: record.target,
    status: rollout.status,
    statusReason: rollout.statusReason,
    ...describeLifecycle(rollout),
    deploymentConfiguration: record.deploymentConfiguration,
    deploymentCircuitBreaker: {
      status: circuitBreaker.status,
      failureCount: circuitBreaker.failureCount,
      threshold: record.threshold,
    },
    alarms: describeAlarms(rollout),
    ...(rollback
      ? {
          rollback: {
            reason: rollback.reason,
            startedAt: new Date(rollback.startedAt),
            serviceRevisionArn: ecs.names.serviceRevision(key, rollback.deployment),
          },
        }
      : {}),
  };
}

function describeLifecycle({ lifecycle }: Rollout): Pick<ServiceDeployment, "lifecycleStage" | "lifecycleHookDetails"> {
  if (!lifecycle) return {};
  return {
    // The SDK's type leaves out a stage that its documentation lists: see `Stage`.
    lifecycleStage: lifecycle.stage as ServiceDeploymentLifecycleStage,
    lifecycleHookDetails: lifecycle.hooks.map(({ id, status, expiresAt, timeoutAction }) => ({
      hookId: id,
      targetType: "PAUSE",
      status,
      expiresAt: new Date(expiresAt),
      timeoutAction,
    })),
  };
}

function describeAlarms({ plan, alarms }: Rollout): ServiceDeployment["alarms"] {
  const { status, triggered } = alarms;
  return plan.alarms ? { status, alarmNames: plan.alarms.names, triggeredAlarmNames: triggered } : { status };
}
