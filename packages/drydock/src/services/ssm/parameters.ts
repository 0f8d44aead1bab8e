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

export interface StoredParameter {
  name: string;
  /** Oldest first; AWS keeps the latest 100. */
  versions: ParameterVersion[];
  tags: Record<string, string>;
}

export const keptVersions = 100;

export function parameterNotFound(name?: string): AwsError {
  // The schema has 404 for it; the API reference, and the service, 400.
  return new AwsError("ParameterNotFound", name ? `Parameter ${name} not found.` : "", { status: 400 });
}

/** The parameters of a region. A name may be given plain, or as its ARN. */
export class Parameters {
  private readonly region: Region;
  private readonly stored;

  constructor(region: Region) {
    this.region = region;
    this.stored = region.store.collection<StoredParameter>("ssm.parameters");
  }

  get(name: string): StoredParameter | undefined {
    return this.stored.get(this.plainName(name));
  }

  put(parameter: StoredParameter): void {
    this.stored.put(parameter.name, parameter);
  }

  delete(name: string): boolean {
    return this.stored.delete(this.plainName(name));
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
        ? latest(parameter)
        : parameter.versions.find(({ version, labels }) => String(version) === wanted || labels.includes(wanted));
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

export function latest(parameter: StoredParameter): ParameterVersion | undefined {
  return parameter.versions.at(-1);
}
