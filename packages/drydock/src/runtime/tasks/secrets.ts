import type { ContainerDefinition } from "@aws-sdk/client-ecs";
import { AwsError } from "../../errors.ts";
import type { Region } from "../../region.ts";
import { StartFailure } from "./driver.ts";

const parametersPerCall = 10;

/** Environment variables made of secrets, by container name. Values: never to be logged, stored or put into argv. */
export type SecretVariables = Record<string, Record<string, string>>;

/**
 * Reads every secret of a task's containers. `valueFrom` is a Secrets Manager ARN, optionally followed by
 * `:json-key:version-stage:version-id`, or the name or ARN of an SSM parameter.
 * Throws a StartFailure in Fargate's words for the first that can't be had.
 * https://docs.aws.amazon.com/AmazonECS/latest/developerguide/secrets-envvar-secrets-manager.html
 */
export async function readSecrets(region: Region, definitions: ContainerDefinition[]): Promise<SecretVariables> {
  const wanted = new Set(definitions.flatMap(({ secrets = [] }) => secrets.map(({ valueFrom = "" }) => valueFrom)));
  const isSecret = (valueFrom: string) => /^arn:[\w-]+:secretsmanager:/.test(valueFrom);
  const parameters = readParameters(
    region,
    [...wanted].filter((valueFrom) => !isSecret(valueFrom)),
  );
  const secrets = Promise.all(
    [...wanted]
      .filter(isSecret)
      .map(async (valueFrom): Promise<[string, string]> => [valueFrom, await readSecret(region, valueFrom)]),
  );
  const values = new Map([...(await parameters), ...(await secrets)]);
  return Object.fromEntries(
    definitions.map(({ name = "", secrets: own = [] }) => [
      name,
      Object.fromEntries(own.map((secret) => [secret.name, values.get(secret.valueFrom ?? "") ?? ""])),
    ]),
  );
}

/** A Secrets Manager reference taken apart; undefined when it has neither 7 nor 10 parts. */
export function parseSecretReference(
  valueFrom: string,
):
  | { secretId: string; jsonKey: string | undefined; versionStage: string | undefined; versionId: string | undefined }
  | undefined {
  const parts = valueFrom.split(":");
  if (parts.length !== 7 && parts.length !== 10) return undefined;
  const [jsonKey, versionStage, versionId] = parts.slice(7).map((part) => part || undefined);
  return { secretId: parts.slice(0, 7).join(":"), jsonKey, versionStage, versionId };
}

async function readSecret(region: Region, valueFrom: string): Promise<string> {
  const reference = parseSecretReference(valueFrom);
  if (!reference) {
    throw asmFailure(`an invalid ARN format for the AWS Secrets Manager secret was specified: ${valueFrom}`);
  }
  const { secretId, jsonKey, versionStage, versionId } = reference;
  const response = await region
    .call("secretsmanager")
    .GetSecretValue({
      SecretId: secretId,
      ...(versionStage && { VersionStage: versionStage }),
      ...(versionId && { VersionId: versionId }),
    })
    .catch((error) => {
      throw asmFailure(`failed to fetch secret ${secretId} from secrets manager: ${describe(error)}`);
    });
  const text = response.SecretString;
  if (text === undefined) throw asmFailure(`secret ${secretId} has no SecretString`);
  return jsonKey === undefined ? text : readKey(text, jsonKey, secretId);
}

/** A top-level key of a JSON secret: text as it is, anything else as JSON. The secret's own text stays out of errors. */
function readKey(text: string, key: string, secretId: string): string {
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch {
    throw asmFailure(`secret ${secretId} is not valid JSON, so that its key ${key} can't be read`);
  }
  const value =
    parsed !== null && typeof parsed === "object" && Object.hasOwn(parsed, key) ? parsed[key as never] : undefined;
  if (value === undefined) throw asmFailure(`retrieved secret from Secrets Manager did not contain json key ${key}`);
  return typeof value === "string" ? value : JSON.stringify(value);
}

async function readParameters(region: Region, references: string[]): Promise<Map<string, string>> {
  const values = new Map<string, string>();
  for (let at = 0; at < references.length; at += parametersPerCall / 2) {
    const wanted = references
      .slice(at, at + parametersPerCall / 2)
      .map((reference) => ({ reference, names: parameterNames(reference) }));
    const found = await region
      .call("ssm")
      .GetParameters({ Names: [...new Set(wanted.flatMap(({ names }) => names))], WithDecryption: true })
      .catch((error) => {
        throw ssmFailure(describe(error));
      });
    for (const { reference, names } of wanted) {
      const value = found.Parameters?.find(({ Name = "" }) => names.includes(Name))?.Value;
      if (value === undefined) throw ssmFailure(`invalid ssm parameters: ${reference}`);
      values.set(reference, value);
    }
  }
  return values;
}

/** `arn:aws:ssm:…:parameter/app/key` is `/app/key`; `parameter/key` may be `key` or `/key`. */
function parameterNames(reference: string): string[] {
  const [, path] = /^arn:[\w-]+:ssm:[^:]*:[^:]*:parameter\/(.+)$/s.exec(reference) ?? [];
  if (path === undefined) return [reference];
  return path.includes("/") ? [`/${path}`] : [path, `/${path}`];
}

const retrieval = "unable to pull secrets or registry auth: execution resource retrieval failed";

function asmFailure(detail: string): StartFailure {
  return new StartFailure(
    "ResourceInitializationError",
    `${retrieval}: unable to retrieve secret from asm: service call has been retried 1 time(s): ${detail}`,
  );
}

function ssmFailure(detail: string): StartFailure {
  return new StartFailure(
    "ResourceInitializationError",
    `${retrieval}: unable to retrieve secrets from ssm: service call has been retried 1 time(s): ${detail}`,
  );
}

function describe(error: unknown): string {
  return error instanceof AwsError ? `${error.code}: ${error.message}` : String(error);
}
