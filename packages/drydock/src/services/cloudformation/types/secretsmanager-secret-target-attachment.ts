import type { Region } from "../../../region.ts";
import { ifThere, present } from "../engine/calls.ts";
import { inPlace, replacement, required, text } from "../engine/properties.ts";
import { defineResourceType } from "../engine/resource-type.ts";

const attachedKeys = ["engine", "host", "port", "dbname", "dbInstanceIdentifier"];

/** Writes how to reach a database into the JSON of a secret. */
export const secretTargetAttachment = defineResourceType({
  properties: {
    SecretId: required(replacement(text)),
    TargetId: required(inPlace(text)),
    TargetType: required(inPlace(text)),
  },
  attributes: ["Id"],
  taggable: false,
  async create({ region, properties: { SecretId, TargetId, TargetType } }) {
    await attach(region, SecretId, TargetType, TargetId);
    const { ARN } = await region.call("secretsmanager").DescribeSecret({ SecretId });
    return present(ARN, "ARN");
  },
  read: async ({ physicalId }) => ({ Id: physicalId }),
  async update({ region, properties: { SecretId, TargetId, TargetType } }) {
    await attach(region, SecretId, TargetType, TargetId);
    return undefined;
  },
  async delete({ region, physicalId }) {
    const found = await ifThere(
      /ResourceNotFound|InvalidRequest/,
      region.call("secretsmanager").GetSecretValue({ SecretId: physicalId }),
    );
    if (!found?.SecretString) return;
    const entries = Object.entries(JSON.parse(found.SecretString)).filter(([key]) => !attachedKeys.includes(key));
    await region
      .call("secretsmanager")
      .PutSecretValue({ SecretId: physicalId, SecretString: JSON.stringify(Object.fromEntries(entries)) });
  },
});

async function attach(region: Region, SecretId: string, type: string, target: string): Promise<void> {
  if (type !== "AWS::RDS::DBInstance") throw new Error(`drydock can't attach a secret to a target of type ${type}`);
  const secrets = region.call("secretsmanager");
  const { SecretString = "{}" } = await secrets.GetSecretValue({ SecretId });
  const { DBInstances = [] } = await region.call("rds").DescribeDBInstances({ DBInstanceIdentifier: target });
  const { Engine, Endpoint, DBName, DBInstanceIdentifier } = present(DBInstances[0], "database");
  await secrets.PutSecretValue({
    SecretId,
    SecretString: JSON.stringify({
      ...JSON.parse(SecretString),
      engine: Engine,
      host: Endpoint?.Address,
      port: Endpoint?.Port,
      ...(DBName !== undefined && { dbname: DBName }),
      dbInstanceIdentifier: DBInstanceIdentifier,
    }),
  });
}
