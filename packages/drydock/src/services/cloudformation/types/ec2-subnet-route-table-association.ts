import { ifThere, present } from "../engine/calls.ts";
import { inPlace, replacement, required, text } from "../engine/properties.ts";
import { defineResourceType } from "../engine/resource-type.ts";

export const subnetRouteTableAssociation = defineResourceType({
  properties: {
    // AWS's reference says "Replacement", but a subnet can't have the new association beside the old one: CloudFormation
    // exchanges them by ReplaceRouteTableAssociation, after which the physical id is another.
    RouteTableId: required(inPlace(text)),
    SubnetId: required(replacement(text)),
  },
  attributes: ["Id"],
  taggable: false,
  async create({ region, properties: { RouteTableId, SubnetId } }) {
    const { AssociationId } = await region.call("ec2").AssociateRouteTable({ RouteTableId, SubnetId });
    return present(AssociationId, "AssociationId");
  },
  read: async ({ physicalId }) => ({ Id: physicalId }),
  async update({ region, physicalId, properties: { RouteTableId } }) {
    const { NewAssociationId } = await region
      .call("ec2")
      .ReplaceRouteTableAssociation({ AssociationId: physicalId, RouteTableId });
    return present(NewAssociationId, "NewAssociationId");
  },
  async delete({ region, physicalId }) {
    await ifThere(/NotFound/, region.call("ec2").DisassociateRouteTable({ AssociationId: physicalId }));
  },
});
