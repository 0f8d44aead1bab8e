import { paginate } from "../../pagination.ts";
import type { Operations } from "../../service.ts";
import { type Network, notFound } from "./network.ts";

const resourceTypes: Record<string, string> = {
  vpc: "vpc",
  subnet: "subnet",
  igw: "internet-gateway",
  eipalloc: "elastic-ip",
  nat: "natgateway",
  rtb: "route-table",
  sg: "security-group",
  sgr: "security-group-rule",
};

export function tagOperations(network: Network): Operations<typeof import("@aws-sdk/client-ec2")> {
  const collections = {
    vpc: network.vpcs,
    subnet: network.subnets,
    igw: network.internetGateways,
    eipalloc: network.addresses,
    nat: network.natGateways,
    rtb: network.routeTables,
    sg: network.securityGroups,
    sgr: network.rules,
  };
  const check = (id: string) => {
    const prefix = id.slice(0, id.indexOf("-")) as keyof typeof collections;
    if (!collections[prefix]?.get(id)) throw notFound("InvalidID", "ID", id);
  };

  return {
    CreateTags: (input) => {
      input.Resources.forEach(check);
      network.region.store.transaction(() => {
        const keys = new Set(input.Tags.map(({ Key }) => Key));
        for (const id of input.Resources) {
          network.tags.put(id, [...network.tagsOf(id).filter(({ Key }) => !keys.has(Key)), ...input.Tags]);
        }
      });
      return {};
    },

    DeleteTags: (input) => {
      network.region.store.transaction(() => {
        for (const id of input.Resources) {
          // "If you omit this parameter, all user-defined tags are deleted"; a tag with a value goes only if it has that value.
          const kept = network
            .tagsOf(id)
            .filter(
              (tag) =>
                !input.Tags?.some(({ Key, Value }) => Key === tag.Key && (Value === undefined || Value === tag.Value)),
            );
          if (input.Tags && kept.length > 0) network.tags.put(id, kept);
          else network.tags.delete(id);
        }
      });
      return {};
    },

    DescribeTags: (input) => {
      const all = network.tags.entries().flatMap(([ResourceId, tags]) =>
        tags.map((tag) => ({
          ...tag,
          ResourceId,
          ResourceType: resourceTypes[ResourceId.slice(0, ResourceId.indexOf("-"))] as "vpc",
        })),
      );
      const wanted = (name: string) => input.Filters?.find(({ Name }) => Name === name)?.Values;
      const passes = (name: string, value: string | undefined) => wanted(name)?.includes(value ?? "") ?? true;
      const found = all.filter(
        (tag) =>
          passes("resource-id", tag.ResourceId) &&
          passes("resource-type", tag.ResourceType) &&
          passes("key", tag.Key) &&
          passes("value", tag.Value),
      );
      const { items, nextToken } = paginate(found, ({ ResourceId, Key }) => `${ResourceId} ${Key}`, {
        token: input.NextToken,
        limit: input.MaxResults ?? 1000,
      });
      return { Tags: items, NextToken: nextToken };
    },
  };
}
