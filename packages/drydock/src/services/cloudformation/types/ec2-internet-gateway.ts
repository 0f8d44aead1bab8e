import { ifThere, present } from "../engine/calls.ts";
import { inPlace, tags } from "../engine/properties.ts";
import { defineResourceType } from "../engine/resource-type.ts";
import { tagSpecifications, updateTags } from "./ec2-tags.ts";

export const internetGateway = defineResourceType({
  properties: { Tags: inPlace(tags) },
  attributes: ["InternetGatewayId"],
  async create({ region, tags }) {
    const { InternetGateway } = await region
      .call("ec2")
      .CreateInternetGateway(tagSpecifications("internet-gateway", tags));
    return present(InternetGateway?.InternetGatewayId, "InternetGatewayId");
  },
  read: async ({ physicalId }) => ({ InternetGatewayId: physicalId }),
  async update(context) {
    await updateTags(context, context.physicalId);
    return undefined;
  },
  async delete({ region, physicalId }) {
    await ifThere(/NotFound/, region.call("ec2").DeleteInternetGateway({ InternetGatewayId: physicalId }));
  },
});
