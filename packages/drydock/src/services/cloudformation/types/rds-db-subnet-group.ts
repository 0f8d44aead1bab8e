import { regionalArn } from "../../../arn.ts";
import { ifThere } from "../engine/calls.ts";
import { inPlace, list, replacement, required, tags, text } from "../engine/properties.ts";
import { defineResourceType } from "../engine/resource-type.ts";
import { updateTags } from "./rds-tags.ts";

export const dbSubnetGroup = defineResourceType({
  properties: {
    DBSubnetGroupDescription: required(inPlace(text)),
    DBSubnetGroupName: replacement(text),
    SubnetIds: required(inPlace(list(text))),
    Tags: inPlace(tags),
  },
  nameProperty: "DBSubnetGroupName",
  async create({ region, properties, tags, generatedName }) {
    // "Constraints: Must contain no more than 255 characters"; RDS keeps it in lower case.
    const DBSubnetGroupName = (properties.DBSubnetGroupName ?? generatedName(255)).toLowerCase();
    const { DBSubnetGroupDescription, SubnetIds } = properties;
    await region
      .call("rds")
      .CreateDBSubnetGroup({ DBSubnetGroupName, DBSubnetGroupDescription, SubnetIds, Tags: tags });
    return DBSubnetGroupName;
  },
  async update(context) {
    const { region, physicalId: DBSubnetGroupName, properties, changed } = context;
    const { DBSubnetGroupDescription, SubnetIds } = properties;
    if (changed.has("DBSubnetGroupDescription") || changed.has("SubnetIds"))
      await region.call("rds").ModifyDBSubnetGroup({ DBSubnetGroupName, DBSubnetGroupDescription, SubnetIds });
    await updateTags(context, regionalArn(region, "rds", `subgrp:${DBSubnetGroupName}`));
    return undefined;
  },
  async delete({ region, physicalId }) {
    await ifThere(/NotFound/, region.call("rds").DeleteDBSubnetGroup({ DBSubnetGroupName: physicalId }));
  },
});
