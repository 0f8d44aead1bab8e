import { CreateServiceRequest$, type CreateServiceCommandInput as Input } from "@aws-sdk/client-ecs";
import type { Region } from "../../../region.ts";
import { ifThere, present, until } from "../engine/calls.ts";
import { boolean, inPlace, number, type PropertyValues, replacement, tags, text } from "../engine/properties.ts";
import { defineResourceType } from "../engine/resource-type.ts";
import { sdkShape } from "../engine/sdk-shape.ts";
import { ecsTags, updateTags } from "./ecs-tags.ts";

const shape = <Name extends keyof Input & string>(name: Name) => sdkShape<Input, Name>(CreateServiceRequest$, name);

const properties = {
  AvailabilityZoneRebalancing: inPlace(shape("availabilityZoneRebalancing")),
  CapacityProviderStrategy: inPlace(shape("capacityProviderStrategy")),
  Cluster: replacement(text),
  DeploymentConfiguration: inPlace(shape("deploymentConfiguration")),
  DeploymentController: inPlace(shape("deploymentController")),
  DesiredCount: inPlace(number),
  EnableECSManagedTags: inPlace(boolean),
  EnableExecuteCommand: inPlace(boolean),
  HealthCheckGracePeriodSeconds: inPlace(number),
  LaunchType: inPlace(shape("launchType")),
  LoadBalancers: inPlace(shape("loadBalancers")),
  NetworkConfiguration: inPlace(shape("networkConfiguration")),
  PlacementConstraints: inPlace(shape("placementConstraints")),
  PlacementStrategies: inPlace(shape("placementStrategy")),
  PlatformVersion: inPlace(text),
  PropagateTags: inPlace(shape("propagateTags")),
  SchedulingStrategy: replacement(shape("schedulingStrategy")),
  ServiceConnectConfiguration: inPlace(shape("serviceConnectConfiguration")),
  ServiceName: replacement(text),
  ServiceRegistries: inPlace(shape("serviceRegistries")),
  Tags: inPlace(tags),
  TaskDefinition: inPlace(text),
};

export const service = defineResourceType({
  properties,
  unsupported: ["ForceNewDeployment", "Role", "VolumeConfigurations", "VpcLatticeConfigurations"],
  attributes: ["Name", "ServiceArn"],
  nameProperty: "ServiceName",
  // "LaunchType: Update requires: Replacement" unless a capacity provider strategy takes its place.
  needsReplacement: (previous, next) =>
    previous.LaunchType !== next.LaunchType && next.LaunchType !== undefined && previous.LaunchType !== undefined,
  async create({ region, properties, tags, token, generatedName }) {
    const { service: created } = await region.call("ecs").CreateService({
      ...changeable(properties),
      serviceName: properties.ServiceName ?? generatedName(255),
      clientToken: token.replaceAll("-", ""),
      cluster: properties.Cluster,
      // "The default is 1" when the service is made by CloudFormation.
      desiredCount: properties.DesiredCount ?? (properties.SchedulingStrategy === "DAEMON" ? undefined : 1),
      launchType: properties.LaunchType,
      schedulingStrategy: properties.SchedulingStrategy,
      tags: ecsTags(tags),
    });
    return present(created?.serviceArn, "serviceArn");
  },
  async settle(context) {
    await until(context, () => isStable(context.region, context.physicalId, context.properties.Cluster));
  },
  read: async ({ physicalId }) => ({ ServiceArn: physicalId, Name: physicalId.split("/").at(-1) }),
  async update(context) {
    const { region, physicalId, properties } = context;
    await region.call("ecs").UpdateService({
      ...changeable(properties),
      service: physicalId,
      cluster: properties.Cluster,
      // Left out, the number of tasks stays what scaling has made of it.
      desiredCount: properties.DesiredCount,
    });
    await updateTags(context, physicalId);
    return undefined;
  },
  async delete(context) {
    const { region, physicalId, properties } = context;
    const ecs = region.call("ecs");
    const { Cluster: cluster } = properties;
    await ifThere(/ServiceNotFound|ClusterNotFound/, ecs.DeleteService({ cluster, service: physicalId, force: true }));
    await until(context, async () => {
      const found = await ifThere(/ClusterNotFound/, ecs.DescribeServices({ cluster, services: [physicalId] }));
      const status = found?.services?.[0]?.status;
      return status === undefined || status === "INACTIVE";
    });
  },
});

/** What CreateService and UpdateService have in common. */
function changeable(wanted: PropertyValues<typeof properties>) {
  return {
    availabilityZoneRebalancing: wanted.AvailabilityZoneRebalancing,
    capacityProviderStrategy: wanted.CapacityProviderStrategy,
    deploymentConfiguration: wanted.DeploymentConfiguration,
    deploymentController: wanted.DeploymentController,
    enableECSManagedTags: wanted.EnableECSManagedTags,
    enableExecuteCommand: wanted.EnableExecuteCommand,
    healthCheckGracePeriodSeconds: wanted.HealthCheckGracePeriodSeconds,
    loadBalancers: wanted.LoadBalancers,
    networkConfiguration: wanted.NetworkConfiguration,
    placementConstraints: wanted.PlacementConstraints,
    placementStrategy: wanted.PlacementStrategies,
    platformVersion: wanted.PlatformVersion,
    propagateTags: wanted.PropagateTags,
    serviceConnectConfiguration: wanted.ServiceConnectConfiguration,
    serviceRegistries: wanted.ServiceRegistries,
    taskDefinition: wanted.TaskDefinition,
  };
}

/** @throws Error when the deployment has failed: the circuit breaker's reason is the resource's */
async function isStable(region: Region, service: string, cluster: string | undefined): Promise<boolean> {
  const { services = [] } = await region.call("ecs").DescribeServices({ cluster, services: [service] });
  const { deployments = [], runningCount, desiredCount } = present(services[0], "service");
  const failed = deployments.find(({ rolloutState }) => rolloutState === "FAILED");
  if (failed)
    throw new Error(
      `Error occurred during operation 'ECS Deployment Circuit Breaker was triggered'. ${failed.rolloutStateReason ?? ""}`,
    );
  const [primary] = deployments;
  return deployments.length === 1 && runningCount === desiredCount && primary?.rolloutState !== "IN_PROGRESS";
}
