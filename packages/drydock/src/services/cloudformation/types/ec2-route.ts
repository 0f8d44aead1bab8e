import { ifThere } from "../engine/calls.ts";
import { inPlace, replacement, required, text } from "../engine/properties.ts";
import { defineResourceType } from "../engine/resource-type.ts";

export const route = defineResourceType({
  properties: {
    DestinationCidrBlock: required(replacement(text)),
    GatewayId: inPlace(text),
    NatGatewayId: inPlace(text),
    RouteTableId: required(replacement(text)),
  },
  unsupported: [
    "CarrierGatewayId",
    "CoreNetworkArn",
    "DestinationIpv6CidrBlock",
    "DestinationPrefixListId",
    "EgressOnlyInternetGatewayId",
    "InstanceId",
    "LocalGatewayId",
    "NetworkInterfaceId",
    "TransitGatewayId",
    "VpcEndpointId",
    "VpcPeeringConnectionId",
  ],
  attributes: ["CidrBlock"],
  taggable: false,
  async create({ region, properties }) {
    await region.call("ec2").CreateRoute(properties);
    return `${properties.RouteTableId}|${properties.DestinationCidrBlock}`;
  },
  read: async ({ properties }) => ({ CidrBlock: properties.DestinationCidrBlock }),
  async update({ region, properties }) {
    await region.call("ec2").ReplaceRoute(properties);
    return undefined;
  },
  async delete({ region, properties: { RouteTableId, DestinationCidrBlock } }) {
    await ifThere(/NotFound/, region.call("ec2").DeleteRoute({ RouteTableId, DestinationCidrBlock }));
  },
});
