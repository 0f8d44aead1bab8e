import { randomUUID } from "node:crypto";
import { AwsError } from "../../errors.ts";
import { current, type Secret, type Secrets, type SecretVersion, withVersion } from "./secrets.ts";

interface Value {
  SecretString?: string | undefined;
  SecretBinary?: Uint8Array | undefined;
  ClientRequestToken?: string | undefined;
}

// "The secret value: minimum length 1, maximum length 65536 bytes."
const maximumBytes = 65_536;

/** A sealed version of a value, to be put on the given stages; undefined when no value was given. */
export function newVersion(secrets: Secrets, input: Value, stages: string[] = [current]): SecretVersion | undefined {
  const { SecretString: text, SecretBinary: binary, ClientRequestToken: token } = input;
  if (token !== undefined && (token.length < 32 || token.length > 64)) {
    throw new AwsError("InvalidParameterException", "ClientRequestToken must be 32-64 characters long.");
  }
  if (text === undefined && binary === undefined) return undefined;
  if (text !== undefined && binary !== undefined) {
    throw new AwsError(
      "InvalidParameterException",
      "You can't specify both a binary secret value and a string secret value in the same secret.",
    );
  }
  const bytes = text === undefined ? (binary?.length ?? 0) : Buffer.byteLength(text);
  if (bytes > maximumBytes) {
    throw new AwsError("InvalidParameterException", `The secret value is longer than ${maximumBytes} bytes.`);
  }
  const id = token ?? randomUUID();
  const { vault } = secrets.region;
  return {
    id,
    ...(text !== undefined && { text: vault.seal(text) }),
    ...(binary !== undefined && { binary: vault.seal(binary) }),
    stages,
    created: secrets.now(),
  };
}

export function readVersion(secrets: Secrets, version: SecretVersion): { text?: string; binary?: Uint8Array } {
  const { vault } = secrets.region;
  return {
    ...(version.text && { text: vault.unseal(version.text).toString() }),
    ...(version.binary && { binary: new Uint8Array(vault.unseal(version.binary)) }),
  };
}

/**
 * Adds a version. "If a version with this token already exists and its contents match, the operation is ignored; if they
 * differ, it fails, because you can't modify an existing version."
 */
export function addVersion(secrets: Secrets, secret: Secret, version: SecretVersion): Secret {
  const existing = secret.versions.find(({ id }) => id === version.id);
  if (existing) {
    const [before, now] = [readVersion(secrets, existing), readVersion(secrets, version)];
    if (before.text === now.text && Buffer.compare(before.binary ?? Buffer.of(), now.binary ?? Buffer.of()) === 0) {
      return secret;
    }
    const message =
      "You can't modify an existing version of the secret: a version with this ClientRequestToken has another value.";
    throw new AwsError("ResourceExistsException", message);
  }
  const changed = { ...secret, versions: withVersion(secret.versions, version), changed: secrets.now() };
  secrets.put(changed);
  return changed;
}
