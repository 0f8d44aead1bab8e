import { IAM } from "@aws-sdk/client-iam";
import { STS } from "@aws-sdk/client-sts";
import { expect, test } from "vitest";
import { conformance, refusals } from "./targets.ts";

const reference = "https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html";
const trust = JSON.stringify({
  Version: "2012-10-17",
  Statement: [{ Effect: "Allow", Principal: { AWS: "*" }, Action: "sts:AssumeRole" }],
});

conformance((target) => {
  const sts = target.client(STS);
  const arn = (role: string) => `arn:aws:iam::${target.accountId}:role/${role}`;
  const assume = (role: string, more = {}) =>
    sts.assumeRole({ RoleArn: arn(role), RoleSessionName: "session", ...more });

  test("GetCallerIdentity tells the account", async () => {
    const identity = await sts.getCallerIdentity({});
    expect(identity.Account).toBe(target.accountId);
    expect(identity.Arn).toMatch(new RegExp(`^arn:aws:(iam|sts)::${target.accountId}:`));
  });

  test("AssumeRole gives credentials that are the role's session", async () => {
    await target.client(IAM).createRole({ RoleName: "deployer", AssumeRolePolicyDocument: trust });
    const { Credentials, AssumedRoleUser } = await assume("deployer", { DurationSeconds: 900 });
    const session = `arn:aws:sts::${target.accountId}:assumed-role/deployer/session`;
    expect(AssumedRoleUser).toMatchObject({ Arn: session, AssumedRoleId: expect.stringMatching(/^AROA\w+:session$/) });
    expect(Credentials?.AccessKeyId).toMatch(/^ASIA[A-Z0-9]{16}$/);
    expect(Math.round((Number(Credentials?.Expiration) - Date.now()) / 60_000)).toBe(15);
    const credentials = {
      accessKeyId: Credentials?.AccessKeyId ?? "",
      secretAccessKey: Credentials?.SecretAccessKey ?? "",
      sessionToken: Credentials?.SessionToken ?? "",
    };
    const assumed = new STS({ endpoint: target.endpoint, region: target.region, credentials });
    expect(await assumed.getCallerIdentity({})).toMatchObject({ Account: target.accountId, Arn: session });
  });

  refusals(target, [
    ["a role there isn't", () => assume("nobody"), "AccessDenied", reference],
    ["a role by a path it hasn't", () => assume("other/deployer"), "AccessDenied", reference],
    [
      "another account's role",
      () => assume("x", { RoleArn: "arn:aws:iam::999999999999:role/deployer" }),
      "AccessDenied",
      reference,
    ],
    ["what is no role's ARN", () => assume("x", { RoleArn: "arn:aws:iam::none:user/x" }), "ValidationError", reference],
    ["fourteen minutes", () => assume("deployer", { DurationSeconds: 899 }), "ValidationError", reference],
    ["longer than the role allows", () => assume("deployer", { DurationSeconds: 7200 }), "ValidationError", reference],
    [
      "a session's name with a space",
      () => assume("deployer", { RoleSessionName: "my session" }),
      "ValidationError",
      reference,
    ],
    [
      "a session's name of one letter",
      () => assume("deployer", { RoleSessionName: "x" }),
      "ValidationError",
      reference,
    ],
  ]);
});
