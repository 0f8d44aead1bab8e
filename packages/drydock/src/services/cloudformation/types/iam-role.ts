import type { Region } from "../../../region.ts";
import { ifThere, present } from "../engine/calls.ts";
import {
  inPlace,
  jsonText,
  list,
  number,
  type PropertyValues,
  replacement,
  required,
  structure,
  tags,
  text,
} from "../engine/properties.ts";
import { defineResourceType } from "../engine/resource-type.ts";
import { tagChanges } from "../engine/tags.ts";

const properties = {
  AssumeRolePolicyDocument: required(inPlace(jsonText)),
  Description: inPlace(text),
  ManagedPolicyArns: inPlace(list(text)),
  MaxSessionDuration: inPlace(number),
  Path: replacement(text),
  PermissionsBoundary: inPlace(text),
  Policies: inPlace(list(structure({ PolicyDocument: jsonText, PolicyName: text }))),
  RoleName: replacement(text),
  Tags: inPlace(tags),
};

export const role = defineResourceType({
  properties,
  attributes: ["Arn", "RoleId"],
  nameProperty: "RoleName",
  async create({ region, properties, tags, generatedName, made }) {
    const { AssumeRolePolicyDocument, Description, MaxSessionDuration, Path, PermissionsBoundary } = properties;
    const RoleName = properties.RoleName ?? generatedName(64);
    await region.call("iam").CreateRole({
      RoleName,
      AssumeRolePolicyDocument,
      Description,
      MaxSessionDuration,
      Path,
      PermissionsBoundary,
      Tags: tags,
    });
    made(RoleName);
    await putPolicies(region, RoleName, {}, properties);
    return RoleName;
  },
  async read({ region, physicalId }) {
    const { Role } = await region.call("iam").GetRole({ RoleName: physicalId });
    const { Arn, RoleId } = present(Role, "Role");
    return { Arn, RoleId };
  },
  async update({ region, physicalId: RoleName, properties, previous, previousTags, tags, changed }) {
    const iam = region.call("iam");
    const {
      AssumeRolePolicyDocument: PolicyDocument,
      Description,
      MaxSessionDuration,
      PermissionsBoundary,
    } = properties;
    if (changed.has("AssumeRolePolicyDocument")) await iam.UpdateAssumeRolePolicy({ RoleName, PolicyDocument });
    if (changed.has("Description") || changed.has("MaxSessionDuration"))
      await iam.UpdateRole({
        RoleName,
        Description: Description ?? "",
        MaxSessionDuration: MaxSessionDuration ?? 3600,
      });
    if (PermissionsBoundary !== undefined) await iam.PutRolePermissionsBoundary({ RoleName, PermissionsBoundary });
    else if (changed.has("PermissionsBoundary"))
      await ifThere(/NoSuchEntity/, iam.DeleteRolePermissionsBoundary({ RoleName }));
    await putPolicies(region, RoleName, previous, properties);
    if (changed.has("Tags")) {
      const { set, removed } = tagChanges(previousTags, tags);
      if (removed.length > 0) await iam.UntagRole({ RoleName, TagKeys: removed });
      if (set.length > 0) await iam.TagRole({ RoleName, Tags: set });
    }
    return undefined;
  },
  async delete({ region, physicalId: RoleName, properties: { Policies, ManagedPolicyArns } }) {
    const iam = region.call("iam");
    // Only what the template put on it: with a policy from elsewhere the role stays, as on AWS.
    for (const { PolicyName = "" } of Policies ?? [])
      await ifThere(/NoSuchEntity/, iam.DeleteRolePolicy({ RoleName, PolicyName }));
    for (const PolicyArn of ManagedPolicyArns ?? [])
      await ifThere(/NoSuchEntity/, iam.DetachRolePolicy({ RoleName, PolicyArn }));
    await ifThere(/NoSuchEntity/, iam.DeleteRole({ RoleName }));
  },
});

type Policies = Pick<PropertyValues<typeof properties>, "Policies" | "ManagedPolicyArns">;

async function putPolicies(region: Region, RoleName: string, before: Policies, after: Policies): Promise<void> {
  const iam = region.call("iam");
  const names = new Set(after.Policies?.map(({ PolicyName }) => PolicyName));
  for (const { PolicyName = "" } of before.Policies ?? [])
    if (!names.has(PolicyName)) await ifThere(/NoSuchEntity/, iam.DeleteRolePolicy({ RoleName, PolicyName }));
  for (const { PolicyName = "", PolicyDocument = "" } of after.Policies ?? [])
    await iam.PutRolePolicy({ RoleName, PolicyName, PolicyDocument });
  for (const PolicyArn of before.ManagedPolicyArns ?? [])
    if (!after.ManagedPolicyArns?.includes(PolicyArn))
      await ifThere(/NoSuchEntity/, iam.DetachRolePolicy({ RoleName, PolicyArn }));
  for (const PolicyArn of after.ManagedPolicyArns ?? []) await iam.AttachRolePolicy({ RoleName, PolicyArn });
}
