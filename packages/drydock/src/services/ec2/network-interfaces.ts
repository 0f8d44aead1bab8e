import type { NetworkInterface } from "@aws-sdk/client-ec2";
import type { Operations } from "../../service.ts";
import { attachedInterfaces } from "./attached-interfaces.ts";
import { describeRecords } from "./describe.ts";
import type { Network } from "./network.ts";

/** Interfaces are made and deleted by the services that own them; they can only be looked at here. */
export function networkInterfaceOperations(network: Network): Operations<typeof import("@aws-sdk/client-ec2")> {
  return {
    DescribeNetworkInterfaces: async (input) => {
      const interfaces = await attachedInterfaces(network);
      const found = new Map(interfaces.map((each) => [each.NetworkInterfaceId ?? "", each]));
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
          "availability-zone": ({ AvailabilityZone }) => AvailabilityZone,
          "private-ip-address": ({ PrivateIpAddress }) => PrivateIpAddress,
          "requester-managed": ({ RequesterManaged }) => String(RequesterManaged),
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
