import type { Policy, PolicyVersion } from "@aws-sdk/client-iam";
import { AwsError } from "../../errors.ts";
import type { Region } from "../../region.ts";
import type { Operations } from "../../service.ts";
import { awsManagedPolicies } from "./aws-policies.ts";
import { findPolicy, type StoredPolicy } from "./find-policy.ts";
import { storedRoles } from "./find-role.ts";
import {
  checkPolicyDocument,
  encodeDocument,
  noSuchEntity,
  pageOf,
  uniqueId,
  withoutTags,
  withTags,
} from "./identity.ts";

// "A managed policy can have up to five versions."
const maximumVersions = 5;

export function policyOperations(region: Region): Operations<typeof import("@aws-sdk/client-iam")> {
  const policies = region.store.collection<StoredPolicy>("iam.policies");
  const roles = storedRoles(region);
  const rolesWith = (arn: string) => roles.list().filter(({ attached }) => attached.includes(arn));

  const rolesBoundBy = (arn: string) => roles.list().filter(({ boundary }) => boundary === arn);

  const describe = (policy: StoredPolicy): Policy => ({
    PolicyName: policy.name,
    PolicyId: policy.id,
    Arn: policy.arn,
    Path: policy.path,
    DefaultVersionId: policy.defaultVersion,
    AttachmentCount: rolesWith(policy.arn).length,
    PermissionsBoundaryUsageCount: rolesBoundBy(policy.arn).length,
    IsAttachable: true,
    Description: policy.description,
    CreateDate: policy.created,
    UpdateDate: policy.versions.at(-1)?.created,
    Tags: policy.tags,
  });

  const own = (arn: string): StoredPolicy => {
    const policy = policies.get(arn);
    if (!policy) throw noSuchEntity(`Policy ${arn} was not found.`);
    return policy;
  };

  return {
    CreatePolicy: (input) => {
      const path = input.Path ?? "/";
      const arn = `arn:aws:iam::${region.accountId}:policy${path}${input.PolicyName}`;
      if (policies.get(arn)) {
        const message = `A policy called ${input.PolicyName} already exists. Duplicate names are not allowed.`;
        throw new AwsError("EntityAlreadyExists", message);
      }
      checkPolicyDocument(input.PolicyDocument, "identity");
      const created = new Date(region.clock.now());
      const policy: StoredPolicy = {
        name: input.PolicyName,
        id: uniqueId("ANPA"),
        arn,
        path,
        description: input.Description,
        tags: input.Tags ?? [],
        versions: [{ id: "v1", document: input.PolicyDocument, created }],
        defaultVersion: "v1",
        versionsMade: 1,
        created,
      };
      policies.put(arn, policy);
      return { Policy: describe(policy) };
    },

    GetPolicy: (input) => ({ Policy: describe(findPolicy(region, input.PolicyArn)) }),

    ListPolicies: (input) => {
      const scope = input.Scope ?? "All";
      const aws = scope === "Local" ? [] : Object.keys(awsManagedPolicies).map((arn) => findPolicy(region, arn));
      const all = [...(scope === "AWS" ? [] : policies.list()), ...aws]
        .filter(({ path }) => path.startsWith(input.PathPrefix ?? "/"))
        .filter(({ arn }) => !input.OnlyAttached || rolesWith(arn).length > 0)
        .sort((a, b) => (a.arn < b.arn ? -1 : 1));
      const { page, ...paging } = pageOf(all, ({ arn }) => arn, input);
      // ListPolicies "does not return tags", and a description "is not included in the response".
      const summaries = page.map((policy) => {
        const { Tags, Description, ...summary } = describe(policy);
        return summary;
      });
      return { Policies: summaries, ...paging };
    },

    DeletePolicy: (input) => {
      const policy = own(input.PolicyArn);
      if (rolesWith(policy.arn).length > 0 || rolesBoundBy(policy.arn).length > 0) {
        throw new AwsError("DeleteConflict", "Cannot delete a policy attached to entities.");
      }
      if (policy.versions.length > 1) {
        const message =
          "This policy has more than one version. Before you delete a policy, you must delete the policy's versions.";
        throw new AwsError("DeleteConflict", message);
      }
      policies.delete(policy.arn);
      return {};
    },

    CreatePolicyVersion: (input) => {
      const policy = own(input.PolicyArn);
      checkPolicyDocument(input.PolicyDocument, "identity");
      if (policy.versions.length >= maximumVersions) {
        const message = `A managed policy can have up to ${maximumVersions} versions. Before you create a new version, you must delete an existing version.`;
        throw new AwsError("LimitExceeded", message);
      }
      const versionsMade = policy.versionsMade + 1;
      const version = { id: `v${versionsMade}`, document: input.PolicyDocument, created: new Date(region.clock.now()) };
      const changed = {
        ...policy,
        versions: [...policy.versions, version],
        versionsMade,
        defaultVersion: input.SetAsDefault ? version.id : policy.defaultVersion,
      };
      policies.put(policy.arn, changed);
      return { PolicyVersion: describeVersion(changed, version.id) };
    },

    GetPolicyVersion: (input) => ({
      PolicyVersion: describeVersion(findPolicy(region, input.PolicyArn), input.VersionId, true),
    }),

    ListPolicyVersions: (input) => {
      const policy = findPolicy(region, input.PolicyArn);
      const { page, ...paging } = pageOf(policy.versions, ({ id }) => id.slice(1).padStart(8, "0"), input);
      return { Versions: page.map(({ id }) => describeVersion(policy, id)), ...paging };
    },

    SetDefaultPolicyVersion: (input) => {
      const policy = own(input.PolicyArn);
      describeVersion(policy, input.VersionId);
      policies.put(policy.arn, { ...policy, defaultVersion: input.VersionId });
      return {};
    },

    DeletePolicyVersion: (input) => {
      const policy = own(input.PolicyArn);
      describeVersion(policy, input.VersionId);
      if (policy.defaultVersion === input.VersionId) {
        throw new AwsError("DeleteConflict", "Cannot delete the default version of a policy.");
      }
      policies.put(policy.arn, { ...policy, versions: policy.versions.filter(({ id }) => id !== input.VersionId) });
      return {};
    },

    ListEntitiesForPolicy: (input) => {
      const { arn } = findPolicy(region, input.PolicyArn);
      const prefix = input.PathPrefix ?? "/";
      const using = new Map(
        [
          ...(input.PolicyUsageFilter === "PermissionsBoundary" ? [] : rolesWith(arn)),
          ...(input.PolicyUsageFilter === "PermissionsPolicy" ? [] : rolesBoundBy(arn)),
        ].map((role) => [role.name, role]),
      );
      const wanted = [...using.values()]
        .filter(({ path }) => (input.EntityFilter ?? "Role") === "Role" && path.startsWith(prefix))
        .sort((a, b) => (a.name < b.name ? -1 : 1));
      const { page, ...paging } = pageOf(wanted, ({ name }) => name, input);
      return {
        PolicyRoles: page.map(({ name, id }) => ({ RoleName: name, RoleId: id })),
        PolicyGroups: [],
        PolicyUsers: [],
        ...paging,
      };
    },

    TagPolicy: (input) => {
      const policy = own(input.PolicyArn);
      policies.put(policy.arn, { ...policy, tags: withTags(policy.tags, input.Tags) });
      return {};
    },

    UntagPolicy: (input) => {
      const policy = own(input.PolicyArn);
      policies.put(policy.arn, { ...policy, tags: withoutTags(policy.tags, input.TagKeys) });
      return {};
    },

    ListPolicyTags: (input) => {
      const { page, ...paging } = pageOf(findPolicy(region, input.PolicyArn).tags, ({ Key }) => Key ?? "", input);
      return { Tags: page, ...paging };
    },
  };
}

function describeVersion(policy: StoredPolicy, id: string, withDocument = false): PolicyVersion {
  const version = policy.versions.find((each) => each.id === id);
  if (!version) throw noSuchEntity(`Policy ${policy.arn} version ${id} does not exist or is not attachable.`);
  return {
    VersionId: id,
    IsDefaultVersion: id === policy.defaultVersion,
    CreateDate: version.created,
    ...(withDocument && { Document: encodeDocument(version.document) }),
  };
}
