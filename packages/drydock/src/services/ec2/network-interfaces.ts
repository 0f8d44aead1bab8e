import type { NetworkInterface } from "@aws-sdk/client-ec2";
import type { Operations } from "../../service.ts";
import { describeRecords } from "./describe.ts";
import type { Network } from "./network.ts";

/**
 * The interfaces that NAT gateways have. Those of tasks are shown by ECS in the task's attachments; EC2 lists none that
 * a VPC's deletion would have to wait for.
 */
export function networkInterfaceOperations(network: Network): Operations<typeof import("@aws-sdk/client-ec2")> {
  const interfaces = (): Map<string, NetworkInterface> => {
    const found = network.natGateways.list().flatMap((gateway) =>
      gateway.State === "deleted"
        ? []
        : (gateway.NatGatewayAddresses ?? []).map((address): [string, NetworkInterface] => [
            address.NetworkInterfaceId ?? "",
            {
              NetworkInterfaceId: address.NetworkInterfaceId,
              InterfaceType: "natGateway",
              Description: `Interface for NAT Gateway ${gateway.NatGatewayId}`,
              OwnerId: network.accountId,
              RequesterManaged: true,
              PrivateIpAddress: address.PrivateIp,
              Status: "in-use",
              SubnetId: gateway.SubnetId,
              VpcId: gateway.VpcId,
            },
          ]),
    );
    return new Map(found);
  };

  return {
    DescribeNetworkInterfaces: (input) => {
      const found = interfaces();
      const { items, nextToken } = describeRecords<NetworkInterface>(
        network,
        { get: (id) => found.get(id), list: () => [...found.values()] },
        ({ NetworkInterfaceId }) => NetworkInterfaceId,
        { ids: input.NetworkInterfaceIds, filters: input.Filters, token: input.NextToken, limit: input.MaxResults },
        { code: "InvalidNetworkInterfaceID.NotFound", kind: "networkInterface ID" },
        {
          "network-interface-id": ({ NetworkInterfaceId }) => NetworkInterfaceId,
          "vpc-id": ({ VpcId }) => VpcId,
          "subnet-id": ({ SubnetId }) => SubnetId,
          "interface-type": ({ InterfaceType }) => InterfaceType,
          description: ({ Description }) => Description,
          status: ({ Status }) => Status,
          "group-id": ({ Groups }) => Groups?.map(({ GroupId }) => GroupId),
          "attachment.instance-owner-id": ({ Attachment }) => Attachment?.InstanceOwnerId,
        },
      );
      return { NetworkInterfaces: items, NextToken: nextToken };
    },
  };
}
