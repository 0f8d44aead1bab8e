import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import {
  CreateSecretCommand,
  DeleteSecretCommand,
  DescribeSecretCommand,
  GetRandomPasswordCommand,
  GetSecretValueCommand,
  ListSecretsCommand,
  PutSecretValueCommand,
  RestoreSecretCommand,
  SecretsManagerClient,
  UpdateSecretVersionStageCommand,
} from "@aws-sdk/client-secrets-manager";
import { expect, test } from "vitest";
import { startTestDrydock } from "../../testing.ts";

const value = (SecretId: string, more = {}) => new GetSecretValueCommand({ SecretId, ...more });

test("a secret's versions carry its stages, and the one replaced stays as AWSPREVIOUS", async () => {
  const client = (await startTestDrydock()).client(SecretsManagerClient);
  const made = await client.send(new CreateSecretCommand({ Name: "shop/key", SecretString: "one" }));
  expect(made.ARN).toMatch(/^arn:aws:secretsmanager:eu-west-1:000000000000:secret:shop\/key-\w{6}$/);
  const put = await client.send(new PutSecretValueCommand({ SecretId: made.ARN, SecretString: "two" }));
  expect((await client.send(value("shop/key"))).SecretString).toBe("two");
  expect((await client.send(value("shop/key", { VersionStage: "AWSPREVIOUS" }))).SecretString).toBe("one");
  expect((await client.send(value("shop/key", { VersionId: made.VersionId }))).SecretString).toBe("one");
  await client.send(
    new UpdateSecretVersionStageCommand({
      SecretId: "shop/key",
      VersionStage: "AWSCURRENT",
      MoveToVersionId: made.VersionId,
      RemoveFromVersionId: put.VersionId,
    }),
  );
  const described = await client.send(new DescribeSecretCommand({ SecretId: "shop/key" }));
  expect(described.VersionIdsToStages).toEqual({
    [made.VersionId ?? ""]: ["AWSCURRENT"],
    [put.VersionId ?? ""]: ["AWSPREVIOUS"],
  });
});

test("a repeated call with its token changes nothing, another value under it is refused", async () => {
  const client = (await startTestDrydock()).client(SecretsManagerClient);
  const ClientRequestToken = "11111111-2222-3333-4444-555555555555";
  const create = { Name: "s", SecretString: "v", ClientRequestToken };
  const first = await client.send(new CreateSecretCommand(create));
  expect((await client.send(new CreateSecretCommand(create))).ARN).toBe(first.ARN);
  await expect(client.send(new CreateSecretCommand({ ...create, SecretString: "w" }))).rejects.toMatchObject({
    name: "ResourceExistsException",
  });
});

test("a deleted secret can be restored within its window, a forced one is gone", async () => {
  const client = (await startTestDrydock()).client(SecretsManagerClient);
  await client.send(new CreateSecretCommand({ Name: "s", SecretString: "v" }));
  await client.send(new DeleteSecretCommand({ SecretId: "s" }));
  await expect(client.send(value("s"))).rejects.toMatchObject({ name: "InvalidRequestException" });
  expect((await client.send(new ListSecretsCommand({}))).SecretList).toEqual([]);
  await client.send(new RestoreSecretCommand({ SecretId: "s" }));
  expect((await client.send(value("s"))).SecretString).toBe("v");
  await client.send(new DeleteSecretCommand({ SecretId: "s", ForceDeleteWithoutRecovery: true }));
  await expect(client.send(value("s"))).rejects.toMatchObject({ name: "ResourceNotFoundException" });
});

test("a random password has the length and the characters asked for", async () => {
  const client = (await startTestDrydock()).client(SecretsManagerClient);
  const { RandomPassword } = await client.send(
    new GetRandomPasswordCommand({ PasswordLength: 200, ExcludePunctuation: true, ExcludeCharacters: "abcABC012" }),
  );
  expect(RandomPassword).toMatch(/^[d-zD-Z3-9]{200}$/);
  const short = await client.send(new GetRandomPasswordCommand({ PasswordLength: 4 }));
  expect(short.RandomPassword).toMatch(/^(?=.*[a-z])(?=.*[A-Z])(?=.*\d)(?=.*[^\w]|.*_).{4}$/);
});

test("no value lies on disk in clear", async () => {
  const drydock = await startTestDrydock();
  const client = drydock.client(SecretsManagerClient);
  await client.send(new CreateSecretCommand({ Name: "s", SecretString: "hunter2-hunter2" }));
  const store = join(drydock.directory, "store");
  for (const file of readdirSync(store)) expect(readFileSync(join(store, file), "latin1")).not.toContain("hunter2");
});
