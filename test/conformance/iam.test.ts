import { IAM } from "@aws-sdk/client-iam";
import { expect, test } from "vitest";
import { conformance, pages, refusals, refused } from "./targets.ts";

const reference = (page: string) => `https://docs.aws.amazon.com/IAM/latest/APIReference/API_${page}.html`;
const grammar = "https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html";

const statement = (more: object) =>
  JSON.stringify({ Version: "2012-10-17", Statement: [{ Effect: "Allow", ...more }] });
const trust = statement({ Principal: { Service: "ecs-tasks.amazonaws.com" }, Action: "sts:AssumeRole" });
const reading = statement({ Action: "s3:GetObject", Resource: "*" });
const writing = statement({ Action: "s3:PutObject", Resource: "*" });

conformance((target) => {
  const iam = target.client(IAM);
  const role = async (RoleName: string, more = {}) =>
    (await iam.createRole({ RoleName, AssumeRolePolicyDocument: trust, ...more })).Role;
  const policy = async (PolicyName: string, more = {}) =>
    (await iam.createPolicy({ PolicyName, PolicyDocument: reading, ...more })).Policy?.Arn ?? "";
  const document = (encoded: string | undefined) => JSON.parse(decodeURIComponent(encoded ?? "{}"));

  test("CreateRole, GetRole, UpdateRole, UpdateAssumeRolePolicy, UpdateRoleDescription", async () => {
    const made = await role("role", { Path: "/apps/", Description: "d", Tags: [{ Key: "a", Value: "b" }] });
    expect(made).toMatchObject({
      Arn: `arn:aws:iam::${target.accountId}:role/apps/role`,
      Path: "/apps/",
      RoleId: expect.stringMatching(/^AROA[A-Z0-9]{16,17}$/),
    });
    const found = (await iam.getRole({ RoleName: "role" })).Role;
    expect(found).toMatchObject({ Description: "d", MaxSessionDuration: 3600, Tags: [{ Key: "a", Value: "b" }] });
    expect(document(found?.AssumeRolePolicyDocument)).toEqual(JSON.parse(trust));
    await iam.updateRole({ RoleName: "role", MaxSessionDuration: 7200 });
    await iam.updateRoleDescription({ RoleName: "role", Description: "e" });
    const other = statement({ Principal: { AWS: "*" }, Action: "sts:AssumeRole" });
    await iam.updateAssumeRolePolicy({ RoleName: "role", PolicyDocument: other });
    const changed = (await iam.getRole({ RoleName: "role" })).Role;
    expect(changed).toMatchObject({ Description: "e", MaxSessionDuration: 7200 });
    expect(document(changed?.AssumeRolePolicyDocument)).toEqual(JSON.parse(other));
  });

  test("ListRoles by path, in pages, without what it leaves out", async () => {
    for (const name of ["b", "a", "c"])
      await role(`list-${name}`, { Path: "/list/", Tags: [{ Key: "a", Value: "b" }] });
    const paged = await pages(
      (Marker) => iam.listRoles({ PathPrefix: "/list/", MaxItems: 2, Marker }),
      ({ Roles, Marker }) => [Roles, Marker],
    );
    expect(paged.map((page) => page.length)).toEqual([2, 1]);
    expect(paged.flat()[0]?.Tags).toBeUndefined();
  });

  test("inline policies: PutRolePolicy, GetRolePolicy, ListRolePolicies, DeleteRolePolicy", async () => {
    const RoleName = (await role("inline"))?.RoleName;
    await iam.putRolePolicy({ RoleName, PolicyName: "read", PolicyDocument: reading });
    await iam.putRolePolicy({ RoleName, PolicyName: "read", PolicyDocument: writing });
    await iam.putRolePolicy({ RoleName, PolicyName: "also", PolicyDocument: reading });
    const found = await iam.getRolePolicy({ RoleName, PolicyName: "read" });
    expect(document(found.PolicyDocument)).toEqual(JSON.parse(writing));
    expect((await iam.listRolePolicies({ RoleName })).PolicyNames?.sort()).toEqual(["also", "read"]);
    await refused(iam.deleteRole({ RoleName }), "DeleteConflictException", "must delete policies first");
    for (const PolicyName of ["also", "read"]) await iam.deleteRolePolicy({ RoleName, PolicyName });
    await refused(iam.getRolePolicy({ RoleName, PolicyName: "read" }), "NoSuchEntityException");
    await refused(iam.deleteRolePolicy({ RoleName, PolicyName: "read" }), "NoSuchEntityException");
    await iam.deleteRole({ RoleName });
    await refused(iam.getRole({ RoleName }), "NoSuchEntityException");
  });

  test("attached policies: AttachRolePolicy twice is once; ListEntitiesForPolicy; DetachRolePolicy", async () => {
    const RoleName = (await role("attached"))?.RoleName;
    const PolicyArn = await policy("attached");
    const managed = "arn:aws:iam::aws:policy/service-role/AmazonECSTaskExecutionRolePolicy";
    for (const arn of [PolicyArn, PolicyArn, managed]) await iam.attachRolePolicy({ RoleName, PolicyArn: arn });
    const list = await iam.listAttachedRolePolicies({ RoleName });
    expect(list.AttachedPolicies?.map((each) => each.PolicyName).sort()).toEqual([
      "AmazonECSTaskExecutionRolePolicy",
      "attached",
    ]);
    await target.motoDiffers(reference("Policy"), async () =>
      expect((await iam.getPolicy({ PolicyArn })).Policy?.AttachmentCount).toBe(1),
    );
    const entities = await iam.listEntitiesForPolicy({ PolicyArn });
    expect(entities.PolicyRoles?.map((each) => each.RoleName)).toEqual(["attached"]);
    expect((await iam.listEntitiesForPolicy({ PolicyArn, EntityFilter: "User" })).PolicyRoles ?? []).toEqual([]);
    await refused(iam.deleteRole({ RoleName }), "DeleteConflictException", "must detach all policies first");
    await iam.detachRolePolicy({ RoleName, PolicyArn });
    await refused(iam.detachRolePolicy({ RoleName, PolicyArn }), "NoSuchEntityException");
    await iam.deletePolicy({ PolicyArn });
    await refused(iam.getPolicy({ PolicyArn }), "NoSuchEntityException");
  });

  test("a managed policy's versions: five at most, one in force, numbers never given twice", async () => {
    const PolicyArn = await policy("versions", { Description: "d" });
    const version = (more = {}) => iam.createPolicyVersion({ PolicyArn, PolicyDocument: writing, ...more });
    expect((await version()).PolicyVersion).toMatchObject({ VersionId: "v2", IsDefaultVersion: false });
    expect((await version({ SetAsDefault: true })).PolicyVersion).toMatchObject({
      VersionId: "v3",
      IsDefaultVersion: true,
    });
    expect((await iam.getPolicy({ PolicyArn })).Policy).toMatchObject({ DefaultVersionId: "v3", Description: "d" });
    await refused(iam.deletePolicyVersion({ PolicyArn, VersionId: "v3" }), "DeleteConflictException");
    await iam.setDefaultPolicyVersion({ PolicyArn, VersionId: "v1" });
    await iam.deletePolicyVersion({ PolicyArn, VersionId: "v3" });
    expect((await version()).PolicyVersion?.VersionId).toBe("v4");
    const found = await iam.getPolicyVersion({ PolicyArn, VersionId: "v2" });
    expect(document(found.PolicyVersion?.Document)).toEqual(JSON.parse(writing));
    await refused(iam.getPolicyVersion({ PolicyArn, VersionId: "v9" }), "NoSuchEntityException");
    while (((await iam.listPolicyVersions({ PolicyArn })).Versions?.length ?? 5) < 5) await version();
    await refused(version(), "LimitExceededException");
    await target.motoDiffers(reference("DeletePolicy"), () =>
      refused(iam.deletePolicy({ PolicyArn }), "DeleteConflictException"),
    );
  });

  test("ListPolicies by scope and path, in pages", async () => {
    for (const name of ["a", "b", "c"]) await policy(`paged-${name}`, { Path: "/paged/" });
    const local = { Scope: "Local", PathPrefix: "/paged/" } as const;
    const paged = await pages(
      (Marker) => iam.listPolicies({ ...local, MaxItems: 2, Marker }),
      ({ Policies, Marker }) => [Policies, Marker],
    );
    expect(paged.map((page) => page.length)).toEqual([2, 1]);
    const aws = await iam.listPolicies({ Scope: "AWS", MaxItems: 1 });
    expect(aws).toMatchObject({ IsTruncated: true, Policies: [{ Arn: expect.stringMatching(/^arn:aws:iam::aws:/) }] });
    expect((await iam.listPolicies({ ...local, OnlyAttached: true })).Policies ?? []).toEqual([]);
  });

  test("a permissions boundary is set, counted, and keeps its policy", async () => {
    const PermissionsBoundary = await policy("boundary");
    const RoleName = (await role("bounded"))?.RoleName;
    await iam.putRolePermissionsBoundary({ RoleName, PermissionsBoundary });
    expect((await iam.getRole({ RoleName })).Role?.PermissionsBoundary).toEqual({
      PermissionsBoundaryArn: PermissionsBoundary,
      PermissionsBoundaryType: "PermissionsBoundaryPolicy",
    });
    await target.motoDiffers(reference("Policy"), async () => {
      const found = await iam.getPolicy({ PolicyArn: PermissionsBoundary });
      expect(found.Policy?.PermissionsBoundaryUsageCount).toBe(1);
      await refused(iam.deletePolicy({ PolicyArn: PermissionsBoundary }), "DeleteConflictException");
    });
    await iam.deleteRolePermissionsBoundary({ RoleName });
    expect((await iam.getRole({ RoleName })).Role?.PermissionsBoundary).toBeUndefined();
  });

  test("tags of roles and policies; ListInstanceProfilesForRole", async () => {
    const RoleName = (await role("tagged", { Tags: [{ Key: "a", Value: "1" }] }))?.RoleName;
    await iam.tagRole({
      RoleName,
      Tags: [
        { Key: "a", Value: "2" },
        { Key: "b", Value: "3" },
      ],
    });
    await iam.untagRole({ RoleName, TagKeys: ["b"] });
    expect((await iam.listRoleTags({ RoleName })).Tags).toEqual([{ Key: "a", Value: "2" }]);
    const PolicyArn = await policy("tagged", { Tags: [{ Key: "a", Value: "1" }] });
    await iam.tagPolicy({ PolicyArn, Tags: [{ Key: "b", Value: "2" }] });
    await iam.untagPolicy({ PolicyArn, TagKeys: ["a"] });
    expect((await iam.listPolicyTags({ PolicyArn })).Tags).toEqual([{ Key: "b", Value: "2" }]);
    expect((await iam.listInstanceProfilesForRole({ RoleName })).InstanceProfiles ?? []).toEqual([]);
  });

  const deleteAttached = async () => {
    await role("keeping");
    const PolicyArn = await policy("kept");
    await iam.attachRolePolicy({ RoleName: "keeping", PolicyArn });
    return iam.deletePolicy({ PolicyArn });
  };
  const none = { RoleName: "none" };
  const noPolicy = `arn:aws:iam::${target.accountId}:policy/none`;
  const create = (PolicyDocument: string) => () => iam.createPolicy({ PolicyName: "refused", PolicyDocument });
  const trusted = (AssumeRolePolicyDocument: string) => () =>
    iam.createRole({ RoleName: "refused", AssumeRolePolicyDocument });
  refusals(target, [
    ["a role that is there", () => role("twice").then(() => role("twice")), "EntityAlreadyExistsException"],
    [
      "a role that differs in case only",
      () => role("Cased").then(() => role("cased")),
      "EntityAlreadyExistsException",
      reference("CreateRole"),
    ],
    ["a role's name with a slash", () => role("a/b"), "ValidationError", reference("CreateRole")],
    [
      "a session of 59 minutes",
      () => role("short", { MaxSessionDuration: 3599 }),
      "ValidationError",
      reference("CreateRole"),
    ],
    ["a path without slashes", () => role("pathless", { Path: "x" }), "ValidationError", reference("CreateRole")],
    [
      "51 tags",
      () => role("many", { Tags: Array.from({ length: 51 }, (_, index) => ({ Key: `k${index}`, Value: "v" })) }),
      "ValidationError",
    ],
    ["a trust policy that isn't JSON", trusted("{"), "MalformedPolicyDocumentException", grammar],
    [
      "a trust policy without a principal",
      trusted(statement({ Action: "sts:AssumeRole" })),
      "MalformedPolicyDocumentException",
      grammar,
    ],
    [
      "a trust policy with a resource",
      trusted(statement({ Principal: "*", Action: "sts:AssumeRole", Resource: "*" })),
      "MalformedPolicyDocumentException",
      grammar,
    ],
    ["a policy that isn't JSON", create("{"), "MalformedPolicyDocumentException"],
    ["a policy without a statement", create("{}"), "MalformedPolicyDocumentException"],
    [
      "a policy whose statement is null",
      create('{"Version":"2012-10-17","Statement":[null]}'),
      "MalformedPolicyDocumentException",
    ],
    ["a policy of another age", create(reading.replace("2012", "2013")), "MalformedPolicyDocumentException"],
    [
      "a policy with a principal",
      create(statement({ Principal: "*", Action: "s3:*", Resource: "*" })),
      "MalformedPolicyDocumentException",
      grammar,
    ],
    ["a policy without resources", create(statement({ Action: "s3:*" })), "MalformedPolicyDocumentException"],
    [
      "a policy that maybe allows",
      create(statement({ Effect: "Maybe", Action: "s3:*", Resource: "*" })),
      "MalformedPolicyDocumentException",
    ],
    ["a policy that is there", () => policy("double").then(() => policy("double")), "EntityAlreadyExistsException"],
    [
      "an inline policy that isn't one",
      () =>
        role("malformed").then(() =>
          iam.putRolePolicy({ RoleName: "malformed", PolicyName: "p", PolicyDocument: "[]" }),
        ),
      "MalformedPolicyDocumentException",
    ],
    [
      "a policy for no role",
      () => iam.putRolePolicy({ ...none, PolicyName: "p", PolicyDocument: reading }),
      "NoSuchEntityException",
    ],
    ["the policies of no role", () => iam.listRolePolicies(none), "NoSuchEntityException"],
    ["the attached policies of no role", () => iam.listAttachedRolePolicies(none), "NoSuchEntityException"],
    [
      "to attach no policy",
      () => role("lonely").then(() => iam.attachRolePolicy({ RoleName: "lonely", PolicyArn: noPolicy })),
      "NoSuchEntityException",
    ],
    [
      "a boundary there isn't",
      () => iam.putRolePermissionsBoundary({ RoleName: "lonely", PermissionsBoundary: noPolicy }),
      "NoSuchEntityException",
      reference("PutRolePermissionsBoundary"),
    ],
    ["to update no role", () => iam.updateRole({ ...none, Description: "d" }), "NoSuchEntityException"],
    ["to delete no role", () => iam.deleteRole(none), "NoSuchEntityException"],
    ["to tag no role", () => iam.tagRole({ ...none, Tags: [{ Key: "a", Value: "b" }] }), "NoSuchEntityException"],
    ["versions of no policy", () => iam.listPolicyVersions({ PolicyArn: noPolicy }), "NoSuchEntityException"],
    [
      "entities of no policy",
      () => iam.listEntitiesForPolicy({ PolicyArn: noPolicy }),
      "NoSuchEntityException",
      reference("ListEntitiesForPolicy"),
    ],
    ["to delete an attached policy", deleteAttached, "DeleteConflictException", reference("DeletePolicy")],
    ["to delete no policy", () => iam.deletePolicy({ PolicyArn: noPolicy }), "NoSuchEntityException"],
    [
      "to change AWS's own policy",
      () => iam.createPolicyVersion({ PolicyArn: "arn:aws:iam::aws:policy/ReadOnlyAccess", PolicyDocument: reading }),
      "NoSuchEntityException",
      reference("CreatePolicyVersion"),
    ],
    ["1001 on a page", () => iam.listRoles({ MaxItems: 1001 }), "ValidationError", reference("ListRoles")],
    ["a marker it never gave", () => iam.listRoles({ Marker: "nonsense" }), "ValidationError", reference("ListRoles")],
  ]);

  test("an eleventh policy isn't attached", async () => {
    const RoleName = (await role("full"))?.RoleName;
    for (let index = 0; index < 10; index++) {
      await iam.attachRolePolicy({ RoleName, PolicyArn: await policy(`full-${index}`) });
    }
    const eleventh = await policy("full-11");
    await target.motoDiffers("https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html", () =>
      refused(iam.attachRolePolicy({ RoleName, PolicyArn: eleventh }), "LimitExceededException", "PoliciesPerRole"),
    );
  });
});
