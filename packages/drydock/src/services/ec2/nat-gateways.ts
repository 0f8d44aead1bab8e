import { AwsError } from "../../errors.ts";
import type { Operations } from "../../service.ts";
import { formatAddress, parseCidr } from "./cidr.ts";
import { describeRecords } from "./describe.ts";
import { type Network, notFound } from "./network.ts";

// The states are passed through at once: nothing is behind a NAT gateway here that would have to start or stop.
// "The first four IP addresses and the last IP address in each subnet CIDR block are not available for your use."
const firstAddress = 4;
const reservedAddresses = 5;
const shownAfterDeletionMilliseconds = 60 * 60 * 1000;

export function natGatewayOperations(network: Network): Operations<typeof import("@aws-sdk/client-ec2")> {
  return {
    CreateNatGateway: (input) => {
      const repeated = network.natGateways
        .list()
        .find(({ NatGatewayId = "" }) => tokenOf(network, NatGatewayId) === (input.ClientToken ?? ""));
      if (repeated && input.ClientToken) return { NatGateway: network.withTags(repeated.NatGatewayId, repeated) };
      if (!input.SubnetId) throw new AwsError("MissingParameter", "The request must contain the parameter SubnetId");
      const subnet = network.subnet(input.SubnetId);
      const address = input.AllocationId ? network.addresses.get(input.AllocationId) : undefined;
      const isPublic = input.ConnectivityType !== "private";
      if (isPublic && !input.AllocationId) {
        throw new AwsError("MissingParameter", "The request must contain the parameter AllocationId");
      }
      if (!isPublic && input.AllocationId) {
        const message = "Elastic IPs are not supported for NAT gateways of connectivity type private.";
        throw new AwsError("InvalidParameterCombination", message);
      }
      if (isPublic && !address) {
        throw notFound("InvalidAllocationID.NotFound", "allocation ID", input.AllocationId ?? "");
      }
      if (address?.AssociationId) {
        throw new AwsError(
          "Resource.AlreadyAssociated",
          `Elastic IP address [${address.AllocationId}] is already associated`,
        );
      }
      const NatGatewayId = network.newId("nat");
      const NetworkInterfaceId = network.newId("eni");
      const AssociationId = network.newId("eipassoc");
      const cidr = parseCidr(subnet.CidrBlock ?? "");
      const place = network.region.store.next("ec2.nat") % (cidr.size - reservedAddresses);
      const PrivateIp = formatAddress(cidr.base + firstAddress + place);
      const gateway = {
        NatGatewayId,
        SubnetId: input.SubnetId,
        VpcId: subnet.VpcId,
        ConnectivityType: isPublic ? ("public" as const) : ("private" as const),
        State: "available" as const,
        CreateTime: new Date(network.region.clock.now()),
        NatGatewayAddresses: [
          {
            AllocationId: address?.AllocationId,
            PublicIp: address?.PublicIp,
            NetworkInterfaceId,
            PrivateIp,
            IsPrimary: true,
            Status: "succeeded" as const,
            ...(address && { AssociationId }),
          },
        ],
      };
      network.region.store.transaction(() => {
        network.natGateways.put(NatGatewayId, gateway);
        if (input.ClientToken) tokens(network).put(NatGatewayId, input.ClientToken);
        network.tagNew(NatGatewayId, "natgateway", input.TagSpecifications);
        if (address?.AllocationId) {
          network.addresses.put(address.AllocationId, {
            ...address,
            AssociationId,
            NetworkInterfaceId,
            PrivateIpAddress: PrivateIp,
          });
        }
      });
      return {
        NatGateway: network.withTags(NatGatewayId, { ...gateway, State: "pending" as const }),
        ClientToken: input.ClientToken,
      };
    },

    DescribeNatGateways: (input) => {
      const oldest = network.region.clock.now() - shownAfterDeletionMilliseconds;
      for (const { NatGatewayId = "", DeleteTime } of network.natGateways.list()) {
        if (DeleteTime && DeleteTime.getTime() < oldest) network.remove(network.natGateways, NatGatewayId);
      }
      const { items, nextToken } = describeRecords(
        network,
        network.natGateways,
        ({ NatGatewayId }) => NatGatewayId,
        { ids: input.NatGatewayIds, filters: input.Filter, token: input.NextToken, limit: input.MaxResults },
        { code: "NatGatewayNotFound", kind: "Nat Gateway" },
        {
          "nat-gateway-id": ({ NatGatewayId }) => NatGatewayId,
          "subnet-id": ({ SubnetId }) => SubnetId,
          "vpc-id": ({ VpcId }) => VpcId,
          state: ({ State }) => State,
        },
      );
      return { NatGateways: items, NextToken: nextToken };
    },

    DeleteNatGateway: (input) => {
      const gateway = network.find(network.natGateways, input.NatGatewayId, "NatGatewayNotFound", "Nat Gateway");
      network.region.store.transaction(() => {
        for (const { AllocationId } of gateway.NatGatewayAddresses ?? []) {
          const address = AllocationId === undefined ? undefined : network.addresses.get(AllocationId);
          if (!address || AllocationId === undefined) continue;
          const { AssociationId, NetworkInterfaceId, PrivateIpAddress, ...free } = address;
          network.addresses.put(AllocationId, free);
        }
        tokens(network).delete(input.NatGatewayId);
        network.natGateways.put(input.NatGatewayId, {
          ...gateway,
          State: "deleted",
          DeleteTime: new Date(network.region.clock.now()),
        });
      });
      return { NatGatewayId: input.NatGatewayId };
    },
  };
}

function tokens(network: Network) {
  return network.region.store.collection<string>("ec2.natGatewayTokens");
}

function tokenOf(network: Network, id: string): string | undefined {
  return tokens(network).get(id);
}
