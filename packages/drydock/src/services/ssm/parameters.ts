import type { Parameter, ParameterHistory, ParameterTier, ParameterType } from "@aws-sdk/client-ssm";
import { regionalArn } from "../../arn.ts";
import { AwsError } from "../../errors.ts";
import type { Region } from "../../region.ts";

export interface ParameterVersion {
  version: number;
  type: ParameterType;
  /** Sealed by the region's vault: SecureString values must not lie on disk in clear. */
  value: Uint8Array;
  description: string | undefined;
  allowedPattern: string | undefined;
  dataType: string;
  tier: ParameterTier;
  keyId: string | undefined;
  labels: string[];
  modified: Date;
}

/** Versions before the latest are documents of their own, so that a write doesn't grow with them. */
export interface StoredParameter {
  name: string;
  latest: ParameterVersion;
  tags: Record<string, string>;
}

/** "Parameter Store retains the 100 most recent versions of a parameter." */
export const keptVersions = 100;

export function parameterNotFound(name?: string): AwsError {
  // The schema has 404 for it; the API reference, and the service, 400.
  return new AwsError("ParameterNotFound", name ? `Parameter ${name} not found.` : "", { status: 400 });
}

/** The parameters of a region. A name may be given plain, or as its ARN. */
export class Parameters {
  private readonly region: Region;
  private readonly stored;
  private readonly earlier;

  constructor(region: Region) {
    this.region = region;
    this.stored = region.store.collection<StoredParameter>("ssm.parameters");
    this.earlier = region.store.collection<ParameterVersion>("ssm.versions");
  }

  get(name: string): StoredParameter | undefined {
    return this.stored.get(this.plainName(name));
  }

  put(parameter: StoredParameter): void {
    this.stored.put(parameter.name, parameter);
  }

  /** Makes a version the latest; what was so is kept as an earlier one, and the oldest of all is forgotten. */
  supersede(parameter: StoredParameter, latest: ParameterVersion): void {
    const { name, latest: previous } = parameter;
    this.putVersion(name, previous);
    this.earlier.delete(versionKey(name, latest.version - keptVersions));
    this.put({ ...parameter, latest });
  }

  putVersion(name: string, version: ParameterVersion): void {
    this.earlier.put(versionKey(name, version.version), version);
  }

  /** The version that the next one will push out, where there are as many as are kept. */
  oldestOfAll({ name, latest }: StoredParameter): ParameterVersion | undefined {
    return this.earlier.get(versionKey(name, latest.version + 1 - keptVersions));
  }

  /** Oldest first. */
  versions({ name, latest }: StoredParameter): ParameterVersion[] {
    return [...this.earlier.list(`${name}:`), latest];
  }

  delete(name: string): boolean {
    const plain = this.plainName(name);
    return this.region.store.transaction(() => {
      for (const [key] of this.earlier.entries(`${plain}:`)) this.earlier.delete(key);
      return this.stored.delete(plain);
    });
  }

  list(prefix = ""): StoredParameter[] {
    return this.stored.list(prefix);
  }

  /** Resolves `name`, `name:3` and `name:label`. */
  select(selector: string): { parameter: StoredParameter; version: ParameterVersion; selector?: string } {
    const plain = this.plainName(selector);
    const colon = plain.indexOf(":");
    const name = colon < 0 ? plain : plain.slice(0, colon);
    const wanted = colon < 0 ? undefined : plain.slice(colon + 1);
    const parameter = this.stored.get(name);
    if (!parameter) throw parameterNotFound();
    const version =
      wanted === undefined
        ? parameter.latest
        : this.versions(parameter).find(({ version, labels }) => String(version) === wanted || labels.includes(wanted));
    if (!version) {
      const message = `Systems Manager could not find version ${wanted} of ${name}. Verify the version and try again.`;
      throw new AwsError("ParameterVersionNotFound", message);
    }
    return { parameter, version, ...(wanted !== undefined && { selector: `:${wanted}` }) };
  }

  /** A SecureString that isn't to be decrypted is answered as opaque text. */
  value(version: ParameterVersion, decrypt: boolean | undefined): string {
    if (version.type === "SecureString" && !decrypt) return Buffer.from(version.value).toString("base64");
    return this.region.vault.unseal(version.value).toString();
  }

  describe(name: string, version: ParameterVersion, decrypt: boolean | undefined): Parameter {
    return {
      Name: name,
      Type: version.type,
      Value: this.value(version, decrypt),
      Version: version.version,
      LastModifiedDate: version.modified,
      ARN: this.arn(name),
      DataType: version.dataType,
    };
  }

  history(name: string, version: ParameterVersion, decrypt: boolean | undefined): ParameterHistory {
    return {
      Name: name,
      Type: version.type,
      KeyId: version.keyId,
      LastModifiedDate: version.modified,
      LastModifiedUser: `arn:aws:iam::${this.region.accountId}:root`,
      Description: version.description,
      Value: this.value(version, decrypt),
      AllowedPattern: version.allowedPattern,
      Version: version.version,
      Labels: version.labels,
      Tier: version.tier,
      Policies: [],
      DataType: version.dataType,
    };
  }

  /** `/a/b` has the ARN `…:parameter/a/b`, `plain` has `…:parameter/plain`. */
  arn(name: string): string {
    return regionalArn(this.region, "ssm", `parameter${name.startsWith("/") ? "" : "/"}${name}`);
  }

  private plainName(name: string): string {
    const resource = /^arn:aws:ssm:[\w-]*:\d*:parameter(\/.+)$/.exec(name)?.[1];
    if (resource === undefined) return name;
    return this.stored.get(resource.slice(1)) ? resource.slice(1) : resource;
  }
}

/** Of a fixed width, so that keys are in the order of versions; names hold no colon. */
function versionKey(name: string, version: number): string {
  return `${name}:${String(version).padStart(12, "0")}`;
}
