import { randomUUID } from "node:crypto";
import type { Region } from "../../region.ts";

/** ManageMasterUserPassword: RDS keeps the password in a secret `rds!db-<uuid>` that it owns. */
export async function createMasterSecret(
  region: Region,
  instance: string,
  username: string,
  password: string,
  kmsKeyId: string | undefined,
): Promise<{ arn: string; kmsKeyId: string | undefined }> {
  const { ARN = "" } = await region.call("secretsmanager").CreateSecret({
    Name: `rds!db-${randomUUID()}`,
    Description: `Secret associated with primary RDS DB instance: ${instance}`,
    SecretString: JSON.stringify({ username, password }),
    KmsKeyId: kmsKeyId,
    Tags: [{ Key: "aws:rds:primaryDBInstanceArn", Value: instance }],
  });
  return { arn: ARN, kmsKeyId };
}

export async function deleteMasterSecret(region: Region, arn: string): Promise<void> {
  // Without recovery a secret that is gone already is no error.
  await region.call("secretsmanager").DeleteSecret({ SecretId: arn, ForceDeleteWithoutRecovery: true });
}
