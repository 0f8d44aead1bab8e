import { ifThere, present } from "../engine/calls.ts";
import { inPlace, replacement, required, tags, text } from "../engine/properties.ts";
import { defineResourceType } from "../engine/resource-type.ts";
import { tagSpecifications, updateTags } from "./ec2-tags.ts";

export const routeTable = defineResourceType({
  properties: { Tags: inPlace(tags), VpcId: required(replacement(text)) },
  attributes: ["RouteTableId"],
  async create({ region, properties: { VpcId }, tags }) {
    const { RouteTable } = await region
      .call("ec2")
      .CreateRouteTable({ VpcId, ...tagSpecifications("route-table", tags) });
    return present(RouteTable?.RouteTableId, "RouteTableId");
  },
  read: async ({ physicalId }) => ({ RouteTableId: physicalId }),
  async update(context) {
    await updateTags(context, context.physicalId);
    return undefined;
  },
  async delete({ region, physicalId }) {
    await ifThere(/NotFound/, region.call("ec2").DeleteRouteTable({ RouteTableId: physicalId }));
  },
});
