import { isDeepStrictEqual } from "node:util";
import type { ServiceRevision, UpdateServiceRequest } from "@aws-sdk/client-ecs";
import { beginDeployment, primaryOf, scaleService } from "../../../runtime/scheduler/deployments.ts";
import { isOngoing } from "../../../runtime/scheduler/rollout.ts";
import type { ServiceState } from "../../../runtime/scheduler/state.ts";
import type { InputOf } from "../../../service.ts";
import { checkCompatibility, checkStrategy } from "../capacity.ts";
import { activeCluster } from "../clusters.ts";
import type { Ecs } from "../ecs.ts";
import { invalidParameter } from "../errors.ts";
import { newDeploymentId, newServiceDeploymentId } from "../names.ts";
import type { EcsOperations } from "../operations.ts";
import { type RevisionRecord, revisionKey, type ServiceRecord, serviceKey } from "../records.ts";
import { completeConfiguration, schedulerSettings } from "../services/deployment-configuration.ts";
import { activeService } from "../services/find.ts";
import { checkStrategyResources } from "../services/listener-rules.ts";
import { checkLoadBalancers } from "../services/load-balancers.ts";
import { refuseWhatIsNotBuilt } from "../services/refusals.ts";
import { chooseTargetGroups, newRevision, type RevisionSettings } from "../services/revisions.ts";
import { keepRollout } from "../services/rollouts.ts";
import { describeService } from "../services/view.ts";
import { activeTaskDefinition, findTaskDefinition } from "../task-definitions/find.ts";
import { lookUpNetwork } from "../tasks/network.ts";
import { platformVersion } from "./run-task.ts";

type Input = InputOf<typeof import("@aws-sdk/client-ecs"), "UpdateService">;

interface Replacement {
  settings: RevisionSettings;
  placement: RevisionRecord["placement"];
}

export function updateServiceOperation(ecs: Ecs) {
  const { records, region } = ecs;
  return {
    UpdateService: async (input) => {
      const { clusterName } = activeCluster(ecs, input.cluster);
      const before = activeService(ecs, clusterName, input.service);
      refuseWhatIsNotBuilt(input);
      if (input.desiredCount !== undefined && input.desiredCount < 0) {
        throw invalidParameter("DesiredCount can't be negative.");
      }
      const replacement = await newRevisionFor(ecs, before, input);
      const key = serviceKey(before);
      region.store.transaction(() => {
        // The service may have moved on while subnets and target groups were looked up.
        const current = applySettings(activeService(ecs, clusterName, input.service), input);
        records.services.put(key, replacement ? deploy(ecs, current, replacement) : current);
      });
      ecs.control.wake(key);
      return { service: describeService(ecs, activeService(ecs, clusterName, input.service)) };
    },
  } satisfies EcsOperations;
}

/** What takes effect at once, without a deployment. */
function applySettings(service: ServiceRecord, input: UpdateServiceRequest): ServiceRecord {
  const before = service.settings;
  checkStrategyChange(service, input);
  const settings = {
    deploymentConfiguration: completeConfiguration(input.deploymentConfiguration, before.deploymentConfiguration),
    healthCheckGracePeriodSeconds: input.healthCheckGracePeriodSeconds ?? before.healthCheckGracePeriodSeconds,
    propagateTags: input.propagateTags ?? before.propagateTags,
    enableECSManagedTags: input.enableECSManagedTags ?? before.enableECSManagedTags,
    enableExecuteCommand: input.enableExecuteCommand ?? before.enableExecuteCommand,
    availabilityZoneRebalancing: input.availabilityZoneRebalancing ?? before.availabilityZoneRebalancing,
  };
  const { state } = service;
  const scaled =
    input.desiredCount === undefined || input.desiredCount === state.desiredCount
      ? state
      : scaleService(state, input.desiredCount);
  return {
    ...service,
    settings,
    state: {
      ...scaled,
      ...schedulerSettings(settings),
    },
  };
}

/**
 * "You cannot migrate a service to rolling deployment if it has an ongoing deployment." With which error ECS says so isn't documented. The other
 * way there is only the advice to "wait for any current deployments to complete".
 * https://docs.aws.amazon.com/AmazonECS/latest/developerguide/update-bluegreen-to-rolling.html
 */
function checkStrategyChange({ name, settings, state }: ServiceRecord, input: UpdateServiceRequest): void {
  const { strategy: before = "ROLLING" } = settings.deploymentConfiguration;
  if (before === "ROLLING" || input.deploymentConfiguration?.strategy !== "ROLLING") return;
  if (!isOngoing(state.rollout)) return;
  throw invalidParameter(
    `The deployment strategy of the service ${name} can't be changed from ${before} to ROLLING while a deployment is in progress.`,
  );
}

