import type { Region } from "../../../region.ts";
import { ifThere, present } from "../engine/calls.ts";
import {
  boolean,
  inPlace,
  number,
  type PropertyValues,
  replacement,
  structure,
  tags,
  text,
} from "../engine/properties.ts";
import { defineResourceType } from "../engine/resource-type.ts";
import { tagChanges } from "../engine/tags.ts";

const properties = {
  Description: inPlace(text),
  GenerateSecretString: inPlace(
    structure({
      ExcludeCharacters: text,
      ExcludeLowercase: boolean,
      ExcludeNumbers: boolean,
      ExcludePunctuation: boolean,
      ExcludeUppercase: boolean,
      GenerateStringKey: text,
      IncludeSpace: boolean,
      PasswordLength: number,
      RequireEachIncludedType: boolean,
      SecretStringTemplate: text,
    }),
  ),
  KmsKeyId: inPlace(text),
  Name: replacement(text),
  SecretString: inPlace(text),
  Tags: inPlace(tags),
};

export const secret = defineResourceType({
  properties,
  unsupported: ["ReplicaRegions", "Type"],
  attributes: ["Id"],
  nameProperty: "Name",
  async create({ region, properties, tags, generatedName, token }) {
    const { Description, KmsKeyId, Name } = properties;
    const { ARN } = await region.call("secretsmanager").CreateSecret({
      Name: Name ?? generatedName(256),
      Description,
      KmsKeyId,
      SecretString: await secretString(region, properties),
      Tags: tags,
      ClientRequestToken: token,
    });
    return present(ARN, "ARN");
  },
  read: async ({ physicalId }) => ({ Id: physicalId }),
  async update({ region, physicalId: SecretId, properties, previousTags, tags, changed }) {
    const secrets = region.call("secretsmanager");
    const { Description, KmsKeyId } = properties;
    // "If you change GenerateSecretString, a new secret value is generated"; otherwise the value stays as it is.
    const newValue = changed.has("SecretString") || changed.has("GenerateSecretString");
    if (newValue || changed.has("Description") || changed.has("KmsKeyId"))
      await secrets.UpdateSecret({
        SecretId,
        Description: Description ?? "",
        KmsKeyId,
        ...(newValue && { SecretString: await secretString(region, properties) }),
      });
    if (changed.has("Tags")) {
      const { set, removed } = tagChanges(previousTags, tags);
      if (removed.length > 0) await secrets.UntagResource({ SecretId, TagKeys: removed });
      if (set.length > 0) await secrets.TagResource({ SecretId, Tags: set });
    }
    return undefined;
  },
  async delete({ region, physicalId: SecretId }) {
    const call = region.call("secretsmanager").DeleteSecret({ SecretId, ForceDeleteWithoutRecovery: true });
    await ifThere(/ResourceNotFound/, call);
  },
});

async function secretString(
  region: Region,
  { SecretString, GenerateSecretString }: PropertyValues<typeof properties>,
): Promise<string | undefined> {
  if (SecretString !== undefined && GenerateSecretString)
    throw new Error("You can't specify both SecretString and GenerateSecretString");
  if (!GenerateSecretString) return SecretString;
  const { GenerateStringKey, SecretStringTemplate, ...options } = GenerateSecretString;
  if ((GenerateStringKey === undefined) !== (SecretStringTemplate === undefined))
    throw new Error("You must specify both GenerateStringKey and SecretStringTemplate, or neither");
  const { RandomPassword = "" } = await region.call("secretsmanager").GetRandomPassword(options);
  if (GenerateStringKey === undefined || SecretStringTemplate === undefined) return RandomPassword;
  let template: unknown;
  try {
    template = JSON.parse(SecretStringTemplate);
  } catch {
    throw new Error("Could not parse SecretStringTemplate JSON.");
  }
  return JSON.stringify({ ...(template as object), [GenerateStringKey]: RandomPassword });
}
