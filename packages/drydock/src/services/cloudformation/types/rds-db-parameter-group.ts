import { regionalArn } from "../../../arn.ts";
import type { Region } from "../../../region.ts";
import { ifThere } from "../engine/calls.ts";
import { inPlace, map, replacement, required, tags, text } from "../engine/properties.ts";
import { defineResourceType } from "../engine/resource-type.ts";
import { updateTags } from "./rds-tags.ts";

export const dbParameterGroup = defineResourceType({
  properties: {
    DBParameterGroupName: replacement(text),
    Description: required(replacement(text)),
    Family: required(replacement(text)),
    Parameters: inPlace(map(text)),
    Tags: inPlace(tags),
  },
  attributes: ["DBParameterGroupName"],
  nameProperty: "DBParameterGroupName",
  async create({ region, properties, tags, generatedName, made }) {
    const name = (properties.DBParameterGroupName ?? generatedName(255)).toLowerCase();
    await region.call("rds").CreateDBParameterGroup({
      DBParameterGroupName: name,
      DBParameterGroupFamily: properties.Family,
      Description: properties.Description,
      Tags: tags,
    });
    made(name);
    await setParameters(region, name, properties.Parameters ?? {});
    return name;
  },
  read: async ({ physicalId }) => ({ DBParameterGroupName: physicalId }),
  async update(context) {
    const { region, physicalId, properties, previous } = context;
    const { Parameters = {} } = properties;
    const gone = Object.keys(previous.Parameters ?? {}).filter((name) => !Object.hasOwn(Parameters, name));
    if (gone.length > 0)
      await region.call("rds").ResetDBParameterGroup({
        DBParameterGroupName: physicalId,
        Parameters: gone.map((ParameterName) => ({ ParameterName, ApplyMethod: "pending-reboot" as const })),
      });
    await setParameters(region, physicalId, Parameters);
    await updateTags(context, regionalArn(region, "rds", `pg:${physicalId}`));
    return undefined;
  },
  async delete({ region, physicalId }) {
    await ifThere(/NotFound/, region.call("rds").DeleteDBParameterGroup({ DBParameterGroupName: physicalId }));
  },
});

async function setParameters(
  region: Region,
  DBParameterGroupName: string,
  values: Record<string, string>,
): Promise<void> {
  const Parameters = Object.entries(values).map(([ParameterName, ParameterValue]) => ({
    ParameterName,
    ParameterValue,
    // "You can use the immediate value with dynamic parameters only"; pending-reboot is right for both kinds.
    ApplyMethod: "pending-reboot" as const,
  }));
  if (Parameters.length > 0) await region.call("rds").ModifyDBParameterGroup({ DBParameterGroupName, Parameters });
}
