import type { Filter, ListSecretsCommandInput, SecretListEntry } from "@aws-sdk/client-secrets-manager";
import { AwsError } from "../../errors.ts";
import { paginate } from "../../pagination.ts";
import type { Region } from "../../region.ts";
import type { Operations } from "../../service.ts";
import { randomPassword } from "./random-password.ts";
import { current, moveStage, type Secret, Secrets, selectVersion } from "./secrets.ts";
import { addVersion, newVersion, readVersion } from "./versions.ts";

const dayMilliseconds = 24 * 60 * 60 * 1000;

export function secretsManagerOperations(region: Region): Operations<typeof import("@aws-sdk/client-secrets-manager")> {
  const secrets = new Secrets(region);

  return {
    GetRandomPassword: (input) => ({ RandomPassword: randomPassword(input) }),

    CreateSecret: (input) => {
      const existing = secrets.lookup(input.Name);
      if (existing?.deletion) {
        const message = `You can't create this secret because a secret with this name is already scheduled for deletion.`;
        throw new AwsError("InvalidRequestException", message);
      }
      const version = newVersion(secrets, input);
      if (existing) {
        // The SDK repeats a lost call with its token: then the secret that it made is the answer.
        const repeated = version && existing.versions.some(({ id }) => id === version.id);
        if (repeated && version) return answer(addVersion(secrets, existing, version), version.id);
        const message = `The operation failed because the secret ${input.Name} already exists.`;
        throw new AwsError("ResourceExistsException", message);
      }
      if (!/^[\w/+=.@!-]{1,512}$/.test(input.Name)) {
        const message =
          "Invalid name. Must be a valid name containing alphanumeric characters, or any of the following: -/_+=.@!";
        throw new AwsError("ValidationException", message);
      }
      const now = secrets.now();
      const secret: Secret = {
        name: input.Name,
        arn: secrets.newArn(input.Name),
        description: input.Description,
        kmsKeyId: input.KmsKeyId,
        tags: input.Tags ?? [],
        versions: version ? [version] : [],
        created: now,
        changed: now,
      };
      secrets.put(secret);
      return answer(secret, version?.id);
    },

    GetSecretValue: (input) => {
      const secret = secrets.find(input.SecretId);
      const version = selectVersion(secret, input.VersionId, input.VersionStage);
      const { text, binary } = readVersion(secrets, version);
      return {
        ...answer(secret, version.id),
        SecretString: text,
        SecretBinary: binary,
        VersionStages: version.stages,
        CreatedDate: version.created,
      };
    },

    PutSecretValue: (input) => {
      const secret = secrets.find(input.SecretId);
      const version = newVersion(secrets, input, input.VersionStages ?? [current]);
      if (!version)
        throw new AwsError("InvalidRequestException", "You must provide either SecretString or SecretBinary.");
      addVersion(secrets, secret, version);
      return { ...answer(secret, version.id), VersionStages: version.stages };
    },

    UpdateSecret: (input) => {
      const secret = secrets.find(input.SecretId);
      const version = newVersion(secrets, input);
      const described = {
        ...secret,
        description: input.Description ?? secret.description,
        kmsKeyId: input.KmsKeyId ?? secret.kmsKeyId,
        changed: secrets.now(),
      };
      secrets.put(version ? addVersion(secrets, described, version) : described);
      return answer(described, version?.id);
    },

    UpdateSecretVersionStage: (input) => {
      const secret = secrets.find(input.SecretId);
      const holder = secret.versions.find(({ stages }) => stages.includes(input.VersionStage));
      if (
        input.MoveToVersionId &&
        holder &&
        holder.id !== input.MoveToVersionId &&
        holder.id !== input.RemoveFromVersionId
      ) {
        const message = `The parameter RemoveFromVersionId can't be empty. Staging label ${input.VersionStage} is currently attached to version ${holder.id}, so you must explicitly reference that version in RemoveFromVersionId.`;
        throw new AwsError("InvalidParameterException", message);
      }
      if (!input.MoveToVersionId && input.VersionStage === current) {
        throw new AwsError(
          "InvalidParameterException",
          "You can only move staging label AWSCURRENT to a different secret version. It can't be completely removed.",
        );
      }
      if (input.MoveToVersionId) selectVersion(secret, input.MoveToVersionId, undefined);
      secrets.put({
        ...secret,
        versions: moveStage(secret.versions, input.VersionStage, input.MoveToVersionId),
        changed: secrets.now(),
      });
      return answer(secret);
    },

    ListSecretVersionIds: (input) => {
      const secret = secrets.find(input.SecretId, { deleted: true });
      const byId = [...secret.versions].sort((a, b) => (a.id < b.id ? -1 : 1));
      const page = paginate(byId, ({ id }) => id, {
        token: input.NextToken,
        limit: input.MaxResults ?? 100,
        invalidTokenCode: "InvalidNextTokenException",
      });
      return {
        ...answer(secret),
        Versions: page.items.map(({ id, stages, created }) => ({
          VersionId: id,
          VersionStages: stages,
          CreatedDate: created,
        })),
        NextToken: page.nextToken,
      };
    },

    DescribeSecret: (input) => {
      const secret = secrets.find(input.SecretId, { deleted: true });
      const { SecretVersionsToStages, ...entry } = describe(secret);
      return { ...entry, VersionIdsToStages: SecretVersionsToStages };
    },

    ListSecrets: (input) => {
      const found = secrets
        .list()
        .filter((secret) => input.IncludePlannedDeletion || !secret.deletion)
        .filter((secret) => (input.Filters ?? []).every((filter) => passes(secret, filter)));
      const page = paginate(inOrder(found, input), ([key]) => key, {
        token: input.NextToken,
        limit: input.MaxResults ?? 100,
        invalidTokenCode: "InvalidNextTokenException",
      });
      return { SecretList: page.items.map(([, secret]) => describe(secret)), NextToken: page.nextToken };
    },

    DeleteSecret: (input) => {
      const window = input.RecoveryWindowInDays;
      if (input.ForceDeleteWithoutRecovery && window !== undefined) {
        const message = "You can't use ForceDeleteWithoutRecovery in conjunction with RecoveryWindowInDays.";
        throw new AwsError("InvalidParameterException", message);
      }
      if (window !== undefined && (window < 7 || window > 30)) {
        throw new AwsError(
          "InvalidParameterException",
          "The RecoveryWindowInDays value must be between 7 and 30 days (inclusive).",
        );
      }
      // With ForceDeleteWithoutRecovery a secret that doesn't exist is no error.
      const secret = input.ForceDeleteWithoutRecovery ? secrets.lookup(input.SecretId) : secrets.find(input.SecretId);
      if (!secret) return { Name: input.SecretId, DeletionDate: secrets.now() };
      const deletion = new Date(
        region.clock.now() + (input.ForceDeleteWithoutRecovery ? 0 : (window ?? 30) * dayMilliseconds),
      );
      if (input.ForceDeleteWithoutRecovery) secrets.remove(secret.name);
      else secrets.put({ ...secret, deletion });
      return { ARN: secret.arn, Name: secret.name, DeletionDate: deletion };
    },

    RestoreSecret: (input) => {
      const { deletion, ...secret } = secrets.find(input.SecretId, { deleted: true });
      secrets.put(secret);
      return { ARN: secret.arn, Name: secret.name };
    },

    TagResource: (input) => {
      const secret = secrets.find(input.SecretId);
      const keys = new Set(input.Tags.map(({ Key }) => Key));
      secrets.put({ ...secret, tags: [...secret.tags.filter(({ Key }) => !keys.has(Key)), ...input.Tags] });
      return {};
    },

    UntagResource: (input) => {
      const secret = secrets.find(input.SecretId);
      secrets.put({ ...secret, tags: secret.tags.filter(({ Key }) => !input.TagKeys.includes(Key ?? "")) });
      return {};
    },

    GetResourcePolicy: (input) => {
      const secret = secrets.find(input.SecretId);
      return { ARN: secret.arn, Name: secret.name, ResourcePolicy: secret.resourcePolicy };
    },

    PutResourcePolicy: (input) => {
      const secret = secrets.find(input.SecretId);
      checkPolicy(input.ResourcePolicy);
      secrets.put({ ...secret, resourcePolicy: input.ResourcePolicy });
      return { ARN: secret.arn, Name: secret.name };
    },

    DeleteResourcePolicy: (input) => {
      const { resourcePolicy, ...secret } = secrets.find(input.SecretId);
      secrets.put(secret);
      return { ARN: secret.arn, Name: secret.name };
    },
  };
}

