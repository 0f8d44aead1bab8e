import type { TagDescription } from "@aws-sdk/client-ec2";
import { AwsError } from "../../errors.ts";
import { paginate } from "../../pagination.ts";
import type { Operations } from "../../service.ts";
import { passes } from "./describe.ts";
import type { Network } from "./network.ts";

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

const finders: Record<string, (network: Network, id: string) => unknown> = {
  vpc: (network, id) => network.vpc(id),
  subnet: (network, id) => network.subnet(id),
  igw: (network, id) => network.internetGateway(id),
  eipalloc: (network, id) => network.find(network.addresses, id, "InvalidAllocationID.NotFound", "allocation ID"),
  nat: (network, id) => network.find(network.natGateways, id, "NatGatewayNotFound", "Nat Gateway"),
  rtb: (network, id) => network.routeTable(id),
  sg: (network, id) => network.securityGroup(id),
  sgr: (network, id) =>
    network.find(network.rules, id, "InvalidSecurityGroupRuleId.NotFound", "security group rule ID"),
};

const tagFilters: Record<string, (tag: TagDescription) => string | undefined> = {
  "resource-id": ({ ResourceId }) => ResourceId,
  "resource-type": ({ ResourceType }) => ResourceType,
  key: ({ Key }) => Key,
  value: ({ Value }) => Value,
};

export function tagOperations(network: Network): Operations<typeof import("@aws-sdk/client-ec2")> {
  const check = (id: string) => {
    const find = Object.entries(finders).find(([prefix]) => id.startsWith(`${prefix}-`))?.[1];
    if (!find) throw new AwsError("InvalidID", `The ID '${id}' is not valid`);
    find(network, id);
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
          Tags: [tag],
        })),
      );
      const found = all.filter((tag) => (input.Filters ?? []).every((filter) => passes(tag, filter, tagFilters)));
      const { items, nextToken } = paginate(found, ({ ResourceId, Key }) => `${ResourceId} ${Key}`, {
        token: input.NextToken,
        limit: input.MaxResults ?? 1000,
      });
      return { Tags: items.map(({ Tags, ...tag }) => tag), NextToken: nextToken };
    },
  };
}
