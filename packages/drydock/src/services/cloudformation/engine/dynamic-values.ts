import type { Region } from "../../../region.ts";
import type { DynamicReader } from "../template/dynamic-references.ts";
import { isObject } from "../template/template.ts";

// Of the resources that support dynamic references to secure strings, the ones drydock has:
// https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/dynamic-references-ssm-secure-strings.html
const secureStringProperties = ["AWS::RDS::DBInstance/Properties/MasterUserPassword"];

/** @throws Error when a property refers to a secure string that AWS wouldn't read there */
export function checkSecureReferences(type: string, properties: Record<string, unknown>): void {
  const refused = Object.entries(properties)
    .filter(([, value]) => JSON.stringify(value)?.includes("{{resolve:ssm-secure:"))
    .map(([name]) => `${type}/Properties/${name}`)
    .filter((property) => !secureStringProperties.includes(property));
  if (refused.length > 0) throw new Error(`SSM Secure reference is not supported in: [${refused.join(",")}]`);
}

/** Reads what a dynamic reference stands for from the region's Parameter Store and Secrets Manager. */
export function dynamicReader(region: Region): DynamicReader {
  return async (reference) => {
    if (reference.service !== "secretsmanager") {
      const Name = reference.version === undefined ? reference.name : `${reference.name}:${reference.version}`;
      const secure = reference.service === "ssm-secure";
      const { Parameter } = await region.call("ssm").GetParameter({ Name, WithDecryption: secure });
      if (secure !== (Parameter?.Type === "SecureString"))
        throw new Error(`${reference.service} can't be used for the parameter ${Name} of type ${Parameter?.Type}`);
      return Parameter?.Value ?? "";
    }
    const { secret, key, stage, version } = reference;
    const { SecretString = "" } = await region.call("secretsmanager").GetSecretValue({
      SecretId: secret,
      ...(stage !== undefined && { VersionStage: stage }),
      ...(version !== undefined && { VersionId: version }),
    });
    return key === undefined ? SecretString : memberOf(SecretString, key, secret);
  };
}

function memberOf(secretString: string, key: string, secret: string): string {
  let parsed: unknown;
  try {
    parsed = JSON.parse(secretString);
  } catch {
    throw new Error(`Could not parse SecretString JSON of ${secret}`);
  }
  const value = isObject(parsed) ? parsed[key] : undefined;
  if (value === undefined)
    throw new Error(`Could not find a value associated with JSONKey in SecretString of ${secret}`);
  return typeof value === "string" ? value : JSON.stringify(value);
}
