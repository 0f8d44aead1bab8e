import { IAM } from "@aws-sdk/client-iam";
import { expect, test } from "vitest";
import { conformance, refusals, refused } from "./targets.ts";

const guide = "https://docs.aws.amazon.com/IAM/latest/UserGuide/";
const reference = (page: string) => `https://docs.aws.amazon.com/IAM/latest/APIReference/API_${page}.html`;
const ecsPage = "https://docs.aws.amazon.com/AmazonECS/latest/developerguide/using-service-linked-roles.html";

conformance((target) => {
  const iam = target.client(IAM);
  const create = (AWSServiceName: string, more = {}) => iam.createServiceLinkedRole({ AWSServiceName, ...more });
  /** The role of a service, which tests share: an account has one. */
  const roleName = async (AWSServiceName: string) => {
    await create(AWSServiceName).catch(() => {});
    const { Roles = [] } = await iam.listRoles({ PathPrefix: `/aws-service-role/${AWSServiceName}/` });
    return Roles[0]?.RoleName;
  };

  test("CreateServiceLinkedRole makes a role below /aws-service-role/ that only its service takes on", async () => {
    const Path = "/aws-service-role/ecs.amazonaws.com/";
    const before = await iam.listRoles({ PathPrefix: Path });
    expect(before.Roles ?? []).toEqual([]);
    const { Role } = await create("ecs.amazonaws.com", { Description: "d" });
    expect(Role).toMatchObject({ Path, Description: "d", RoleId: expect.stringMatching(/^AROA/) });
    expect(Role?.Arn).toBe(`arn:aws:iam::${target.accountId}:role${Path}${Role?.RoleName}`);
    const found = (await iam.getRole({ RoleName: Role?.RoleName })).Role;
    expect(found).toMatchObject({ Path, Arn: Role?.Arn, RoleId: Role?.RoleId });
    const trust = JSON.parse(decodeURIComponent(found?.AssumeRolePolicyDocument ?? "{}"));
    const [{ Effect, Principal, Action }] = trust.Statement;
    expect([Effect, Principal.Service, Action].flat()).toEqual(["Allow", "ecs.amazonaws.com", "sts:AssumeRole"]);
    const after = await iam.listRoles({ PathPrefix: Path });
    expect(after.Roles).toMatchObject([{ RoleName: Role?.RoleName, Path }]);
    await target.motoDiffers(ecsPage, () => expect(Role?.RoleName).toBe("AWSServiceRoleForECS"));
  });

  test("a service-linked role has the policy of its service", async () => {
    const RoleName = await roleName("rds.amazonaws.com");
    await target.motoDiffers(
      "https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/UsingWithRDS.IAM.ServiceLinkedRoles.html",
      async () => {
        const { AttachedPolicies = [] } = await iam.listAttachedRolePolicies({ RoleName });
        expect(AttachedPolicies.map((policy) => policy.PolicyName)).toEqual(["AmazonRDSServiceRolePolicy"]);
        const [{ PolicyArn } = {}] = AttachedPolicies;
        expect((await iam.getPolicy({ PolicyArn })).Policy?.Path).toBe("/aws-service-role/");
      },
    );
  });

  test("of a service-linked role an account may change the description, and nothing else", async () => {
    const RoleName = await roleName("rds.amazonaws.com");
    await iam.updateRole({ RoleName, Description: "changed" });
    expect((await iam.getRole({ RoleName })).Role?.Description).toBe("changed");
    const PolicyArn = "arn:aws:iam::aws:policy/AdministratorAccess";
    const PolicyDocument = JSON.stringify({
      Version: "2012-10-17",
      Statement: [{ Effect: "Allow", Principal: { Service: "ecs.amazonaws.com" }, Action: "sts:AssumeRole" }],
    });
    await target.motoDiffers(reference("AttachRolePolicy"), async () => {
      for (const call of [
        () => iam.attachRolePolicy({ RoleName, PolicyArn }),
        () => iam.detachRolePolicy({ RoleName, PolicyArn }),
        () => iam.putRolePolicy({ RoleName, PolicyName: "p", PolicyDocument }),
        () => iam.deleteRolePolicy({ RoleName, PolicyName: "p" }),
        () => iam.updateAssumeRolePolicy({ RoleName, PolicyDocument }),
        () => iam.putRolePermissionsBoundary({ RoleName, PermissionsBoundary: PolicyArn }),
        () => iam.deleteRolePermissionsBoundary({ RoleName }),
        () => iam.updateRole({ RoleName, MaxSessionDuration: 7200 }),
        () => iam.deleteRole({ RoleName }),
      ])
        await refused(call(), "UnmodifiableEntityException", "only modifiable by AWS");
    });
  });

  test("a service has one role in an account", async () => {
    await roleName("elasticloadbalancing.amazonaws.com");
    await target.motoDiffers(`${guide}id_roles_create-service-linked-role.html`, () =>
      refused(create("elasticloadbalancing.amazonaws.com"), "InvalidInputException", "has been taken in this account"),
    );
  });

  const page = reference("CreateServiceLinkedRole");
  refusals(target, [
    [
      "a suffix, which ECS doesn't take",
      () => create("ecs.amazonaws.com", { CustomSuffix: "b" }),
      "InvalidInputException",
      page,
    ],
    ["no service at all", () => create("nothing.amazonaws.com"), "InvalidInputException", page],
    ["a service's name with a slash", () => create("ecs/amazonaws.com"), "ValidationError", page],
    ["a service's name of 129 letters", () => create(`${"x".repeat(115)}.amazonaws.com`), "ValidationError", page],
    [
      "a description of 1001 letters",
      () => create("rds.amazonaws.com", { Description: "d".repeat(1001) }),
      "ValidationError",
      page,
    ],
    [
      "a suffix of 65 letters",
      () => create("ecs.amazonaws.com", { CustomSuffix: "b".repeat(65) }),
      "ValidationError",
      page,
    ],
    [
      "to read a role there isn't",
      () => iam.getRole({ RoleName: "AWSServiceRoleForNothing" }),
      "NoSuchEntityException",
    ],
  ]);
});
