import { AwsError } from "../../errors.ts";
import type { Operations } from "../../service.ts";
import { attachedInterfaces } from "./attached-interfaces.ts";
import { describeRecords } from "./describe.ts";
import { dependencyViolation, type Network } from "./network.ts";

export function internetGatewayOperations(network: Network): Operations<typeof import("@aws-sdk/client-ec2")> {
  return {
    CreateInternetGateway: (input) => {
      const InternetGatewayId = network.newId("igw");
      const gateway = { InternetGatewayId, Attachments: [], OwnerId: network.accountId };
      network.internetGateways.put(InternetGatewayId, gateway);
      network.tagNew(InternetGatewayId, "internet-gateway", input.TagSpecifications);
      return { InternetGateway: network.withTags(InternetGatewayId, gateway) };
    },

    DescribeInternetGateways: (input) => {
      const { items, nextToken } = describeRecords(
        network,
        network.internetGateways,
        ({ InternetGatewayId }) => InternetGatewayId,
        { ids: input.InternetGatewayIds, filters: input.Filters, token: input.NextToken, limit: input.MaxResults },
        { code: "InvalidInternetGatewayID.NotFound", kind: "internetGateway ID" },
        {
          "internet-gateway-id": ({ InternetGatewayId }) => InternetGatewayId,
          "attachment.vpc-id": ({ Attachments }) => Attachments?.map(({ VpcId }) => VpcId),
          "attachment.state": ({ Attachments }) => Attachments?.map(({ State }) => State),
          "owner-id": ({ OwnerId }) => OwnerId,
        },
      );
      return { InternetGateways: items, NextToken: nextToken };
    },

    AttachInternetGateway: (input) => {
      const gateway = network.internetGateway(input.InternetGatewayId);
      network.vpc(input.VpcId);
      if (gateway.Attachments?.length) {
        const message = `resource ${input.InternetGatewayId} is already attached to network ${gateway.Attachments[0]?.VpcId}`;
        throw new AwsError("Resource.AlreadyAssociated", message);
      }
      const attached = network.internetGateways
        .list()
        .some(({ Attachments }) => Attachments?.some(({ VpcId }) => VpcId === input.VpcId));
      if (attached) {
        const message = `Network ${input.VpcId} already has an internet gateway attached`;
        throw new AwsError("InvalidParameterValue", message);
      }
      network.internetGateways.put(input.InternetGatewayId, {
        ...gateway,
        Attachments: [{ State: "available" as "attached", VpcId: input.VpcId }],
      });
      return {};
    },

    DetachInternetGateway: async (input) => {
      const gateway = network.internetGateway(input.InternetGatewayId);
      if (!gateway.Attachments?.some(({ VpcId }) => VpcId === input.VpcId)) {
        const message = `resource ${input.InternetGatewayId} is not attached to network ${input.VpcId}`;
        throw new AwsError("Gateway.NotAttached", message);
      }
      const mapped = (await attachedInterfaces(network)).some(
        ({ VpcId, Association }) => VpcId === input.VpcId && Association !== undefined,
      );
      if (mapped) {
        const message = `Network ${input.VpcId} has some mapped public address(es). Please unmap those public address(es) before detaching the gateway.`;
        throw new AwsError("DependencyViolation", message);
      }
      network.internetGateways.put(input.InternetGatewayId, { ...gateway, Attachments: [] });
      return {};
    },

    DeleteInternetGateway: (input) => {
      const gateway = network.internetGateway(input.InternetGatewayId);
      if (gateway.Attachments?.length) throw dependencyViolation("internetGateway", input.InternetGatewayId);
      network.remove(network.internetGateways, input.InternetGatewayId);
      return {};
    },
  };
}
