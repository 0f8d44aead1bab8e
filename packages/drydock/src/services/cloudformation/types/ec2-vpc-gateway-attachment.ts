import { ifThere } from "../engine/calls.ts";
import { inPlace, replacement, required, text } from "../engine/properties.ts";
import { defineResourceType } from "../engine/resource-type.ts";

export const vpcGatewayAttachment = defineResourceType({
  properties: { InternetGatewayId: required(inPlace(text)), VpcId: required(replacement(text)) },
  unsupported: ["VpnGatewayId"],
  attributes: ["AttachmentType"],
  taggable: false,
  async create({ region, properties: { InternetGatewayId, VpcId } }) {
    await region.call("ec2").AttachInternetGateway({ InternetGatewayId, VpcId });
    return `IGW|${VpcId}`;
  },
  read: async () => ({ AttachmentType: "IGW" }),
  async update({ region, properties: { InternetGatewayId, VpcId }, previous }) {
    const ec2 = region.call("ec2");
    await ifThere(
      /NotAttached|NotFound/,
      ec2.DetachInternetGateway({ InternetGatewayId: previous.InternetGatewayId, VpcId }),
    );
    await ec2.AttachInternetGateway({ InternetGatewayId, VpcId });
    return undefined;
  },
  async delete({ region, properties: { InternetGatewayId, VpcId } }) {
    await ifThere(/NotAttached|NotFound/, region.call("ec2").DetachInternetGateway({ InternetGatewayId, VpcId }));
  },
});
