import { randomBytes } from "node:crypto";
import type { Tag } from "@aws-sdk/client-secrets-manager";
import { regionalArn } from "../../arn.ts";
import { AwsError } from "../../errors.ts";
import type { Region } from "../../region.ts";

export const current = "AWSCURRENT";
export const previous = "AWSPREVIOUS";

export interface SecretVersion {
  id: string;
  /** Sealed by the region's vault. */
  text?: Uint8Array;
  binary?: Uint8Array;
  stages: string[];
  created: Date;
}

export interface Secret {
  name: string;
  arn: string;
  description: string | undefined;
  kmsKeyId: string | undefined;
  tags: Tag[];
  versions: SecretVersion[];
  resourcePolicy?: string;
  created: Date;
  changed: Date;
  /** When it will be gone; reads are refused until it is restored. */
  deletion?: Date;
}

/** The secrets of a region, found by name, ARN, or ARN without its random suffix. */
export class Secrets {
  readonly region: Region;
  private readonly stored;

  constructor(region: Region) {
    this.region = region;
    this.stored = region.store.collection<Secret>("secretsmanager.secrets");
  }

  /** Throws ResourceNotFoundException; also InvalidRequestException for one marked for deletion, unless `deleted`. */
  find(id: string, options: { deleted?: boolean } = {}): Secret {
    const secret = this.lookup(id);
    if (!secret) throw secretNotFound();
    if (secret.deletion && !options.deleted) {
      const message = "You can't perform this operation on the secret because it was marked for deletion.";
      throw new AwsError("InvalidRequestException", message);
    }
    return secret;
  }

  /** Undefined when there is none; one whose recovery window has ended is removed now. */
  lookup(id: string): Secret | undefined {
    const name = id.startsWith("arn:") ? this.nameOfArn(id) : id;
    const secret = name === undefined ? undefined : this.stored.get(name);
    if (secret?.deletion && secret.deletion.getTime() <= this.region.clock.now()) {
      this.stored.delete(secret.name);
      return undefined;
    }
    return secret;
  }

  list(): Secret[] {
    return this.stored.list().flatMap(({ name }) => this.lookup(name) ?? []);
  }

  put(secret: Secret): void {
    this.stored.put(secret.name, secret);
  }

  remove(name: string): void {
    this.stored.delete(name);
  }

  /** "Secrets Manager adds a hyphen and six random characters to the name at the end of the ARN." */
  newArn(name: string): string {
    const suffix = randomBytes(6).toString("base64").replace(/[+/=]/g, "x").slice(0, 6);
    return regionalArn(this.region, "secretsmanager", `secret:${name}-${suffix}`);
  }

  now(): Date {
    return new Date(this.region.clock.now());
  }

  private nameOfArn(arn: string): string | undefined {
    return this.stored.list().find((secret) => secret.arn === arn || secret.arn.slice(0, -7) === arn)?.name;
  }
}

export function secretNotFound(): AwsError {
  return new AwsError("ResourceNotFoundException", "Secrets Manager can't find the specified secret.");
}

/** The version wanted by id, by stage, or the current one. Throws ResourceNotFoundException with AWS's words. */
export function selectVersion(secret: Secret, id: string | undefined, stage: string | undefined): SecretVersion {
  const wanted = stage ?? (id === undefined ? current : undefined);
  const version = secret.versions.find(
    (each) => (id === undefined || each.id === id) && (wanted === undefined || each.stages.includes(wanted)),
  );
  if (!version) {
    const described = id === undefined ? `staging label: ${wanted}` : `VersionId: ${id}`;
    const message = `Secrets Manager can't find the specified secret value for ${described}`;
    throw new AwsError("ResourceNotFoundException", message);
  }
  return version;
}

/**
 * A version put beside the others. A stage is on one version only, and what loses AWSCURRENT gets AWSPREVIOUS.
 * https://docs.aws.amazon.com/secretsmanager/latest/userguide/whats-in-a-secret.html
 */
export function withVersion(versions: SecretVersion[], added: SecretVersion): SecretVersion[] {
  return added.stages.reduce(
    (result, stage) => moveStage(result, stage, added.id),
    [...versions.filter(({ id }) => id !== added.id), { ...added, stages: [] }],
  );
}

/** Moves a stage to the version `to` (or off every version); versions left without a stage are deprecated and go. */
export function moveStage(versions: SecretVersion[], stage: string, to: string | undefined): SecretVersion[] {
  const holder = versions.find(({ stages }) => stages.includes(stage));
  const moved = versions.map((version) => {
    const others = version.stages.filter((each) => each !== stage);
    return { ...version, stages: version.id === to ? [...others, stage] : others };
  });
  if (stage === current && holder && holder.id !== to) return moveStage(moved, previous, holder.id);
  return moved.filter(({ stages, id }) => stages.length > 0 || id === to);
}
