import type { Policy, PolicyVersion, Tag } from "@aws-sdk/client-iam";
import { AwsError } from "../../errors.ts";
import type { Region } from "../../region.ts";
import type { Operations } from "../../service.ts";
import { awsManagedPolicies } from "./aws-policies.ts";
import {
  checkPolicyDocument,
  encodeDocument,
  noSuchEntity,
  pageOf,
  uniqueId,
  withoutTags,
  withTags,
} from "./identity.ts";
import { storedRoles } from "./roles.ts";

interface StoredPolicy {
  name: string;
  id: string;
  arn: string;
  path: string;
  description: string | undefined;
  tags: Tag[];
  /** `v1`, `v2`, …, and which of them is in force. */
  versions: { id: string; document: string; created: Date }[];
  defaultVersion: string;
  created: Date;
}

// "A managed policy can have up to five versions."
const maximumVersions = 5;

/** A policy of this account, or one of AWS's own. Throws NoSuchEntity. */
export function findPolicy(region: Region, arn: string): StoredPolicy {
  const policy = region.store.collection<StoredPolicy>("iam.policies").get(arn) ?? awsPolicy(arn);
  if (!policy) throw noSuchEntity(`Policy ${arn} does not exist or is not attachable.`);
  return policy;
}

function awsPolicy(arn: string): StoredPolicy | undefined {
  const known = Object.hasOwn(awsManagedPolicies, arn) ? awsManagedPolicies[arn] : undefined;
  if (!known) return undefined;
  const resource = arn.slice("arn:aws:iam::aws:policy".length);
  const name = resource.slice(resource.lastIndexOf("/") + 1);
  const created = new Date("2020-01-01T00:00:00Z");
  const statement = { Effect: "Allow", Action: known.actions, Resource: known.resource ?? "*" };
  const document = JSON.stringify({ Version: "2012-10-17", Statement: [statement] });
  return {
    name,
    id: `ANPA${Buffer.from(name).toString("hex").toUpperCase().slice(0, 17)}`,
    arn,
    path: resource.slice(0, resource.lastIndexOf("/") + 1),
    description: undefined,
    tags: [],
    versions: [{ id: "v1", document, created }],
    defaultVersion: "v1",
    created,
  };
}

export function policyOperations(region: Region): Operations<typeof import("@aws-sdk/client-iam")> {
  const policies = region.store.collection<StoredPolicy>("iam.policies");
  const roles = storedRoles(region);
  const rolesWith = (arn: string) => roles.list().filter(({ attached }) => attached.includes(arn));

  const describe = (policy: StoredPolicy): Policy => ({
    PolicyName: policy.name,
    PolicyId: policy.id,
    Arn: policy.arn,
    Path: policy.path,
    DefaultVersionId: policy.defaultVersion,
    AttachmentCount: rolesWith(policy.arn).length,
    PermissionsBoundaryUsageCount: 0,
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
      checkPolicyDocument(input.PolicyDocument);
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
      return { Policies: page.map(describe), ...paging };
    },

    DeletePolicy: (input) => {
      const policy = own(input.PolicyArn);
      if (rolesWith(policy.arn).length > 0) {
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
      checkPolicyDocument(input.PolicyDocument);
      if (policy.versions.length >= maximumVersions) {
        const message = `A managed policy can have up to ${maximumVersions} versions. Before you create a new version, you must delete an existing version.`;
        throw new AwsError("LimitExceeded", message);
      }
      const number = Math.max(...policy.versions.map(({ id }) => Number(id.slice(1)))) + 1;
      const version = { id: `v${number}`, document: input.PolicyDocument, created: new Date(region.clock.now()) };
      const changed = {
        ...policy,
        versions: [...policy.versions, version],
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
      const { page, ...paging } = pageOf(rolesWith(arn), ({ name }) => name, input);
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
