import {
  type PutClusterCapacityProvidersCommandInput as Input,
  PutClusterCapacityProvidersRequest$,
} from "@aws-sdk/client-ecs";
import { ifThere } from "../engine/calls.ts";
import { inPlace, list, replacement, required, text } from "../engine/properties.ts";
import { defineResourceType } from "../engine/resource-type.ts";
import { sdkShape } from "../engine/sdk-shape.ts";

export const clusterCapacityProviderAssociations = defineResourceType({
  properties: {
    CapacityProviders: inPlace(list(text)),
    Cluster: required(replacement(text)),
    DefaultCapacityProviderStrategy: required(
      inPlace(
        sdkShape<Input, "defaultCapacityProviderStrategy">(
          PutClusterCapacityProvidersRequest$,
          "defaultCapacityProviderStrategy",
        ),
      ),
    ),
  },
  taggable: false,
  async create({ region, properties }) {
    const { Cluster, CapacityProviders = [], DefaultCapacityProviderStrategy } = properties;
    await region.call("ecs").PutClusterCapacityProviders({
      cluster: Cluster,
      capacityProviders: CapacityProviders,
      defaultCapacityProviderStrategy: DefaultCapacityProviderStrategy,
    });
    return Cluster;
  },
  async update({ region, properties }) {
    const { Cluster, CapacityProviders = [], DefaultCapacityProviderStrategy } = properties;
    await region.call("ecs").PutClusterCapacityProviders({
      cluster: Cluster,
      capacityProviders: CapacityProviders,
      defaultCapacityProviderStrategy: DefaultCapacityProviderStrategy,
    });
    return undefined;
  },
  async delete({ region, physicalId: cluster }) {
    const none = { capacityProviders: [], defaultCapacityProviderStrategy: [] };
    await ifThere(/ClusterNotFound/, region.call("ecs").PutClusterCapacityProviders({ cluster, ...none }));
  },
});
