import { AwsError } from "../../errors.ts";
import type { Region } from "../../region.ts";
import type { Operations } from "../../service.ts";
import { findPolicy } from "./find-policy.ts";
import { describeRole, type StoredRole, storedRoles } from "./find-role.ts";
import { checkPolicyDocument, pageOf, uniqueId, withoutTags, withTags } from "./identity.ts";

export function roleOperations(region: Region): Operations<typeof import("@aws-sdk/client-iam")> {
  const roles = storedRoles(region);
  const change = (name: string, alter: (role: StoredRole) => Partial<StoredRole>, find = roles.find) => {
    const role = find(name);
    const changed = { ...role, ...alter(role) };
    roles.put(name, changed);
    return changed;
  };

  return {
    CreateRole: (input) => {
      // "Role names are not distinguished by case."
      if (roles.list().some(({ name }) => name.toLowerCase() === input.RoleName.toLowerCase())) {
        throw new AwsError("EntityAlreadyExists", `Role with name ${input.RoleName} already exists.`);
      }
      checkPolicyDocument(input.AssumeRolePolicyDocument, "trust");
      if (input.PermissionsBoundary) findPolicy(region, input.PermissionsBoundary);
      const path = input.Path ?? "/";
      const role: StoredRole = {
        name: input.RoleName,
        id: uniqueId("AROA"),
        path,
        arn: `arn:aws:iam::${region.accountId}:role${path}${input.RoleName}`,
        trust: input.AssumeRolePolicyDocument,
        description: input.Description,
        maximumSession: input.MaxSessionDuration ?? 3600,
        boundary: input.PermissionsBoundary,
        tags: input.Tags ?? [],
        inline: {},
        attached: [],
        created: new Date(region.clock.now()),
      };
      roles.put(role.name, role);
      return { Role: describeRole(role) };
    },

    GetRole: (input) => ({ Role: describeRole(roles.find(input.RoleName)) }),

    ListRoles: (input) => {
      const below = roles.list().filter(({ path }) => path.startsWith(input.PathPrefix ?? "/"));
      const { page, ...paging } = pageOf(below, ({ name }) => name, input);
      // ListRoles "does not return the following attributes: PermissionsBoundary, RoleLastUsed, Tags".
      const summaries = page.map((role) => {
        const { PermissionsBoundary, RoleLastUsed, Tags, ...summary } = describeRole(role);
        return summary;
      });
      return { Roles: summaries, ...paging };
    },

    UpdateRole: (input) => {
      // "For service-linked roles, you can edit only the description": UserGuide/id_roles_update-service-linked-role.html
      if (input.MaxSessionDuration !== undefined) roles.findOwn(input.RoleName);
      change(input.RoleName, (role) => ({
        description: input.Description ?? role.description,
        maximumSession: input.MaxSessionDuration ?? role.maximumSession,
      }));
      return {};
    },

    UpdateRoleDescription: (input) => ({
      Role: describeRole(change(input.RoleName, () => ({ description: input.Description }))),
    }),

    UpdateAssumeRolePolicy: (input) => {
      checkPolicyDocument(input.PolicyDocument, "trust");
      change(input.RoleName, () => ({ trust: input.PolicyDocument }), roles.findOwn);
      return {};
    },

    PutRolePermissionsBoundary: (input) => {
      roles.findOwn(input.RoleName);
      findPolicy(region, input.PermissionsBoundary);
      change(input.RoleName, () => ({ boundary: input.PermissionsBoundary }));
      return {};
    },

    DeleteRolePermissionsBoundary: (input) => {
      change(input.RoleName, () => ({ boundary: undefined }), roles.findOwn);
      return {};
    },

    DeleteRole: (input) => {
      const role = roles.findOwn(input.RoleName);
      if (role.attached.length > 0) {
        throw new AwsError("DeleteConflict", "Cannot delete entity, must detach all policies first.");
      }
      if (Object.keys(role.inline).length > 0) {
        throw new AwsError("DeleteConflict", "Cannot delete entity, must delete policies first.");
      }
      roles.delete(role.name);
      return {};
    },

    TagRole: (input) => {
      change(input.RoleName, ({ tags }) => ({ tags: withTags(tags, input.Tags) }));
      return {};
    },

    UntagRole: (input) => {
      change(input.RoleName, ({ tags }) => ({ tags: withoutTags(tags, input.TagKeys) }));
      return {};
    },

    ListRoleTags: (input) => {
      const { page, ...paging } = pageOf(roles.find(input.RoleName).tags, ({ Key }) => Key ?? "", input);
      return { Tags: page, ...paging };
    },

    // Terraform and the console ask before they delete a role; drydock has no instances, so the answer is always none.
    ListInstanceProfilesForRole: (input) => {
      roles.find(input.RoleName);
      return { InstanceProfiles: [], IsTruncated: false };
    },
  };
}
