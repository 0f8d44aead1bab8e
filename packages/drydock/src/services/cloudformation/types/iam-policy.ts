import type { Region } from "../../../region.ts";
import { ifThere } from "../engine/calls.ts";
import { inPlace, jsonText, list, required, text } from "../engine/properties.ts";
import { defineResourceType } from "../engine/resource-type.ts";

/** An inline policy, put into each of its roles under the same name. */
export const inlinePolicy = defineResourceType({
  properties: {
    PolicyDocument: required(inPlace(jsonText)),
    PolicyName: required(inPlace(text)),
    Roles: inPlace(list(text)),
  },
  unsupported: ["Groups", "Users"],
  attributes: ["Id"],
  taggable: false,
  async create({ region, properties: { PolicyDocument, PolicyName, Roles = [] }, generatedName, made }) {
    if (Roles.length === 0)
      throw new Error("At least one of [Groups,Roles,Users] must be non-empty. (drydock has roles only)");
    const id = generatedName(64);
    made(id);
    const iam = region.call("iam");
    for (const RoleName of Roles) await iam.PutRolePolicy({ RoleName, PolicyName, PolicyDocument });
    return id;
  },
  read: async ({ physicalId }) => ({ Id: physicalId }),
  async update({ region, properties: { PolicyDocument, PolicyName, Roles = [] }, previous }) {
    const iam = region.call("iam");
    for (const RoleName of Roles) await iam.PutRolePolicy({ RoleName, PolicyName, PolicyDocument });
    const renamed = previous.PolicyName !== PolicyName;
    await take(region, previous.PolicyName, previous.Roles?.filter((each) => renamed || !Roles.includes(each)) ?? []);
    return undefined;
  },
  async delete({ region, properties: { PolicyName, Roles = [] } }) {
    await take(region, PolicyName, Roles);
  },
});

async function take(region: Region, PolicyName: string, roles: string[]): Promise<void> {
  for (const RoleName of roles)
    await ifThere(/NoSuchEntity/, region.call("iam").DeleteRolePolicy({ RoleName, PolicyName }));
}
