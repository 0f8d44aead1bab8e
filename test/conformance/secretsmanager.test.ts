import { SecretsManager } from "@aws-sdk/client-secrets-manager";
import { expect, test } from "vitest";
import { conformance, pages, refusals, refused } from "./targets.ts";

const reference = (page: string) => `https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_${page}.html`;
const token = (letter: string) => letter.repeat(32);

conformance((target) => {
  const secrets = target.client(SecretsManager);
  const create = (Name: string, more = {}) => secrets.createSecret({ Name, SecretString: "one", ...more });
  const read = async (SecretId: string, more = {}) =>
    (await secrets.getSecretValue({ SecretId, ...more })).SecretString;

  test("CreateSecret, GetSecretValue by name, ARN and ARN without its suffix", async () => {
    const made = await create("create/a", { ClientRequestToken: token("a") });
    expect(made.ARN).toMatch(
      new RegExp(`^arn:aws:secretsmanager:${target.region}:${target.accountId}:secret:create/a-[A-Za-z0-9]{6}$`),
    );
    expect(made).toMatchObject({ Name: "create/a", VersionId: token("a") });
    const value = await secrets.getSecretValue({ SecretId: made.ARN });
    expect(value).toMatchObject({ SecretString: "one", VersionId: token("a"), VersionStages: ["AWSCURRENT"] });
    expect(value.CreatedDate).toBeInstanceOf(Date);
    expect(await read("create/a")).toBe("one");
    expect(await read(made.ARN?.slice(0, -7) ?? "")).toBe("one");
    const binary = await secrets.createSecret({ Name: "create/binary", SecretBinary: Buffer.from([0, 255]) });
    expect((await secrets.getSecretValue({ SecretId: binary.ARN })).SecretBinary).toEqual(new Uint8Array([0, 255]));
  });

  test("a repeated call with its token is answered again, not carried out again", async () => {
    const first = await create("repeat", { ClientRequestToken: token("a") });
    expect(await create("repeat", { ClientRequestToken: token("a") })).toMatchObject({ ARN: first.ARN });
    const put = { SecretId: "repeat", SecretString: "two", ClientRequestToken: token("b") };
    await secrets.putSecretValue(put);
    await secrets.putSecretValue(put);
    await refused(secrets.putSecretValue({ ...put, SecretString: "other" }), "ResourceExistsException");
  });

  test("PutSecretValue moves AWSCURRENT and leaves AWSPREVIOUS; UpdateSecretVersionStage moves them back", async () => {
    await create("stages", { ClientRequestToken: token("a") });
    const put = (letter: string, more = {}) =>
      secrets.putSecretValue({ SecretId: "stages", SecretString: letter, ClientRequestToken: token(letter), ...more });
    expect(await put("b")).toMatchObject({ VersionId: token("b"), VersionStages: ["AWSCURRENT"] });
    await put("c", { VersionStages: ["next"] });
    const described = await secrets.describeSecret({ SecretId: "stages" });
    expect(described.VersionIdsToStages).toEqual({
      [token("a")]: ["AWSPREVIOUS"],
      [token("b")]: ["AWSCURRENT"],
      [token("c")]: ["next"],
    });
    expect(await read("stages", { VersionStage: "AWSPREVIOUS" })).toBe("one");
    expect(await read("stages", { VersionId: token("c") })).toBe("c");
    const move = { SecretId: "stages", VersionStage: "AWSCURRENT", MoveToVersionId: token("c") };
    await refused(secrets.updateSecretVersionStage(move), "InvalidParameterException");
    await secrets.updateSecretVersionStage({ ...move, RemoveFromVersionId: token("b") });
    await target.motoDiffers(reference("UpdateSecretVersionStage"), async () => {
      expect(await read("stages")).toBe("c");
      expect(await read("stages", { VersionStage: "AWSPREVIOUS" })).toBe("b");
    });
    await refused(secrets.getSecretValue({ SecretId: "stages", VersionStage: "none" }), "ResourceNotFoundException");
  });

  test("ListSecretVersionIds, in pages", async () => {
    await create("versions", { ClientRequestToken: token("a") });
    await secrets.putSecretValue({ SecretId: "versions", SecretString: "b", ClientRequestToken: token("b") });
    const { Versions, ...rest } = await secrets.listSecretVersionIds({ SecretId: "versions" });
    expect(Versions?.map(({ VersionId }) => VersionId).sort()).toEqual([token("a"), token("b")]);
    expect(rest).toMatchObject({ Name: "versions" });
    await target.motoDiffers(reference("ListSecretVersionIds"), async () => {
      const paged = await pages(
        (NextToken) => secrets.listSecretVersionIds({ SecretId: "versions", MaxResults: 1, NextToken }),
        (page) => [page.Versions, page.NextToken],
      );
      expect(paged.map((page) => page.length)).toEqual([1, 1]);
    });
  });

  test("UpdateSecret changes what it names; DescribeSecret shows it", async () => {
    await create("update", { Description: "before", Tags: [{ Key: "a", Value: "b" }] });
    await secrets.updateSecret({ SecretId: "update", Description: "after" });
    expect(await read("update")).toBe("one");
    const updated = await secrets.updateSecret({ SecretId: "update", SecretString: "two" });
    expect(updated.VersionId).toBeDefined();
    expect(await read("update")).toBe("two");
    const { VersionIdsToStages, ...described } = await secrets.describeSecret({ SecretId: "update" });
    expect(described).toMatchObject({ Name: "update", Description: "after", Tags: [{ Key: "a", Value: "b" }] });
    expect(
      Object.values(VersionIdsToStages ?? {})
        .flat()
        .sort(),
    ).toEqual(["AWSCURRENT", "AWSPREVIOUS"]);
  });

  test("TagResource replaces values, UntagResource removes keys", async () => {
    await create("tags", { Tags: [{ Key: "a", Value: "1" }] });
    const tags = [
      { Key: "a", Value: "2" },
      { Key: "b", Value: "3" },
    ];
    await secrets.tagResource({ SecretId: "tags", Tags: tags });
    await secrets.untagResource({ SecretId: "tags", TagKeys: ["b"] });
    expect((await secrets.describeSecret({ SecretId: "tags" })).Tags).toEqual([{ Key: "a", Value: "2" }]);
  });

  test("ListSecrets: filters, pages, and those to be deleted on demand", async () => {
    const team = (Value: string) => ({ Tags: [{ Key: "team", Value }] });
    await create("list/a", { ...team("blue"), Description: "first of all" });
    await create("list/b", team("red"));
    await create("list/c", team("red"));
    const names = async (Key: "name" | "tag-key" | "tag-value" | "description", Values: string[], more = {}) =>
      (await secrets.listSecrets({ Filters: [{ Key, Values }], ...more })).SecretList?.map(({ Name }) => Name).sort();
    expect(await names("name", ["list/"])).toEqual(["list/a", "list/b", "list/c"]);
    expect(await names("tag-key", ["team"])).toEqual(["list/a", "list/b", "list/c"]);
    expect(await names("tag-value", ["red"])).toEqual(["list/b", "list/c"]);
    expect(await names("description", ["first"])).toEqual(["list/a"]);
    expect(await names("name", ["list/", "!list/a"])).toContain("list/b");
    const paged = await pages(
      (NextToken) => secrets.listSecrets({ Filters: [{ Key: "name", Values: ["list/"] }], MaxResults: 2, NextToken }),
      ({ SecretList, NextToken }) => [SecretList, NextToken],
    );
    expect(paged.map((page) => page.length)).toEqual([2, 1]);
    await secrets.deleteSecret({ SecretId: "list/a" });
    expect(await names("name", ["list/"])).toEqual(["list/b", "list/c"]);
    expect(await names("name", ["list/"], { IncludePlannedDeletion: true })).toHaveLength(3);
    await target.motoDiffers(reference("ListSecrets"), async () => {
      const Filters = [{ Key: "name" as const, Values: ["list/"] }];
      const { SecretList } = await secrets.listSecrets({ SortBy: "name", SortOrder: "desc", Filters });
      expect(SecretList?.map(({ Name }) => Name)).toEqual(["list/c", "list/b"]);
    });
  });

  test("DeleteSecret keeps a secret for its window, RestoreSecret brings it back", async () => {
    const { ARN } = await create("delete");
    const { DeletionDate } = await secrets.deleteSecret({ SecretId: "delete", RecoveryWindowInDays: 7 });
    expect(Math.round((Number(DeletionDate) - Date.now()) / 86_400_000)).toBe(7);
    await refused(secrets.getSecretValue({ SecretId: "delete" }), "InvalidRequestException");
    await target.motoDiffers(reference("CreateSecret"), () =>
      refused(create("delete"), "InvalidRequestException", "scheduled for deletion"),
    );
    expect((await secrets.describeSecret({ SecretId: "delete" })).DeletedDate).toBeInstanceOf(Date);
    expect(await secrets.restoreSecret({ SecretId: "delete" })).toMatchObject({ ARN, Name: "delete" });
    expect(await read("delete")).toBe("one");
    await secrets.deleteSecret({ SecretId: "delete", ForceDeleteWithoutRecovery: true });
    await refused(secrets.describeSecret({ SecretId: "delete" }), "ResourceNotFoundException");
    await secrets.deleteSecret({ SecretId: "delete", ForceDeleteWithoutRecovery: true });
  });

  test("PutResourcePolicy, GetResourcePolicy, DeleteResourcePolicy", async () => {
    const { ARN } = await create("policy");
    const ResourcePolicy = JSON.stringify({
      Version: "2012-10-17",
      Statement: [{ Effect: "Deny", Principal: "*", Action: "secretsmanager:GetSecretValue", Resource: "*" }],
    });
    await secrets.putResourcePolicy({ SecretId: "policy", ResourcePolicy });
    const found = await secrets.getResourcePolicy({ SecretId: "policy" });
    expect({ ...found, ResourcePolicy: JSON.parse(found.ResourcePolicy ?? "") }).toMatchObject({
      ARN,
      Name: "policy",
      ResourcePolicy: JSON.parse(ResourcePolicy),
    });
    await secrets.deleteResourcePolicy({ SecretId: "policy" });
    expect((await secrets.getResourcePolicy({ SecretId: "policy" })).ResourcePolicy).toBeUndefined();
  });

  test("GetRandomPassword: length, types, exclusions", async () => {
    const password = async (more = {}) => (await secrets.getRandomPassword(more)).RandomPassword ?? "";
    expect(await password()).toHaveLength(32);
    expect(await password({ PasswordLength: 4096, ExcludeCharacters: "abc" })).toMatch(/^[^abc]{4096}$/);
    const digits = { ExcludePunctuation: true, ExcludeUppercase: true, ExcludeLowercase: true };
    expect(await password(digits)).toMatch(/^\d{32}$/);
    expect(await password({ PasswordLength: 4 })).toMatch(/(?=.*[a-z])(?=.*[A-Z])(?=.*\d)/);
    expect(await password({ PasswordLength: 100, IncludeSpace: true })).toContain(" ");
  });

  const none = { SecretId: "none" };
  refusals(target, [
    ["a name that is taken", () => create("taken").then(() => create("taken")), "ResourceExistsException"],
    ["a name with a space", () => create("with space"), "ValidationException", reference("CreateSecret")],
    [
      "a token of too few characters",
      () => create("short", { ClientRequestToken: "short" }),
      "InvalidParameterException",
    ],
    [
      "text and bytes at once",
      () => create("both", { SecretBinary: Buffer.from("x") }),
      "InvalidParameterException",
      reference("CreateSecret"),
    ],
    ["to read what isn't there", () => secrets.getSecretValue(none), "ResourceNotFoundException"],
    [
      "to put into what isn't there",
      () => secrets.putSecretValue({ ...none, SecretString: "x" }),
      "ResourceNotFoundException",
    ],
    [
      "to put nothing",
      () => create("nothing").then(() => secrets.putSecretValue({ SecretId: "nothing" })),
      "InvalidRequestException",
    ],
    [
      "to update what isn't there",
      () => secrets.updateSecret({ ...none, SecretString: "x" }),
      "ResourceNotFoundException",
    ],
    ["to delete what isn't there", () => secrets.deleteSecret(none), "ResourceNotFoundException"],
    ["to restore what isn't there", () => secrets.restoreSecret(none), "ResourceNotFoundException"],
    [
      "to tag what isn't there",
      () => secrets.tagResource({ ...none, Tags: [{ Key: "a", Value: "b" }] }),
      "ResourceNotFoundException",
    ],
    [
      "to untag what isn't there",
      () => secrets.untagResource({ ...none, TagKeys: ["a"] }),
      "ResourceNotFoundException",
    ],
    [
      "to list versions of what isn't there",
      () => secrets.listSecretVersionIds(none),
      "ResourceNotFoundException",
      reference("ListSecretVersionIds"),
    ],
    ["the policy of what isn't there", () => secrets.getResourcePolicy(none), "ResourceNotFoundException"],
    [
      "a window of six days",
      () => secrets.deleteSecret({ SecretId: "taken", RecoveryWindowInDays: 6 }),
      "InvalidParameterException",
    ],
    [
      "a window together with force",
      () => secrets.deleteSecret({ SecretId: "taken", RecoveryWindowInDays: 7, ForceDeleteWithoutRecovery: true }),
      "InvalidParameterException",
    ],
    [
      "a policy that isn't JSON",
      () => secrets.putResourcePolicy({ SecretId: "taken", ResourcePolicy: "{" }),
      "MalformedPolicyDocumentException",
      reference("PutResourcePolicy"),
    ],
    ["101 on a page", () => secrets.listSecrets({ MaxResults: 101 }), "ValidationException", reference("ListSecrets")],
    [
      "a token it never gave",
      () => secrets.listSecrets({ NextToken: "nonsense" }),
      "InvalidNextTokenException",
      reference("ListSecrets"),
    ],
    [
      "a password of 4097 characters",
      () => secrets.getRandomPassword({ PasswordLength: 4097 }),
      "ValidationException",
      reference("GetRandomPassword"),
    ],
    [
      "a password shorter than its types",
      () => secrets.getRandomPassword({ PasswordLength: 3 }),
      "InvalidParameterException",
    ],
  ]);
});