function checkPolicy(text: string): void {
  try {
    const policy: unknown = JSON.parse(text);
    if (typeof policy === "object" && policy !== null && "Statement" in policy) return;
  } catch {
    // Falls through: what isn't JSON is no policy either.
  }
  throw new AwsError("MalformedPolicyDocumentException", "This resource policy contains invalid Json or no statement.");
}

function answer(secret: Secret, versionId?: string): { ARN: string; Name: string; VersionId?: string } {
  return { ARN: secret.arn, Name: secret.name, ...(versionId !== undefined && { VersionId: versionId }) };
}

function describe(secret: Secret): SecretListEntry {
  return {
    ARN: secret.arn,
    Name: secret.name,
    Description: secret.description,
    KmsKeyId: secret.kmsKeyId,
    Tags: secret.tags,
    CreatedDate: secret.created,
    LastChangedDate: secret.changed,
    DeletedDate: secret.deletion,
    SecretVersionsToStages: Object.fromEntries(secret.versions.map(({ id, stages }) => [id, stages])),
  };
}

/**
 * ListSecrets: "If not specified, secrets are listed by CreatedDate". The keys grow along the list, as paging needs.
 */
function inOrder(
  secrets: Secret[],
  { SortBy = "created-date", SortOrder = "asc" }: Pick<ListSecretsCommandInput, "SortBy" | "SortOrder">,
): [key: string, secret: Secret][] {
  const sortKeys: Record<string, (secret: Secret) => string> = {
    "created-date": ({ created }) => created.toISOString(),
    "last-changed-date": ({ changed }) => changed.toISOString(),
    name: ({ name }) => name,
  };
  const keyOf = sortKeys[SortBy];
  if (!keyOf) throw new AwsError("InvalidParameterException", `drydock does not sort secrets by ${SortBy}.`);
  const keyed = secrets.map((secret): [string, Secret] => [`${keyOf(secret)} ${secret.name}`, secret]);
  keyed.sort(([a], [b]) => (a < b ? -1 : 1));
  if (SortOrder === "asc") return keyed;
  return keyed.reverse().map(([, secret], index) => [String(index).padStart(9, "0"), secret]);
}

function passes(secret: Secret, filter: Filter): boolean {
  const begins = (text: string | undefined, value: string) => text?.toLowerCase().startsWith(value.toLowerCase());
  return (filter.Values ?? []).some((value) => {
    const negated = value.startsWith("!");
    const wanted = negated ? value.slice(1) : value;
    return passesKey(secret, filter.Key ?? "", wanted, begins) !== negated;
  });
}

function passesKey(
  secret: Secret,
  key: string,
  value: string,
  begins: (text: string | undefined, value: string) => boolean | undefined,
): boolean {
  switch (key) {
    case "name":
      return secret.name.startsWith(value);
    case "description":
      return begins(secret.description, value) ?? false;
    case "tag-key":
      return secret.tags.some(({ Key }) => Key?.startsWith(value));
    case "tag-value":
      return secret.tags.some(({ Value }) => Value?.startsWith(value));
    case "all":
      return [secret.name, secret.description, ...secret.tags.flatMap(({ Key, Value }) => [Key, Value])].some((text) =>
        begins(text, value),
      );
    default:
      throw new AwsError("InvalidParameterException", `drydock does not filter secrets by ${key}.`);
  }
}
