import type { Aws } from "../../aws/clients.ts";
import { isAwsError } from "../../aws/errors.ts";
import type { Container, SecretSource, Workload } from "../../config/app.ts";
import type { EnvironmentDescriptor } from "../../infra/descriptor.ts";
import { databaseReference } from "./task-definitions.ts";

/** Where a secret of the manifest is: what Secrets Manager or SSM finds it by, and the key of its JSON if it has one. */
export interface SecretLocation {
  store: "secretsmanager" | "ssm";
  /** Name or ARN. */
  id: string;
  jsonKey: string | undefined;
}

/** One use of a secret. */
export interface SecretUse {
  /** Such as `services.web.secrets.STRIPE_KEY`. */
  path: string;
  variable: string;
  source: SecretSource;
  /** Each key of its JSON becomes a variable. */
  spreads: boolean;
}

export function secretUses(section: "services" | "tasks", workload: Workload): SecretUse[] {
  const containers: [string, Container][] = [
    [`${section}.${workload.name}`, workload],
    ...Object.entries(workload.sidecars).map(([name, sidecar]): [string, Container] => [
      `${section}.${workload.name}.sidecars.${name}`,
      sidecar,
    ]),
  ];
  return containers.flatMap(([path, { secrets, spread }]) => [
    ...Object.entries(secrets).map(([variable, source]) => ({
      path: `${path}.secrets.${variable}`,
      variable,
      source,
      spreads: false,
    })),
    ...(spread ? [{ path: `${path}.secrets.*`, variable: "its variables", source: spread, spreads: true }] : []),
  ]);
}

/** Undefined for a database that the descriptor doesn't know. */
export function locate(source: SecretSource, descriptor: EnvironmentDescriptor): SecretLocation | undefined {
  if (source.kind === "named") return { store: "secretsmanager", id: source.secretName, jsonKey: source.jsonKey };
  const arn = source.kind === "arn" ? source.arn : descriptor.secrets[databaseReference(source)];
  if (arn === undefined) return undefined;
  if (arn.split(":")[2] === "ssm") return { store: "ssm", id: arn, jsonKey: undefined };
  // arn:aws:secretsmanager:<region>:<account>:secret:<name>[:<key>:<stage>:<id>]
  const parts = arn.split(":");
  const jsonKey = source.kind === "arn" ? source.jsonKey : parts[7] || undefined;
  return { store: "secretsmanager", id: parts.slice(0, 7).join(":"), jsonKey };
}

/**
 * Reads a secret's text; the caller looks at it and forgets it. Undefined where there is none.
 * @throws FardelError when it may not be read.
 */
export async function readSecret(aws: Aws, { store, id }: SecretLocation): Promise<string | undefined> {
  try {
    if (store === "secretsmanager") {
      const { SecretString, SecretBinary } = await aws.secretsManager.getSecretValue({ SecretId: id });
      return SecretString ?? (SecretBinary && Buffer.from(SecretBinary).toString("utf8"));
    }
    const { Parameter } = await aws.ssm.getParameter({ Name: id, WithDecryption: true });
    return Parameter?.Value;
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
}

export function isMissing(error: unknown): boolean {
  return isAwsError(error, "ResourceNotFoundException") || isAwsError(error, "ParameterNotFound");
}

/** The keys of a JSON object; undefined for any other text. */
export function objectKeys(text: string): string[] | undefined {
  try {
    const parsed: unknown = JSON.parse(text);
    return typeof parsed === "object" && parsed !== null && !Array.isArray(parsed) ? Object.keys(parsed) : undefined;
  } catch {
    return undefined;
  }
}

/** The value under a key of a JSON secret, as text; undefined when the secret has no such key or is no JSON object. */
export function jsonValue(text: string, key: string): string | undefined {
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (typeof parsed !== "object" || parsed === null || !Object.hasOwn(parsed, key)) return undefined;
  const value = (parsed as Record<string, unknown>)[key];
  return typeof value === "string" ? value : JSON.stringify(value);
}
