import { newService } from "../../../runtime/scheduler/deployments.ts";
import { checkCompatibility, chooseCapacity } from "../capacity.ts";
import { activeCluster } from "../clusters.ts";
import type { Ecs } from "../ecs.ts";
import { invalidParameter } from "../errors.ts";
import { checkName, newDeploymentId, newServiceDeploymentId } from "../names.ts";
import type { EcsOperations } from "../operations.ts";
import { revisionKey, type ServiceRecord, type ServiceSettings, serviceKey } from "../records.ts";
import { completeConfiguration, schedulerSettings } from "../services/deployment-configuration.ts";
import { checkLoadBalancers } from "../services/load-balancers.ts";
import { refuseWhatIsNotBuilt } from "../services/refusals.ts";
import { chooseTargetGroups, newRevision } from "../services/revisions.ts";
import { keepRollout } from "../services/rollouts.ts";
import { describeService } from "../services/view.ts";
import { activeTaskDefinition } from "../task-definitions/find.ts";
import { lookUpNetwork } from "../tasks/network.ts";
import { platformVersion } from "./run-task.ts";

export function createServiceOperation(ecs: Ecs) {
  const { records, region, names } = ecs;
  return {
    CreateService: async (input) => {
      const cluster = activeCluster(ecs, input.cluster);
      const { clusterName } = cluster;
      const name = input.serviceName;
      checkName(name, "Service name");
      const key = serviceKey({ clusterName, name });
      const existing = records.services.get(key);
      if (existing?.status === "ACTIVE" && input.clientToken && existing.clientToken === input.clientToken) {
        return { service: describeService(ecs, existing) };
      }
      checkNameIsFree(existing);
      refuseWhatIsNotBuilt(input);
      if (!input.taskDefinition) throw invalidParameter("TaskDefinition can not be blank.");
      const { desiredCount } = input;
      if (desiredCount === undefined) throw invalidParameter("DesiredCount is required for a REPLICA service.");
      if (desiredCount < 0) throw invalidParameter("DesiredCount can't be negative.");
      const loadBalancers = input.loadBalancers ?? [];
      if (input.healthCheckGracePeriodSeconds !== undefined && loadBalancers.length === 0) {
        throw invalidParameter("Health check grace period is only valid for services configured to use load balancers");
      }
      const deploymentConfiguration = completeConfiguration(input.deploymentConfiguration);
      const taskDefinition = activeTaskDefinition(ecs, input.taskDefinition);
      const capacity = chooseCapacity(cluster, input);
      checkCompatibility(taskDefinition);
      const placement = await lookUpNetwork(region, input.networkConfiguration);
      await checkLoadBalancers(region, loadBalancers, taskDefinition, deploymentConfiguration.strategy);

      const now = region.clock.now();
      const deployment = newDeploymentId();
      const settings: ServiceSettings = {
        deploymentConfiguration,
        healthCheckGracePeriodSeconds: input.healthCheckGracePeriodSeconds ?? 0,
        propagateTags: input.propagateTags ?? "NONE",
        enableECSManagedTags: input.enableECSManagedTags ?? false,
        enableExecuteCommand: input.enableExecuteCommand ?? false,
        availabilityZoneRebalancing: input.availabilityZoneRebalancing ?? "ENABLED",
      };
      const record: ServiceRecord = {
        clusterName,
        name,
        arn: names.service(clusterName, name),
        status: "ACTIVE",
        createdAt: new Date(now),
        createdBy: `arn:aws:iam::${region.accountId}:root`,
        ...(input.clientToken ? { clientToken: input.clientToken } : {}),
        settings,
        state: newService({ name, desiredCount, ...schedulerSettings(settings) }, deployment, now),
        serviceDeployment: newServiceDeploymentId(),
        superseded: [],
      };
      const revision = {
        ...capacity,
        taskDefinition: taskDefinition.taskDefinitionArn,
        platformVersion: platformVersion(input.platformVersion),
        networkConfiguration: input.networkConfiguration,
        loadBalancers,
      };
      const targetGroups = chooseTargetGroups(loadBalancers, undefined, deploymentConfiguration.strategy);
      region.store.transaction(() => {
        // Two requests for one name can both have passed the checks while they waited for answers.
        checkNameIsFree(records.services.get(key));
        records.services.put(key, record);
        records.serviceEvents.put(key, []);
        records.revisions.put(
          revisionKey(record, deployment),
          newRevision(ecs, record, deployment, revision, placement, targetGroups),
        );
        if (input.tags?.length) records.tags.put(record.arn, input.tags);
        keepRollout(ecs, record);
      });
      ecs.control.wake(key);
      return { service: { ...describeService(ecs, record), ...(input.tags ? { tags: input.tags } : {}) } };
    },
  } satisfies EcsOperations;
}

function checkNameIsFree(existing: ServiceRecord | undefined): void {
  if (existing?.status === "ACTIVE") throw invalidParameter("Creation of service was not idempotent.");
  if (existing?.status === "DRAINING") throw invalidParameter("Unable to Start a service that is still Draining.");
}
