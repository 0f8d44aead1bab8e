import { CreateClusterRequest$, type CreateClusterCommandInput as Input } from "@aws-sdk/client-ecs";
import { ifThere, present } from "../engine/calls.ts";
import { inPlace, list, replacement, tags, text } from "../engine/properties.ts";
import { defineResourceType } from "../engine/resource-type.ts";
import { sdkShape } from "../engine/sdk-shape.ts";
import { ecsTags, updateTags } from "./ecs-tags.ts";

export const cluster = defineResourceType({
  properties: {
    CapacityProviders: inPlace(list(text)),
    ClusterName: replacement(text),
    ClusterSettings: inPlace(sdkShape<Input, "settings">(CreateClusterRequest$, "settings")),
    Configuration: inPlace(sdkShape<Input, "configuration">(CreateClusterRequest$, "configuration")),
    DefaultCapacityProviderStrategy: inPlace(
      sdkShape<Input, "defaultCapacityProviderStrategy">(CreateClusterRequest$, "defaultCapacityProviderStrategy"),
    ),
    ServiceConnectDefaults: inPlace(
      sdkShape<Input, "serviceConnectDefaults">(CreateClusterRequest$, "serviceConnectDefaults"),
    ),
    Tags: inPlace(tags),
  },
  attributes: ["Arn"],
  nameProperty: "ClusterName",
  async create({ region, properties, tags, generatedName }) {
    const clusterName = properties.ClusterName ?? generatedName(255);
    await region.call("ecs").CreateCluster({
      clusterName,
      capacityProviders: properties.CapacityProviders,
      configuration: properties.Configuration,
      defaultCapacityProviderStrategy: properties.DefaultCapacityProviderStrategy,
      serviceConnectDefaults: properties.ServiceConnectDefaults,
      settings: properties.ClusterSettings,
      tags: ecsTags(tags),
    });
    return clusterName;
  },
  async read({ region, physicalId }) {
    const { clusters = [] } = await region.call("ecs").DescribeClusters({ clusters: [physicalId] });
    return { Arn: present(clusters[0]?.clusterArn, "clusterArn") };
  },
  async update(context) {
    const { region, physicalId, properties, attributes, changed } = context;
    const ecs = region.call("ecs");
    if (changed.has("ClusterSettings") || changed.has("Configuration") || changed.has("ServiceConnectDefaults"))
      await ecs.UpdateCluster({
        cluster: physicalId,
        settings: properties.ClusterSettings,
        configuration: properties.Configuration,
        serviceConnectDefaults: properties.ServiceConnectDefaults,
      });
    if (changed.has("CapacityProviders") || changed.has("DefaultCapacityProviderStrategy"))
      await ecs.PutClusterCapacityProviders({
        cluster: physicalId,
        capacityProviders: properties.CapacityProviders ?? [],
        defaultCapacityProviderStrategy: properties.DefaultCapacityProviderStrategy ?? [],
      });
    await updateTags(context, String(attributes.Arn));
    return undefined;
  },
  async delete({ region, physicalId }) {
    await ifThere(/ClusterNotFound/, region.call("ecs").DeleteCluster({ cluster: physicalId }));
  },
});
