import type { Region } from "../../../region.ts";
import { ifThere, present } from "../engine/calls.ts";
import { inPlace, jsonText, list, replacement, required, text } from "../engine/properties.ts";
import { defineResourceType } from "../engine/resource-type.ts";

export const managedPolicy = defineResourceType({
  properties: {
    Description: replacement(text),
    ManagedPolicyName: replacement(text),
    Path: replacement(text),
    PolicyDocument: required(inPlace(jsonText)),
    Roles: inPlace(list(text)),
  },
  unsupported: ["Groups", "Users"],
  attributes: ["DefaultVersionId", "PolicyArn", "PolicyId"],
  nameProperty: "ManagedPolicyName",
  taggable: false,
  async create({ region, properties, generatedName, made }) {
    const iam = region.call("iam");
    const { Description, Path, PolicyDocument, Roles = [] } = properties;
    const PolicyName = properties.ManagedPolicyName ?? generatedName(128);
    const { Policy } = await iam.CreatePolicy({ PolicyName, Description, Path, PolicyDocument });
    const PolicyArn = present(Policy?.Arn, "Arn");
    made(PolicyArn);
    for (const RoleName of Roles) await iam.AttachRolePolicy({ RoleName, PolicyArn });
    return PolicyArn;
  },
  async read({ region, physicalId }) {
    const { Policy } = await region.call("iam").GetPolicy({ PolicyArn: physicalId });
    const { DefaultVersionId, PolicyId } = present(Policy, "Policy");
    return { PolicyArn: physicalId, DefaultVersionId, PolicyId };
  },
  async update({ region, physicalId: PolicyArn, properties: { PolicyDocument, Roles = [] }, previous, changed }) {
    const iam = region.call("iam");
    if (changed.has("PolicyDocument")) {
      await makeRoomForVersion(region, PolicyArn);
      await iam.CreatePolicyVersion({ PolicyArn, PolicyDocument, SetAsDefault: true });
    }
    for (const RoleName of Roles) await iam.AttachRolePolicy({ RoleName, PolicyArn });
    await detach(region, PolicyArn, previous.Roles?.filter((each) => !Roles.includes(each)) ?? []);
    return undefined;
  },
  async delete({ region, physicalId: PolicyArn, properties: { Roles = [] } }) {
    const iam = region.call("iam");
    await detach(region, PolicyArn, Roles);
    // "Delete all versions of the policy … except the default version" comes before DeletePolicy.
    const found = await ifThere(/NoSuchEntity/, iam.ListPolicyVersions({ PolicyArn }));
    for (const { VersionId = "", IsDefaultVersion } of found?.Versions ?? [])
      if (!IsDefaultVersion) await iam.DeletePolicyVersion({ PolicyArn, VersionId });
    await ifThere(/NoSuchEntity/, iam.DeletePolicy({ PolicyArn }));
  },
});

/** "A managed policy can have up to five versions": the oldest one that isn't in use makes room. */
async function makeRoomForVersion(region: Region, PolicyArn: string): Promise<void> {
  const { Versions = [] } = await region.call("iam").ListPolicyVersions({ PolicyArn });
  const number = ({ VersionId = "v0" }: { VersionId?: string }) => Number(VersionId.slice(1));
  const [oldest] = Versions.filter(({ IsDefaultVersion }) => !IsDefaultVersion).sort((a, b) => number(a) - number(b));
  if (Versions.length >= 5 && oldest?.VersionId !== undefined)
    await region.call("iam").DeletePolicyVersion({ PolicyArn, VersionId: oldest.VersionId });
}

async function detach(region: Region, PolicyArn: string, roles: string[]): Promise<void> {
  for (const RoleName of roles)
    await ifThere(/NoSuchEntity/, region.call("iam").DetachRolePolicy({ RoleName, PolicyArn }));
}