/** The revision an update asks for; undefined when it asks for nothing that the PRIMARY deployment doesn't run. */
async function newRevisionFor(ecs: Ecs, service: ServiceRecord, input: Input): Promise<Replacement | undefined> {
  const { revision, placement } = ecs.records.revisionOf(service, primaryOf(service.state).id);
  const before = settingsOf(revision);
  const definition = input.taskDefinition ? activeTaskDefinition(ecs, input.taskDefinition) : undefined;
  if (definition) checkCompatibility(definition);
  const cluster = activeCluster(ecs, input.cluster);
  const settings: RevisionSettings = {
    ...before,
    ...(definition ? { taskDefinition: definition.taskDefinitionArn } : {}),
    ...(input.networkConfiguration ? { networkConfiguration: input.networkConfiguration } : {}),
    ...(input.platformVersion ? { platformVersion: platformVersion(input.platformVersion) } : {}),
    ...(input.loadBalancers ? { loadBalancers: input.loadBalancers } : {}),
    ...capacityOf(cluster, input.capacityProviderStrategy),
  };
  const { deploymentConfiguration } = service.settings;
  const { strategy } = completeConfiguration(input.deploymentConfiguration, deploymentConfiguration);
  checkStrategyResources(strategy, settings.loadBalancers ?? []);
  if (!input.forceNewDeployment && isDeepStrictEqual(plain(settings), plain(before))) return undefined;
  const effective = definition ?? findTaskDefinition(ecs, settings.taskDefinition ?? "");
  if (effective) await checkLoadBalancers(ecs.region, settings.loadBalancers ?? [], effective, strategy);
  return {
    settings,
    placement: input.networkConfiguration ? await lookUpNetwork(ecs.region, input.networkConfiguration) : placement,
  };
}

/** "Update the … Fargate capacity provider back to the launch type. Pass an empty list in the capacityProviderStrategy parameter." */
function capacityOf(
  cluster: Parameters<typeof checkStrategy>[0],
  strategy: Input["capacityProviderStrategy"],
): Pick<RevisionSettings, "capacityProviderStrategy" | "launchType"> {
  if (strategy === undefined) return {};
  return strategy.length === 0
    ? { capacityProviderStrategy: undefined, launchType: "FARGATE" }
    : { capacityProviderStrategy: checkStrategy(cluster, strategy), launchType: undefined };
}

function deploy(ecs: Ecs, service: ServiceRecord, { settings, placement }: Replacement): ServiceRecord {
  const deployment = newDeploymentId();
  const { revision } = ecs.records.revisionOf(service, primaryOf(service.state).id);
  const sameTaskDefinition = settings.taskDefinition === revision.taskDefinition;
  const now = ecs.region.clock.now();
  const before = shiftsTraffic(service, settings) ? service.state : withoutTraffic(service.state);
  const { service: state, superseded } = beginDeployment(before, deployment, now, { sameTaskDefinition });
  const { source } = state.rollout;
  const targetGroups = chooseTargetGroups(
    settings.loadBalancers ?? [],
    source === undefined ? undefined : ecs.records.revisionOf(service, source).revision,
    service.settings.deploymentConfiguration.strategy,
  );
  if (superseded) keepRollout(ecs, { ...service, state: { ...service.state, rollout: superseded } });
  const deployed = {
    ...service,
    state,
    serviceDeployment: newServiceDeploymentId(),
    superseded: superseded ? [...service.superseded, service.serviceDeployment] : service.superseded,
  };
  ecs.records.revisions.put(
    revisionKey(service, deployment),
    newRevision(ecs, service, deployment, settings, placement, targetGroups),
  );
  keepRollout(ecs, deployed);
  return deployed;
}

/** A rolling update in a target group of its own leaves the rules to whoever made them; what ECS wrote into them is over. */
function shiftsTraffic({ settings }: ServiceRecord, { loadBalancers = [] }: RevisionSettings): boolean {
  const { strategy } = settings.deploymentConfiguration;
  return (
    strategy !== "ROLLING" || loadBalancers.some(({ advancedConfiguration }) => advancedConfiguration !== undefined)
  );
}

function withoutTraffic({ traffic: _over, ...state }: ServiceState): ServiceState {
  return state;
}

function settingsOf(revision: ServiceRevision): RevisionSettings {
  const { taskDefinition, launchType, capacityProviderStrategy, platformVersion, networkConfiguration, loadBalancers } =
    revision;
  return { taskDefinition, launchType, capacityProviderStrategy, platformVersion, networkConfiguration, loadBalancers };
}

/** Without the members that are there but undefined: they mean the same as missing ones. */
function plain(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value));
}
