import { CreateRoleCommand, IAMClient } from "@aws-sdk/client-iam";
import { AssumeRoleCommand, GetCallerIdentityCommand, STSClient } from "@aws-sdk/client-sts";
import { expect, test } from "vitest";
import { startTestDrydock } from "../../testing.ts";

test("whoever calls is the account's root until it assumes a role", async () => {
  const drydock = await startTestDrydock();
  const sts = drydock.client(STSClient);
  expect(await sts.send(new GetCallerIdentityCommand({}))).toMatchObject({
    Account: "000000000000",
    Arn: "arn:aws:iam::000000000000:root",
  });
  const RoleArn = "arn:aws:iam::000000000000:role/deployer";
  const assume = new AssumeRoleCommand({ RoleArn, RoleSessionName: "me" });
  await expect(sts.send(assume)).rejects.toMatchObject({ name: "AccessDenied" });
  const statement = { Effect: "Allow", Principal: { AWS: "*" }, Action: "sts:AssumeRole" };
  await drydock.client(IAMClient).send(
    new CreateRoleCommand({
      RoleName: "deployer",
      AssumeRolePolicyDocument: JSON.stringify({ Statement: [statement] }),
    }),
  );
  const { Credentials } = await sts.send(assume);
  const assumed = new STSClient({
    endpoint: drydock.endpoint,
    region: drydock.region,
    credentials: {
      accessKeyId: Credentials?.AccessKeyId ?? "",
      secretAccessKey: Credentials?.SecretAccessKey ?? "",
      sessionToken: Credentials?.SessionToken ?? "",
    },
  });
  const identity = await assumed.send(new GetCallerIdentityCommand({}));
  expect(identity.Arn).toBe("arn:aws:sts::000000000000:assumed-role/deployer/me");
});
