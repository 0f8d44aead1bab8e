import type { PutParameterCommandInput } from "@aws-sdk/client-ssm";
import { ifThere, present } from "../engine/calls.ts";
import { inPlace, jsonText, map, type PropertyValues, replacement, required, text } from "../engine/properties.ts";
import { defineResourceType } from "../engine/resource-type.ts";
import { tagChanges } from "../engine/tags.ts";

const properties = {
  AllowedPattern: inPlace(text),
  DataType: inPlace(text),
  Description: inPlace(text),
  Name: replacement(text),
  Policies: inPlace(jsonText),
  Tags: inPlace(map(text)),
  Tier: inPlace(text),
  Type: required(inPlace(text)),
  Value: required(inPlace(text)),
};

export const parameter = defineResourceType({
  properties,
  attributes: ["Type", "Value"],
  nameProperty: "Name",
  async create({ region, properties, tags, generatedName }) {
    const Name = properties.Name ?? `CFN-${generatedName(1000)}`;
    await region.call("ssm").PutParameter({ ...input(Name, properties), Tags: tags });
    return Name;
  },
  async read({ region, physicalId }) {
    const { Parameter } = await region.call("ssm").GetParameter({ Name: physicalId });
    const { Type, Value } = present(Parameter, "Parameter");
    return { Type, Value };
  },
  async update({ region, physicalId, properties, previousTags, tags, changed }) {
    const ssm = region.call("ssm");
    if ([...changed].some((name) => name !== "Tags"))
      await ssm.PutParameter({ ...input(physicalId, properties), Overwrite: true });
    if (changed.has("Tags")) {
      const { set, removed } = tagChanges(previousTags, tags);
      const target = { ResourceType: "Parameter", ResourceId: physicalId } as const;
      if (removed.length > 0) await ssm.RemoveTagsFromResource({ ...target, TagKeys: removed });
      if (set.length > 0) await ssm.AddTagsToResource({ ...target, Tags: set });
    }
    return undefined;
  },
  async delete({ region, physicalId }) {
    await ifThere(/ParameterNotFound/, region.call("ssm").DeleteParameter({ Name: physicalId }));
  },
});

function input(Name: string, wanted: PropertyValues<typeof properties>) {
  const { AllowedPattern, DataType, Description, Policies, Tier, Type, Value } = wanted;
  // "CloudFormation doesn't support creating a SecureString parameter type."
  if (Type === "SecureString")
    throw new Error("Value SecureString at 'Type' failed to satisfy constraint: [String, StringList]");
  return {
    Name,
    AllowedPattern,
    DataType,
    Description,
    Policies,
    Tier: Tier as PutParameterCommandInput["Tier"],
    Type: Type as PutParameterCommandInput["Type"],
    Value,
  };
}
